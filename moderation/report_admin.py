"""Reviews and reports in admin; ``moderation.admin`` imports this."""

from typing import Any, cast

import rules
from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.admin_base import BigTableAdmin, ReadOnly, admin_link, thumbnail
from accounts.models import User
from agreements.models import STARS, Contact, Message, MessagePhoto, Review, ReviewPhoto
from moderation import actions, reports
from moderation.enums import ReportKind, ReportStatus
from moderation.models import Report
from moderation.steps import Step, StepsAdmin

MESSAGES_A_PAGE = 100

REMOVE_REVIEW = Step(
    slug="retirar",
    label=gettext_lazy("Retirar con razón"),
    consequence=gettext_lazy(
        "Nadie la verá en el sitio y dejará de contar. Quien la escribió y la otra persona reciben la razón."
    ),
    done=ngettext_lazy("Retiraste %d reseña.", "Retiraste %d reseñas."),
    permission="moderation.remove_review",
    takes_reason=True,
    is_open_to=lambda review: review.removed_at is None,
    run=lambda review, **words: actions.remove_review(review=review, **words),
)
DECIDED = ngettext_lazy("Decidiste %d denuncia.", "Decidiste %d denuncias.")
REMOVE_REPORTED = Step(
    slug="retirar",
    label=gettext_lazy("Retirar lo denunciado"),
    consequence=gettext_lazy(
        "Se retira el anuncio o la reseña; la persona recibe la razón. Se decide toda denuncia abierta de lo mismo."
    ),
    done=DECIDED,
    permission="moderation.remove_reported",
    takes_reason=True,
    is_open_to=lambda report: report.status == ReportStatus.OPEN,
    run=lambda report, **words: reports.remove_reported(report=report, **words),
)
SUSPEND_REPORTED = Step(
    slug="suspender",
    label=gettext_lazy("Suspender a la persona"),
    consequence=gettext_lazy(
        "Se suspende la cuenta; la persona recibe la razón. Se decide toda denuncia abierta de lo mismo."
    ),
    done=DECIDED,
    permission="moderation.suspend_reported",
    takes_reason=True,
    is_open_to=lambda report: report.status == ReportStatus.OPEN,
    run=lambda report, **words: reports.suspend_reported(report=report, **words),
)
DISMISS = Step(
    slug="desestimar",
    label=gettext_lazy("Desestimar"),
    consequence=gettext_lazy("No se toma ninguna medida. Quien denunció recibe lo que escribas."),
    done=DECIDED,
    permission="moderation.dismiss_report",
    takes_reason=True,
    is_open_to=lambda report: report.status == ReportStatus.OPEN,
    run=lambda report, **words: reports.dismiss(report=report, **words),
)


class StarsFilter(admin.SimpleListFilter):
    """By rating. Django's own filter would look through the whole table for the ratings there are."""

    title = gettext_lazy("estrellas")
    parameter_name = "rating"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(stars), str(stars)) for stars in STARS]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review] | None:
        stars = self.value() or ""
        return queryset.filter(rating=int(stars)) if stars in dict(self.lookup_choices) else None


class ReviewPhotoInline(ReadOnly, admin.TabularInline):
    model = ReviewPhoto
    fields = ("image", "position")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewPhoto]:
        return super().get_queryset(request).select_related("picture")

    @admin.display(description=gettext_lazy("foto"))
    def image(self, photo: ReviewPhoto) -> str:
        return thumbnail(photo.picture)


@admin.register(Review)
class ReviewAdmin(ReadOnly, StepsAdmin, BigTableAdmin):
    """The reviews that have appeared. One that waits for the other side is nobody's but its author's."""

    steps = (REMOVE_REVIEW,)
    list_display = ("excerpt", "rating", "author", "subject", "published_at", "removed_at")
    list_filter = (StarsFilter, ("removed_at", admin.EmptyFieldListFilter), ("published_at", admin.DateFieldListFilter))
    list_select_related = ("author", "subject")
    search_fields = ("=author__email", "=subject__email")
    search_help_text = gettext_lazy("Correo completo de quien la escribió o de quien la recibió.")
    fieldsets = (
        (None, {"fields": ("author_link", "subject_link", "rating", "body", "published_at", "reply", "replied_at")}),
        (gettext_lazy("Moderación"), {"fields": ("removed_at", "removed_reason")}),
    )
    readonly_fields = ("author_link", "subject_link")
    inlines = (ReviewPhotoInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return super().get_queryset(request).filter(published_at__isnull=False)

    @admin.display(description=gettext_lazy("reseña"))
    def excerpt(self, review: Review) -> str:
        return Truncator(review.body).chars(80) or "–"

    @admin.display(description=gettext_lazy("autor"))
    def author_link(self, review: Review) -> str:
        return admin_link(reverse("admin:accounts_user_change", args=[review.author_id]), review.author)

    @admin.display(description=gettext_lazy("sobre"))
    def subject_link(self, review: Review) -> str:
        return admin_link(reverse("admin:accounts_user_change", args=[review.subject_id]), review.subject)


@admin.register(Report)
class ReportAdmin(ReadOnly, StepsAdmin, BigTableAdmin):
    """What members have pointed out, and what was decided."""

    steps = (REMOVE_REPORTED, SUSPEND_REPORTED, DISMISS)
    list_display = ("title", "kind", "reason", "status", "person", "reporter", "created_at")
    list_filter = ("status", "kind", "reason", ("created_at", admin.DateFieldListFilter))
    search_fields = ("=reporter__email",)
    search_help_text = gettext_lazy("Correo completo de quien denunció.")
    fieldsets = (
        (None, {"fields": ("kind", "thing_link", "words", "person_link", "reason", "body")}),
        (gettext_lazy("Quién y cuándo"), {"fields": ("reporter_link", "created_at")}),
        (gettext_lazy("Decisión"), {"fields": ("status", "decided_by", "decided_at", "note")}),
    )
    readonly_fields = ("thing_link", "words", "person_link", "reporter_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return super().get_queryset(request).with_things()  # type: ignore[attr-defined,no-any-return]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.conversation_view)
        return [path("<int:pk>/conversacion/", view, name="moderation_report_conversation"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Leave out the subtitle: the reported words are long, and the steps stand beside it."""
        return super().change_view(request, object_id, form_url, {"subtitle": None, **(extra_context or {})})

    def conversation_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the conversation around a reported message; that somebody read it is written to the log."""
        report = get_object_or_404(self.get_queryset(request), pk=pk)
        if not rules.has_perm("moderation.read_conversation", request.user, report):
            raise Http404
        page = _page_of_conversation(report, request.GET.get("pagina"))
        sentence = _("Leyó la conversación, página %(number)d.") % {"number": page.number}
        actions.log(cast("User", request.user), report, Report, sentence, timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "title": _("Conversación denunciada"),
            "opts": self.opts,
            "report": report,
            "contact": _contact(report),
            "page": page,
        }
        return TemplateResponse(request, "moderation/conversation.html", context)

    @admin.display(description=gettext_lazy("qué"))
    def title(self, report: Report) -> str:
        return report.title

    @admin.display(description=gettext_lazy("persona"))
    def person(self, report: Report) -> str:
        return str(report.person)

    @admin.display(description=gettext_lazy("qué"))
    def thing_link(self, report: Report) -> str:
        """Lead to the page of admin about the thing; a message has its conversation, while the report waits."""
        if report.kind == ReportKind.MESSAGE:
            address = reverse("admin:moderation_report_conversation", args=[report.pk])
            is_open = report.status == ReportStatus.OPEN
            return admin_link(address, _("Leer la conversación")) if is_open else report.title
        name = {
            ReportKind.LISTING: lambda: (
                f"{actions.LISTING_MODELS[report.thing.kind]._meta.app_label}"
                f"_{actions.LISTING_MODELS[report.thing.kind]._meta.model_name}"
            ),
            ReportKind.REVIEW: lambda: "agreements_review",
            ReportKind.MEMBER: lambda: "accounts_user",
        }[ReportKind(report.kind)]()
        return admin_link(reverse(f"admin:{name}_change", args=[report.thing_id]), report.title)

    @admin.display(description=gettext_lazy("texto"))
    def words(self, report: Report) -> str:
        """The reported words themselves; those of a listing and of a profile are on their pages."""
        return report.thing.body if report.kind in (ReportKind.MESSAGE, ReportKind.REVIEW) else "–"

    @admin.display(description=gettext_lazy("persona"))
    def person_link(self, report: Report) -> str:
        return admin_link(reverse("admin:accounts_user_change", args=[report.person.pk]), report.person)

    @admin.display(description=gettext_lazy("quién denuncia"))
    def reporter_link(self, report: Report) -> str:
        return admin_link(reverse("admin:accounts_user_change", args=[report.reporter_id]), report.reporter)


def _contact(report: Report) -> Contact:
    return Contact.objects.select_related("listing", "opener", "owner").get(messages=report.thing_id)


def _page_of_conversation(report: Report, number: str | None) -> Page:
    """Return a page of the conversation, oldest first; without a number the one with the reported message."""
    photos = Prefetch("photos", MessagePhoto.objects.select_related("picture"))
    messages = Message.objects.filter(contact=_contact(report)).order_by("pk")
    before = messages.filter(pk__lt=report.thing_id).count()
    pages = Paginator(messages.select_related("author").prefetch_related(photos), MESSAGES_A_PAGE)
    return pages.get_page(number or before // MESSAGES_A_PAGE + 1)
