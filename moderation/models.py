"""Reports, and what carries the moderators' rights over things of lower rooms, which know nothing of moderators."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from agreements.models import Message, Review
from moderation.enums import ReportKind, ReportReason, ReportStatus
from services.models import Listing

MAX_REPORT = 1000
MAX_TITLE = 80


class ModeratedListing(Listing):
    """Any listing, as moderators meet it."""

    class Meta:
        proxy = True
        verbose_name = _("anuncio moderado")
        verbose_name_plural = _("anuncios moderados")
        default_permissions = ()
        permissions = [("moderate_listing", _("Puede retirar y restaurar anuncios"))]


class ModeratedPerson(User):
    """Any member, as moderators meet them."""

    class Meta:
        proxy = True
        verbose_name = _("persona moderada")
        verbose_name_plural = _("personas moderadas")
        default_permissions = ()
        permissions = [("moderate_person", _("Puede suspender a una persona y levantar la suspensión"))]


class ModeratedReview(Review):
    """Any review, as moderators meet it."""

    class Meta:
        proxy = True
        verbose_name = _("reseña moderada")
        verbose_name_plural = _("reseñas moderadas")
        default_permissions = ()
        permissions = [("moderate_review", _("Puede retirar reseñas"))]


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> "ReportQuerySet":
        return self.filter(status=ReportStatus.OPEN)

    def about(self, kind: str, thing_id: Any) -> "ReportQuerySet":
        """Return the reports of one thing, whoever wrote them."""
        return self.filter(kind=kind, **{f"{kind}_id": thing_id})

    def with_things(self) -> "ReportQuerySet":
        """Load what was reported and the people concerned in the same query."""
        return self.select_related(
            "reporter", "decided_by", "listing__owner", "message__author", "review__author", "member"
        )


def _one_thing() -> Q:
    """Return the condition that the thing of the kind is there, and no other."""
    condition = Q()
    for kind in ReportKind.values:
        others = {f"{other}__isnull": True for other in ReportKind.values if other != kind}
        condition |= Q(kind=kind, **{f"{kind}__isnull": False}, **others)
    return condition


class Report(models.Model):
    """A listing, message, review or member that somebody has pointed out to the moderators."""

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports_written", verbose_name=_("quién denuncia")
    )
    kind = models.CharField(_("clase"), max_length=10, choices=ReportKind.choices)
    listing = models.ForeignKey(
        Listing, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("anuncio")
    )
    message = models.ForeignKey(
        Message, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("mensaje")
    )
    review = models.ForeignKey(
        Review, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("reseña")
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports_received",
        verbose_name=_("persona"),
    )
    reason = models.CharField(_("razón"), max_length=10, choices=ReportReason.choices)
    body = models.TextField(_("qué pasó"), blank=True, validators=[MaxLengthValidator(MAX_REPORT)])
    created_at = models.DateTimeField(_("recibida"))
    status = models.CharField(
        _("estado"), max_length=10, choices=ReportStatus.choices, default=ReportStatus.OPEN, editable=False
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("quién decidió"),
    )
    decided_at = models.DateTimeField(_("decidida"), null=True, blank=True, editable=False)
    note = models.CharField(_("decisión"), max_length=500, blank=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("denuncia")
        verbose_name_plural = _("denuncias")
        # Written on the site, decided by the steps of admin: nobody types into one.
        default_permissions = ("view",)
        permissions = [("moderate_report", _("Puede decidir denuncias y leer conversaciones denunciadas"))]
        constraints = [
            models.CheckConstraint(condition=_one_thing(), name="report_of_one_thing"),
            models.CheckConstraint(
                condition=Q(status__in=ReportStatus.values, reason__in=ReportReason.values), name="report_words_known"
            ),
            models.CheckConstraint(
                condition=Q(status=ReportStatus.OPEN, decided_by=None, decided_at=None)
                | (~Q(status=ReportStatus.OPEN) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="report_decided_by_somebody",
            ),
            *(
                models.UniqueConstraint(
                    fields=["reporter", kind], condition=Q(status=ReportStatus.OPEN), name=f"report_open_once_{kind}"
                )
                for kind in ReportKind.values
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="report_queue"),
            models.Index(fields=["reporter", "-created_at"], name="report_by_reporter"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"

    @property
    def thing(self) -> Any:
        """What was reported: a listing, message, review or person."""
        return getattr(self, self.kind)

    @property
    def thing_id(self) -> int:
        return int(getattr(self, f"{self.kind}_id"))

    @property
    def person(self) -> User:
        """Who answers for what was reported."""
        return person_behind(self.kind, self.thing)

    @property
    def title(self) -> str:
        """A few words by which people know the thing: its own where it has some, else the person's name."""
        words = {
            ReportKind.LISTING: lambda: self.thing.title,
            ReportKind.MESSAGE: lambda: self.thing.body,
            ReportKind.REVIEW: lambda: self.thing.body,
            ReportKind.MEMBER: lambda: "",
        }[ReportKind(self.kind)]()
        return Truncator(" ".join(words.split()) or str(self.person)).chars(MAX_TITLE)


def person_behind(kind: str, thing: Any) -> User:
    """Return who answers for a listing, message, review, or for themselves."""
    person: User = {
        ReportKind.LISTING: lambda: thing.owner,
        ReportKind.MESSAGE: lambda: thing.author,
        ReportKind.REVIEW: lambda: thing.author,
        ReportKind.MEMBER: lambda: thing,
    }[ReportKind(kind)]()
    return person
