"""Terms and a price, what happened to them, and what both sides say in a dispute."""

from datetime import datetime
from typing import Any, NoReturn

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User, shown_name
from agreements.enums import LIVE, NOT_IN_FORCE, OPEN, PAYABLE, REVIEWABLE, ContactStatus, Party, Status
from services.models import Picture

MAX_TERMS = 20
MAX_TERM = 300
# A reason, a statement, a moderator's finding.
MAX_NOTE = 2000
MAX_STATEMENT_PHOTOS = 4
MAX_PRICE = 1_000_000
# The rows of the table of transitions that need words.
SAYS_WHY = ("cancel", "dispute", "resolve_cancelled", "resolve_closed")


def reviews_are_open(now: datetime) -> Q:
    """Return the condition that both sides may still review: within the window, or while its clock stands still.

    Not through a join: see ``transitions.move``.
    """
    suspended = User.objects.exclude(suspended_at=None)
    stands_still = Q(provider__in=suspended) | Q(client__in=suspended)
    return Q(reviews_published_at=None, review_until__isnull=False) & (Q(review_until__gt=now) | stands_still)


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def of(self, user: Any) -> "AgreementQuerySet":
        """Return the agreements that ``user`` is a party of."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(provider=user) | Q(client=user))

    def live(self) -> "AgreementQuerySet":
        return self.filter(status__in=LIVE)

    def open(self) -> "AgreementQuerySet":
        return self.filter(status__in=OPEN)

    def with_running_clock(self) -> "AgreementQuerySet":
        """Leave out the agreements of suspended people: their clocks stand still."""
        return self.filter(provider__suspended_at=None, client__suspended_at=None)

    def with_people(self) -> "AgreementQuerySet":
        """Load contact, service and both people with their pictures in the same query."""
        return self.select_related(
            "contact__listing__service", "provider__profile__picture", "client__profile__picture"
        )

    def disputes(self) -> "AgreementQuerySet":
        """Return what moderators decide, or have decided."""
        return self.filter(Q(status=Status.DISPUTED) | ~Q(finding=""))


class Agreement(models.Model):
    """Terms and a price that the provider proposed inside a contact. They never change after proposing."""

    contact = models.ForeignKey(
        "agreements.Contact", models.PROTECT, related_name="agreements", verbose_name=_("contacto")
    )
    version = models.PositiveSmallIntegerField(_("versión"))
    amends = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="amendments", verbose_name=_("enmienda a")
    )
    provider = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="agreements_as_provider", verbose_name=_("proveedor")
    )
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="agreements_as_client", verbose_name=_("cliente")
    )
    status = models.CharField(_("estado"), max_length=10, choices=Status.choices, default=Status.PENDING)
    price = models.PositiveIntegerField(_("precio"), validators=[MaxValueValidator(MAX_PRICE)])
    terms = models.JSONField(_("términos"))
    scheduled_for = models.DateField(_("fecha"), null=True, blank=True)
    # Copies: the listing, its service and the names may change or go.
    listing_title = models.CharField(_("anuncio"), max_length=100)
    service_name = models.CharField(_("servicio"), max_length=60)
    provider_name = models.CharField(_("nombre del proveedor"), max_length=141)
    client_name = models.CharField(_("nombre del cliente"), max_length=141)

    created_at = models.DateTimeField(_("propuesto"))
    expires_at = models.DateTimeField(_("vence"))
    accepted_at = models.DateTimeField(_("aceptado"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("entregado"), null=True, blank=True)
    closes_at = models.DateTimeField(_("se cierra solo"), null=True, blank=True)
    # Closed, or cancelled while active: from here on both may review for 14 days.
    ended_at = models.DateTimeField(_("terminado"), null=True, blank=True)
    review_until = models.DateTimeField(_("reseñas hasta"), null=True, blank=True)
    # Counted on this row, so that of two reviews written at once the second sees the first.
    reviews_written = models.PositiveSmallIntegerField(default=0, editable=False)
    reviews_published_at = models.DateTimeField(_("reseñas publicadas"), null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    finding = models.TextField(_("determinación"), blank=True, validators=[MaxLengthValidator(MAX_NOTE)])

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("acuerdo")
        verbose_name_plural = _("acuerdos")
        # Nobody looks agreements up in admin: moderators read what is disputed, and decide.
        default_permissions = ()
        permissions = [("moderate_agreement", _("Puede leer y resolver disputas"))]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="agreement_status_known"),
            models.UniqueConstraint(fields=["contact", "version"], name="agreement_version_once"),
            models.UniqueConstraint(
                fields=["contact"], condition=Q(status=Status.PENDING), name="agreement_one_pending_per_contact"
            ),
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(status__in=sorted(LIVE)),
                name="agreement_one_live_per_contact",
            ),
            models.CheckConstraint(condition=~Q(provider=F("client")), name="agreement_of_two_people"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(NOT_IN_FORCE), accepted_at=None)
                | (~Q(status__in=sorted(NOT_IN_FORCE)) & Q(accepted_at__isnull=False)),
                name="agreement_accepted_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.DELIVERED) | Q(delivered_at__isnull=False, closes_at__isnull=False),
                name="agreement_delivered_has_times",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(REVIEWABLE), ended_at__isnull=False, review_until__isnull=False)
                | (~Q(status__in=sorted(REVIEWABLE)) & Q(ended_at=None, review_until=None)),
                name="agreement_ended_has_times",
            ),
            models.CheckConstraint(
                condition=Q(reviews_written=0) | Q(reviews_written__lte=2, review_until__isnull=False),
                name="agreement_reviews_of_two_after_its_end",
            ),
            models.CheckConstraint(
                condition=Q(reviews_published_at=None) | Q(review_until__isnull=False),
                name="agreement_reviews_out_after_its_end",
            ),
            models.CheckConstraint(
                condition=Q(finding="") | Q(status__in=sorted(REVIEWABLE)), name="agreement_finding_ends_it"
            ),
            models.CheckConstraint(condition=Q(price__lte=MAX_PRICE), name="agreement_price_limited"),
            models.CheckConstraint(condition=Q(version__gte=1), name="agreement_version_from_one"),
            models.CheckConstraint(condition=Q(amends=None) | ~Q(amends=F("pk")), name="agreement_amends_another"),
        ]
        indexes = [
            models.Index(fields=["provider", "status", "-created_at"], name="agreement_of_provider"),
            models.Index(fields=["client", "status", "-created_at"], name="agreement_of_client"),
            models.Index(fields=["expires_at"], name="agreement_expiring", condition=Q(status="pending")),
            models.Index(fields=["closes_at"], name="agreement_closing", condition=Q(status="delivered")),
            models.Index(
                fields=["review_until"],
                name="agreement_reviews_due",
                condition=Q(review_until__isnull=False, reviews_published_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.listing_title} v{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("agreements:detail", args=[self.pk])

    @property
    def is_reviewed(self) -> bool:
        """Whether the reviews of a closed agreement are out; when nobody wrote one it just stays closed."""
        return self.status == Status.CLOSED and self.reviews_published_at is not None and self.reviews_written > 0

    @property
    def status_label(self) -> str:
        """The words for the status; a closed agreement whose reviews are out has words of its own."""
        return str(ContactStatus.REVIEWED.label if self.is_reviewed else Status(self.status).label)

    @property
    def deadline(self) -> datetime | None:
        """The moment at which the clock acts: ends a proposal, closes what was delivered."""
        return {Status.PENDING: self.expires_at, Status.DELIVERED: self.closes_at}.get(Status(self.status))

    @property
    def shows_payment_qr(self) -> bool:
        return self.status in PAYABLE

    @property
    def clock_stands_still(self) -> bool:
        """Whether a side is suspended, so that no deadline runs."""
        return self.provider.is_suspended or self.client.is_suspended

    def party_of(self, user: Any) -> Party | None:
        """Return which party ``user`` is, by identity: superusers and moderators are none."""
        return {self.provider_id: Party.PROVIDER, self.client_id: Party.CLIENT}.get(user.pk)

    def other_party(self, user: Any) -> Any:
        return self.client if user.pk == self.provider_id else self.provider

    def other_name(self, user: Any) -> str:
        """Return the copied name of the other party, for what is kept; pages ask ``shown_name`` of it."""
        return self.client_name if user.pk == self.provider_id else self.provider_name

    @property
    def shown_service(self) -> str:
        """The service in the reader's language, as long as the listing's is still the one that was agreed."""
        service = self.contact.listing.service
        return service.name if service.name_es == self.service_name else self.service_name

    @property
    def shown_provider(self) -> str:
        return shown_name(self.provider_name)

    @property
    def shown_client(self) -> str:
        return shown_name(self.client_name)

    def name_of(self, party: str) -> str:
        """Return the name that a side had when the agreement was proposed, or the words for who is neither side."""
        names = {
            Party.PROVIDER: self.shown_provider,
            Party.CLIENT: self.shown_client,
            Party.MODERATOR: _("Moderación"),
            Party.CLOCK: settings.SITE_NAME,
        }
        return str(names[Party(party)])


class AgreementEventQuerySet(models.QuerySet["AgreementEvent"]):
    def update(self, **_values: Any) -> NoReturn:
        refuse_change()

    def bulk_update(self, *_args: Any, **_options: Any) -> NoReturn:
        refuse_change()

    def delete(self) -> NoReturn:
        refuse_change()


def refuse_change() -> NoReturn:
    """Raise what everybody gets who would change or delete an event."""
    raise TypeError("Events of an agreement are append-only.")


class AgreementEvent(models.Model):
    """What happened to an agreement. Rows are only ever added."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="events", verbose_name=_("acuerdo"))
    transition = models.CharField(_("transición"), max_length=20)
    party = models.CharField(_("parte"), max_length=10, choices=Party.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("quién")
    )
    from_status = models.CharField(_("de"), max_length=10, choices=Status.choices, blank=True)
    to_status = models.CharField(_("a"), max_length=10, choices=Status.choices)
    note = models.TextField(_("nota"), blank=True, validators=[MaxLengthValidator(MAX_NOTE)])
    created_at = models.DateTimeField(_("cuándo"))

    objects = AgreementEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("suceso de un acuerdo")
        verbose_name_plural = _("sucesos de acuerdos")
        default_permissions = ()
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_status__in=Status.values, from_status__in=["", *Status.values]),
                name="event_statuses_known",
            ),
            models.CheckConstraint(
                condition=Q(party=Party.CLOCK, actor=None)
                | Q(party__in=[Party.PROVIDER, Party.CLIENT, Party.MODERATOR], actor__isnull=False),
                name="event_of_a_person_or_the_clock",
            ),
            models.CheckConstraint(condition=~Q(transition__in=SAYS_WHY) | ~Q(note=""), name="event_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id}: {self.transition}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; an existing one is never written again."""
        if self.pk is not None:
            refuse_change()
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        refuse_change()


class DisputeStatement(models.Model):
    """What one side says of a dispute; each side may say it once."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="statements", verbose_name=_("acuerdo"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("quién"))
    body = models.TextField(_("declaración"), validators=[MaxLengthValidator(MAX_NOTE)])
    created_at = models.DateTimeField(_("cuándo"))

    class Meta:
        verbose_name = _("declaración")
        verbose_name_plural = _("declaraciones")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "author"], name="statement_one_per_side"),
            models.CheckConstraint(condition=~Q(body=""), name="statement_says_something"),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class StatementPhoto(models.Model):
    """A picture in a statement: private to the two sides and the moderators."""

    statement = models.ForeignKey(DisputeStatement, models.CASCADE, related_name="photos")
    picture = models.OneToOneField(Picture, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    alt = models.CharField(_("descripción"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("foto de una declaración")
        verbose_name_plural = _("fotos de declaraciones")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.statement_id}/{self.position}"
