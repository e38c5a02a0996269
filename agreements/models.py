"""What happens between two people: contact, messages, agreement, events, dispute, reviews."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agreements.enums import LIVE, OPEN, PAYABLE, Party, Status
from services.enums import Kind
from services.models import Listing, Picture

MAX_MESSAGE = 2000
MAX_MESSAGE_PHOTOS = 4
MAX_TERMS = 20
MAX_TERM = 300
MAX_NOTE = 1000
MAX_REVIEW = 1000
MAX_PRICE = 1_000_000


class ContactQuerySet(models.QuerySet["Contact"]):
    def of(self, user: Any) -> "ContactQuerySet":
        """Return the contacts that ``user`` is one side of."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(opener=user) | Q(owner=user))

    def received_by(self, user: Any) -> "ContactQuerySet":
        return self.filter(owner=user, owner_hidden=False)

    def sent_by(self, user: Any) -> "ContactQuerySet":
        return self.filter(opener=user, opener_hidden=False)

    def unread_by(self, user: Any) -> "ContactQuerySet":
        return self.filter(
            Q(owner=user, owner_unread=True, owner_hidden=False)
            | Q(opener=user, opener_unread=True, opener_hidden=False)
        )

    def newest_first(self) -> "ContactQuerySet":
        return self.order_by("-last_activity_at", "-pk")


class Contact(models.Model):
    """The conversation that a member opened about somebody else's listing.

    The provider is the listing's owner on a promotion and the opener on a request.
    """

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="contacts", verbose_name=_("anuncio"))
    opener = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="contacts_sent", verbose_name=_("quien escribió")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="contacts_received", verbose_name=_("dueño del anuncio")
    )
    kind = models.CharField(_("clase"), max_length=10, choices=Kind.choices)
    created_at = models.DateTimeField(_("abierto"))
    last_activity_at = models.DateTimeField(_("última actividad"))
    opener_unread = models.BooleanField(default=False)
    owner_unread = models.BooleanField(default=True)
    opener_hidden = models.BooleanField(default=False)
    owner_hidden = models.BooleanField(default=False)
    # Phone and e-mail are shown once both sides have written; the opener has by opening.
    owner_wrote_at = models.DateTimeField(null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contacto")
        verbose_name_plural = _("contactos")
        constraints = [
            models.UniqueConstraint(fields=["listing", "opener"], name="contact_one_per_member_and_listing"),
            models.CheckConstraint(condition=~Q(opener=F("owner")), name="contact_of_two_people"),
        ]
        indexes = [
            models.Index(fields=["owner", "-last_activity_at", "-id"], name="contact_received"),
            models.Index(fields=["opener", "-last_activity_at", "-id"], name="contact_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.opener} → {self.listing}"

    def get_absolute_url(self) -> str:
        return reverse("agreements:contact", args=[self.pk])

    @property
    def provider(self) -> Any:
        return self.owner if self.kind == Kind.PROMOTION else self.opener

    @property
    def client(self) -> Any:
        return self.opener if self.kind == Kind.PROMOTION else self.owner

    @property
    def provider_id(self) -> int:
        return self.owner_id if self.kind == Kind.PROMOTION else self.opener_id

    @property
    def client_id(self) -> int:
        return self.opener_id if self.kind == Kind.PROMOTION else self.owner_id

    @property
    def both_wrote(self) -> bool:
        return self.owner_wrote_at is not None

    def side_of(self, user: Any) -> str:
        """Return the prefix of the columns of one side: ``opener`` or ``owner``."""
        return "opener" if user.pk == self.opener_id else "owner"

    def other_side(self, user: Any) -> Any:
        """Return the person on the other side."""
        return self.owner if user.pk == self.opener_id else self.opener

    def is_unread_by(self, user: Any) -> bool:
        return bool(getattr(self, f"{self.side_of(user)}_unread"))


class Message(models.Model):
    """A line of a conversation."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="messages", verbose_name=_("contacto"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("quien escribe")
    )
    body = models.TextField(_("mensaje"), blank=True, validators=[MaxLengthValidator(MAX_MESSAGE)])
    # Sent along by a page that may send twice after losing its connection.
    client_key = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("escrito"))

    class Meta:
        verbose_name = _("mensaje")
        verbose_name_plural = _("mensajes")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["contact", "author", "client_key"], name="message_once"),
        ]
        indexes = [
            models.Index(fields=["contact", "created_at", "id"], name="message_in_contact"),
            models.Index(fields=["author", "-created_at"], name="message_by_author"),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class MessagePhoto(models.Model):
    """A picture in a message: private to the two sides."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="photos")
    picture = models.OneToOneField(Picture, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("foto de un mensaje")
        verbose_name_plural = _("fotos de mensajes")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.position}"


class BlockQuerySet(models.QuerySet["Block"]):
    def between(self, one: Any, other: Any) -> "BlockQuerySet":
        """Return the blocks between two people, whoever set them."""
        return self.filter(Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one))


class Block(models.Model):
    """One person wants no contact and no message from another; it holds both ways."""

    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks_set")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks_met")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("bloqueo")
        verbose_name_plural = _("bloqueos")
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_of_another"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker} ⊘ {self.blocked}"


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


class Agreement(models.Model):
    """Terms and a price that the provider proposed inside a contact. They never change after proposing."""

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="agreements", verbose_name=_("contacto"))
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
    finding = models.TextField(_("determinación"), blank=True, validators=[MaxLengthValidator(2000)])

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("acuerdo")
        verbose_name_plural = _("acuerdos")
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
                condition=~Q(status__in=[Status.DELIVERED]) | Q(delivered_at__isnull=False, closes_at__isnull=False),
                name="agreement_delivered_has_times",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CLOSED) | Q(ended_at__isnull=False, review_until__isnull=False),
                name="agreement_closed_has_times",
            ),
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
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def shows_payment_qr(self) -> bool:
        return self.status in PAYABLE

    def party_of(self, user: Any) -> Party | None:
        """Return which party ``user`` is, by identity: superusers and moderators are none."""
        return {self.provider_id: Party.PROVIDER, self.client_id: Party.CLIENT}.get(user.pk)

    def other_party(self, user: Any) -> Any:
        return self.client if user.pk == self.provider_id else self.provider


class AgreementEvent(models.Model):
    """What happened to an agreement. Rows are only ever added."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="events", verbose_name=_("acuerdo"))
    transition = models.CharField(_("transición"), max_length=12)
    party = models.CharField(_("parte"), max_length=10, choices=Party.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("quién")
    )
    from_status = models.CharField(_("de"), max_length=10, choices=Status.choices, blank=True)
    to_status = models.CharField(_("a"), max_length=10, choices=Status.choices)
    note = models.TextField(_("nota"), blank=True, validators=[MaxLengthValidator(MAX_NOTE)])
    created_at = models.DateTimeField(_("cuándo"))

    class Meta:
        verbose_name = _("suceso de un acuerdo")
        verbose_name_plural = _("sucesos de acuerdos")
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.agreement_id}: {self.transition}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; an existing one is never written again."""
        if self.pk is not None:
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        self._refuse()

    @staticmethod
    def _refuse() -> NoReturn:
        raise TypeError("Events of an agreement are append-only.")


class DisputeStatement(models.Model):
    """What one side says of a dispute; each side may say it once."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="statements", verbose_name=_("acuerdo"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("quién"))
    body = models.TextField(_("declaración"), validators=[MaxLengthValidator(2000)])
    created_at = models.DateTimeField(_("cuándo"))

    class Meta:
        verbose_name = _("declaración")
        verbose_name_plural = _("declaraciones")
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["agreement", "author"], name="statement_one_per_side")]

    def __str__(self) -> str:
        return self.body[:60]


class StatementPhoto(models.Model):
    """A picture in a statement: private to the two sides and the moderators."""

    statement = models.ForeignKey(DisputeStatement, models.CASCADE, related_name="photos")
    picture = models.OneToOneField(Picture, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("foto de una declaración")
        verbose_name_plural = _("fotos de declaraciones")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.statement_id}/{self.position}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def public(self) -> "ReviewQuerySet":
        """Return what everybody may read: published together with the other side's, and not removed."""
        return self.filter(published_at__isnull=False, removed_at=None)

    def visible_to(self, user: Any) -> "ReviewQuerySet":
        """Return the public reviews and one's own."""
        public = Q(published_at__isnull=False, removed_at=None)
        return self.filter(public | Q(author=user)) if user.is_authenticated else self.filter(public)


class Review(models.Model):
    """What one side says of the other after an agreement. Hidden until both are in or the window ends; never edited."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="reviews", verbose_name=_("acuerdo"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews_written", verbose_name=_("autor")
    )
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews_received", verbose_name=_("sobre")
    )
    rating = models.PositiveSmallIntegerField(_("estrellas"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    body = models.TextField(_("reseña"), blank=True, validators=[MaxLengthValidator(MAX_REVIEW)])
    created_at = models.DateTimeField(_("escrita"))
    published_at = models.DateTimeField(_("publicada"), null=True, blank=True)
    reply = models.TextField(_("respuesta"), blank=True, validators=[MaxLengthValidator(MAX_REVIEW)])
    replied_at = models.DateTimeField(_("respondida"), null=True, blank=True)
    removed_at = models.DateTimeField(_("retirada"), null=True, blank=True)
    removed_reason = models.CharField(_("razón del retiro"), max_length=500, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("reseña")
        verbose_name_plural = _("reseñas")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "author"], name="review_one_per_side"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="review_rating_1_to_5"),
            models.CheckConstraint(condition=~Q(author=F("subject")), name="review_of_another"),
        ]
        indexes = [models.Index(fields=["subject", "-published_at", "-id"], name="review_of_subject")]

    def __str__(self) -> str:
        return f"{self.rating}★ {self.subject}"


class ReviewPhoto(models.Model):
    """A picture in a review."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="photos")
    picture = models.OneToOneField(Picture, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("foto de una reseña")
        verbose_name_plural = _("fotos de reseñas")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.review_id}/{self.position}"
