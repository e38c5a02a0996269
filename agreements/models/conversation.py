"""Contact, messages, and blocks between people."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agreements.enums import NOT_IN_FORCE, ContactStatus, Status
from agreements.models.agreement import Agreement, AgreementEvent
from notices.models import Notice
from services.enums import Kind
from services.models import Listing, Picture

MAX_MESSAGE = 2000
MAX_MESSAGE_PHOTOS = 4

CONTACT_LABELS = dict(ContactStatus.choices) | dict(Status.choices)


class ContactQuerySet(models.QuerySet["Contact"]):
    def of(self, user: Any) -> "ContactQuerySet":
        """Return the contacts that ``user`` is one side of."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(opener=user) | Q(owner=user))

    def received_by(self, user: Any, *, hidden: bool = False) -> "ContactQuerySet":
        return self.filter(owner=user, owner_hidden=hidden)

    def sent_by(self, user: Any, *, hidden: bool = False) -> "ContactQuerySet":
        return self.filter(opener=user, opener_hidden=hidden)

    def unread_by(self, user: Any) -> "ContactQuerySet":
        return self.filter(
            Q(owner=user, owner_unread=True, owner_hidden=False)
            | Q(opener=user, opener_unread=True, opener_hidden=False)
        )

    def tabs_of(self, user: Any) -> dict[str, int]:
        """Return how many contacts each tab of ``user`` has with news, and how many are hidden from it; one query."""
        sides = (("received", "owner"), ("sent", "opener"))
        counts = {}
        for tab, side in sides:
            own = Q(**{side: user})
            counts[f"{tab}_unread"] = Count("pk", filter=own & Q(**{f"{side}_unread": True, f"{side}_hidden": False}))
            counts[f"{tab}_hidden"] = Count("pk", filter=own & Q(**{f"{side}_hidden": True}))
        tabs: dict[str, int] = self.of(user).aggregate(**counts)
        return tabs

    def newest_first(self) -> "ContactQuerySet":
        return self.order_by("-last_activity_at", "-pk")

    def with_status(self) -> "ContactQuerySet":
        """Annotate ``status``: of the latest agreement, ``reviewed`` once its reviews are out, or ``new``.

        An amendment counts from the moment when it is accepted.
        """
        reviews_are_out = Q(status=Status.CLOSED, reviews_published_at__isnull=False, reviews_written__gt=0)
        latest = (
            Agreement.objects.filter(contact=OuterRef("pk"))
            .exclude(amends__isnull=False, status__in=sorted(NOT_IN_FORCE))
            .order_by("-version")
            .annotate(shown=Case(When(reviews_are_out, then=Value(ContactStatus.REVIEWED)), default=F("status")))
        )
        return self.annotate(status=Coalesce(Subquery(latest.values("shown")[:1]), Value(ContactStatus.NEW)))

    def with_news(self, user: Any) -> "ContactQuerySet":
        """Annotate, in the same query, what tells an open page whether it shows all there is.

        ``newest_message_id`` and ``newest_event_id`` (of its agreements), and whether ``user`` has anything unread
        among contacts and notices: ``unread_in_contacts``, ``unread_in_notices``.
        """
        messages = Message.objects.filter(contact=OuterRef("pk")).order_by("-pk")
        events = AgreementEvent.objects.filter(agreement__contact=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            newest_message_id=Coalesce(Subquery(messages.values("pk")[:1]), Value(0)),
            newest_event_id=Coalesce(Subquery(events.values("pk")[:1]), Value(0)),
            unread_in_contacts=Exists(Contact.objects.unread_by(user)),
            unread_in_notices=Exists(Notice.objects.unread_by(user)),
        )

    def with_people(self) -> "ContactQuerySet":
        """Load both people with their pictures, and the listing, in the same query."""
        return self.select_related("listing__service", "opener__profile__picture", "owner__profile__picture")

    def for_rows(self) -> "ContactQuerySet":
        """Load what a line of the inbox shows, in the same query: people, listing, status and the last message."""
        last = Message.objects.filter(contact=OuterRef("pk")).order_by("-created_at", "-pk")
        return (
            self.with_people()
            .with_status()
            .annotate(last_body=Subquery(last.values("body")[:1]), last_author_id=Subquery(last.values("author")[:1]))
        )

    def at_rest(self) -> "ContactQuerySet":
        """Return the contacts in which no agreement is live."""
        return self.exclude(Exists(Agreement.objects.live().filter(contact=OuterRef("pk"))))


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
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="contact_kind_known"),
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
    def status_label(self) -> str:
        """The words for ``status``, which ``with_status`` has annotated."""
        return str(CONTACT_LABELS[self.status])  # type: ignore[attr-defined]

    @property
    def both_wrote(self) -> bool:
        return self.owner_wrote_at is not None

    def side_of(self, user: Any) -> str:
        """Return the prefix of the columns of one side: ``opener`` or ``owner``."""
        return "opener" if user.pk == self.opener_id else "owner"

    def other_side(self, user: Any) -> Any:
        """Return the person on the other side."""
        return self.owner if user.pk == self.opener_id else self.opener

    def is_hidden_from(self, user: Any) -> bool:
        """Return whether ``user``, a side, has taken the contact out of their inbox."""
        return bool(getattr(self, f"{self.side_of(user)}_hidden"))

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
