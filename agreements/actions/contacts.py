"""Opening a contact, writing in it, hiding it, blocking a person."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from agreements.models import MAX_MESSAGE_PHOTOS, Agreement, Block, Contact, Message, MessagePhoto
from notices.actions import notify
from services.models import Listing, Picture

NEWCOMER_PERIOD = timedelta(days=7)
NEWCOMER_CONTACTS_PER_DAY = 5
CONTACTS_PER_DAY = 20
MESSAGES_PER_HOUR = 60
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def contacts_left(user: User, now: datetime) -> int:
    """Return how many contacts ``user`` may still open: 5 a day in the first week of membership, then 20."""
    is_newcomer = now - user.date_joined < NEWCOMER_PERIOD
    limit = NEWCOMER_CONTACTS_PER_DAY if is_newcomer else CONTACTS_PER_DAY
    return limit - Contact.objects.filter(opener=user, created_at__gt=now - DAY).count()


def refuse_blocked(one: User, other: User) -> None:
    """Raise PermissionDenied when one of the two has blocked the other."""
    if Block.objects.between(one, other).exists():
        raise PermissionDenied(_("No pueden escribirse: uno de los dos bloqueó al otro."))


@transaction.atomic
def open_contact(*, listing: Listing, opener: User, body: str, now: datetime) -> tuple[Contact, bool]:
    """Open the contact of ``opener`` about ``listing`` with a first message, or return the one there is.

    Returns:
        The contact, and whether it was opened now. A contact that was there keeps its messages; nothing is added.

    Raises:
        PermissionDenied: own listing, a block, or the limit of the day; with a sentence.
        ValidationError: an empty message.
    """
    if listing.owner_id == opener.pk:
        raise PermissionDenied(_("Este anuncio es tuyo: no puedes escribirte."))
    existing = Contact.objects.filter(listing=listing, opener=opener).first()
    if existing:
        return existing, False
    refuse_blocked(opener, listing.owner)
    if not body.strip():
        raise ValidationError(_("Escribe un mensaje."))
    if contacts_left(opener, now) <= 0:
        raise PermissionDenied(
            _("Llegaste al máximo de contactos nuevos por hoy. Mañana puedes escribir a más personas.")
        )
    try:
        with transaction.atomic():
            contact = Contact.objects.create(
                listing=listing,
                opener=opener,
                owner=listing.owner,
                kind=listing.kind,
                created_at=now,
                last_activity_at=now,
            )
    except IntegrityError:
        return Contact.objects.get(listing=listing, opener=opener), False
    Message.objects.create(contact=contact, author=opener, body=body.strip(), created_at=now)
    notify(
        recipient=listing.owner,
        kind="contact_opened",
        context={"name": opener.get_full_name(), "title": listing.title, "body": body.strip()},
        path=contact.get_absolute_url(),
        now=now,
    )
    return contact, True


@transaction.atomic
def write_message(
    *,
    contact: Contact,
    author: User,
    body: str,
    now: datetime,
    pictures: Sequence[Picture] = (),
    client_key: uuid.UUID | None = None,
) -> Message:
    """Add a message; the contact comes back to the other side's inbox, unread.

    Args:
        pictures: up to four unclaimed pictures of the author.
        client_key: made by the page; the same key again returns the message that is there.

    Raises:
        PermissionDenied: a block, a person who has left, or more than 60 messages in an hour; with a sentence.
        ValidationError: neither text nor picture, or too many pictures.
    """
    if client_key:
        sent = Message.objects.filter(contact=contact, author=author, client_key=client_key).first()
        if sent:
            return sent
    other = contact.other_side(author)
    refuse_blocked(author, other)
    if not other.is_active:
        raise PermissionDenied(_("Esta persona ya no está en PalitasPR."))
    if Message.objects.filter(author=author, created_at__gt=now - HOUR).count() >= MESSAGES_PER_HOUR:
        raise PermissionDenied(_("Escribiste 60 mensajes en una hora. Espera un rato para seguir."))
    if not body.strip() and not pictures:
        raise ValidationError(_("Escribe un mensaje o añade una foto."))
    if len(pictures) > MAX_MESSAGE_PHOTOS:
        raise ValidationError(_("Un mensaje lleva hasta 4 fotos."))
    message = Message.objects.create(
        contact=contact, author=author, body=body.strip(), client_key=client_key, created_at=now
    )
    claim_pictures(pictures, now=now)
    MessagePhoto.objects.bulk_create(
        MessagePhoto(message=message, picture=picture, position=position) for position, picture in enumerate(pictures)
    )
    touch(contact, by=author, now=now, wrote=True)
    notify(
        recipient=other,
        kind="message_received",
        context={"name": author.get_full_name(), "title": contact.listing.title, "body": message.body},
        path=contact.get_absolute_url(),
        now=now,
    )
    return message


def claim_pictures(pictures: Sequence[Picture], *, now: datetime) -> None:
    """Take pictures into use, or raise ValidationError when another form took one of them."""
    keys = [picture.pk for picture in pictures]
    if keys and Picture.objects.filter(pk__in=keys).claim(now=now) != len(keys):
        raise ValidationError(_("Una de las fotos ya no está. Añádela otra vez."))


def touch(contact: Contact, *, by: User, now: datetime, wrote: bool = False) -> None:
    """Mark that something happened: unread for the other side, and back in both inboxes."""
    mine = contact.side_of(by)
    theirs = "owner" if mine == "opener" else "opener"
    changes: dict[str, Any] = {
        "last_activity_at": now,
        f"{theirs}_unread": True,
        f"{theirs}_hidden": False,
        f"{mine}_hidden": False,
    }
    if wrote and mine == "owner" and contact.owner_wrote_at is None:
        changes["owner_wrote_at"] = now
    for name, value in changes.items():
        setattr(contact, name, value)
    contact.save(update_fields=list(changes))


def mark_read(*, contact: Contact, by: User) -> None:
    """Take away the unread dot of one side."""
    Contact.objects.filter(pk=contact.pk).update(**{f"{contact.side_of(by)}_unread": False})


@transaction.atomic
def hide(*, contact: Contact, by: User) -> None:
    """Hide the contact from one side's inbox; a new message brings it back.

    Raises:
        PermissionDenied: while an agreement is pending or live; with a sentence.
    """
    if Agreement.objects.filter(contact=contact).open().exists():
        raise PermissionDenied(_("Tienen un acuerdo en curso: este contacto no se puede ocultar."))
    side = contact.side_of(by)
    Contact.objects.filter(pk=contact.pk).update(**{f"{side}_hidden": True, f"{side}_unread": False})


def block(*, contact: Contact, by: User) -> None:
    """Block the other side of a contact; blocking again changes nothing."""
    Block.objects.get_or_create(blocker=by, blocked=contact.other_side(by))


def unblock(*, contact: Contact, by: User) -> None:
    """Lift one's own block of the other side."""
    Block.objects.filter(blocker=by, blocked=contact.other_side(by)).delete()
