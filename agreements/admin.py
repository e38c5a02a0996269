"""Disputes, as moderators read and decide them. Other agreements are nobody's business but that of their two sides."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_base import BigTableAdmin, ReadOnly, admin_link
from accounts.models import User
from agreements.actions.disputes import resolve
from agreements.enums import Status
from agreements.forms.agreements import ResolutionForm
from agreements.models import Agreement, Message, MessagePhoto, StatementPhoto
from agreements.permissions import can_resolve, moderates_disputes
from agreements.transitions import TRANSITIONS, StatusMoved

# More than two people write about one job; the latest are the ones about the dispute.
MAX_MESSAGES = 500


@admin.register(Agreement)
class DisputeAdmin(ReadOnly, BigTableAdmin):
    """The disputes there are and have been; an open one has a page on which it is decided."""

    list_display = ("dispute", "provider_name", "client_name", "price", "status", "finding")
    list_display_links = None
    list_filter = ("status",)
    search_fields = ("=provider__email", "=client__email", "listing_title")
    search_help_text = gettext_lazy("Correo de una de las partes o palabras del anuncio.")

    def get_queryset(self, _request: HttpRequest) -> QuerySet[Agreement]:
        return Agreement.objects.disputes().order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(moderates_disputes.test(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Agreement | None = None) -> bool:
        return bool(moderates_disputes.test(request.user) if obj is None else can_resolve.test(request.user, obj))

    @admin.display(description=gettext_lazy("acuerdo"))
    def dispute(self, agreement: Agreement) -> str:
        """Name the agreement, and lead to its page while that is open."""
        name = f"{agreement.pk}: {agreement.listing_title}"
        return admin_link(_page_of(agreement), name) if agreement.status == Status.DISPUTED else name

    def history_view(self, *_args: Any, **_options: Any) -> HttpResponse:
        """Leave it to the log's own page, which says the same of everything."""
        raise Http404

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_options: Any) -> HttpResponse:
        """Show an open dispute, which is logged, and take the decision."""
        agreement = self.get_object(request, object_id)
        if not moderates_disputes.test(request.user):
            raise PermissionDenied(_("Esto lo hace la moderación."))
        if agreement is None:
            raise Http404
        if not can_resolve.test(request.user, agreement):
            raise PermissionDenied(_refusal(agreement))
        user = cast("User", request.user)
        form = ResolutionForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._resolve(agreement, user, form)
            messages.success(request, _("Resolviste la disputa. Las dos partes ya lo saben."))
            return redirect("admin:agreements_agreement_changelist")
        _log(user, agreement, _("Leyó la disputa y la conversación."))
        context = {**self.admin_site.each_context(request), **_page(agreement), "opts": self.opts, "form": form}
        return TemplateResponse(request, "agreements/admin_dispute.html", context)

    @transaction.atomic
    def _resolve(self, agreement: Agreement, user: User, form: ResolutionForm) -> None:
        outcome, finding = Status(form.cleaned_data["outcome"]), form.cleaned_data["finding"]
        try:
            resolve(agreement=agreement, by=user, now=timezone.now(), outcome=outcome, finding=finding)
        except StatusMoved as moved:
            moved.back_url = reverse("admin:agreements_agreement_changelist")
            raise
        _log(user, agreement, f"{outcome.label}. {finding}")


def _page_of(agreement: Agreement) -> str:
    return reverse("admin:agreements_agreement_change", args=[agreement.pk])


def _refusal(agreement: Agreement) -> str:
    if agreement.status != Status.DISPUTED:
        return _("Esta disputa ya se resolvió: su conversación vuelve a ser privada.")
    return _("Eres parte de este acuerdo: que lo resuelva otra persona de moderación.")


def _log(user: User, agreement: Agreement, message: str) -> None:
    """Write down who read or decided what."""
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(Agreement),
        object_id=str(agreement.pk),
        object_repr=str(agreement)[:200],
        action_flag=CHANGE,
        change_message=message,
    )


def _page(agreement: Agreement) -> dict[str, Any]:
    photos = Prefetch("photos", StatementPhoto.objects.select_related("picture"))
    statements = {statement.author_id: statement for statement in agreement.statements.prefetch_related(photos)}
    sent = Message.objects.filter(contact=agreement.contact_id).order_by("-created_at", "-pk")
    attached = Prefetch("photos", MessagePhoto.objects.select_related("picture"))
    latest = list(sent.select_related("author").prefetch_related(attached)[:MAX_MESSAGES])
    events = [
        (event, TRANSITIONS[event.transition].done, agreement.name_of(event.party)) for event in agreement.events.all()
    ]
    return {
        "title": _("Disputa en el acuerdo %(id)s") % {"id": agreement.pk},
        "agreement": agreement,
        "sides": [
            (_("Proveedor"), agreement.provider, statements.get(agreement.provider_id)),
            (_("Cliente"), agreement.client, statements.get(agreement.client_id)),
        ],
        "events": events,
        "conversation": latest[::-1],
    }
