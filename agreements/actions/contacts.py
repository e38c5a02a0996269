"""Opening a contact, writing in it, hiding it, blocking a person."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from agreements.models import MAX_MESSAGE_PHOTOS, Block, Contact, Message, MessagePhoto
from notices.actions import notify
from notices.addresses import without_language
from notices.models import Notice
from services.models import Listing, Picture
from services.pictures.chosen import ChosenPicture, PicturesTaken, take
from services.pictures.forms import gone

NEWCOMER_PERIOD = timedelta(days=7)
NEWCOMER_CONTACTS_PER_DAY = 5
CONTACTS_PER_DAY = 20
MESSAGES_PER_HOUR = 60
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class LimitReached(Exception):
    """The person has opened or written too much in a short time; the text is the sentence for them."""


def contacts_left(user: User, now: datetime) -> int:
    """Return how many contacts ``user`` may still open: 5 a day in the first week of membership, then 20."""
    is_newcomer = now - user.date_joined < NEWCOMER_PERIOD
    limit = NEWCOMER_CONTACTS_PER_DAY if is_newcomer else CONTACTS_PER_DAY
    return limit - Contact.objects.filter(opener=user, created_at__gt=now - DAY).count()


def refuse_blocked(one: User, other: User) -> None:
    """Raise PermissionDenied when one of the two has blocked the other; it does not say which."""
    if Block.objects.between(one, other).exists():
        raise PermissionDenied(_("Uno de los dos bloqueó al otro: no pueden escribirse."))


def refuse_silenced(contact: Contact, author: User) -> None:
    """Raise PermissionDenied when nothing more can be said in a contact: a block, or the other person has left."""
    other = contact.other_side(author)
    if not other.is_active:
        raise PermissionDenied(_("Esta persona ya no está en PalitasPR."))
    refuse_blocked(author, other)


@transaction.atomic
def open_contact(*, listing: Listing, opener: User, body: str, now: datetime) -> tuple[Contact, bool]:
    """Open the contact of ``opener`` about ``listing`` with a first message, or return the one there is.

    Returns:
        The contact, and whether it was opened now. A contact that was there keeps its messages; nothing is added.

    Raises:
        PermissionDenied: own listing, or a block; with a sentence.
        LimitReached: no more new contacts today.
        ValidationError: an empty message.
    """
    if listing.owner_id == opener.pk:
        raise PermissionDenied(own_listing())
    _in_turn(opener)
    existing = Contact.objects.filter(listing=listing, opener=opener).first()
    if existing:
        return existing, False
    refuse_blocked(opener, listing.owner)
    if not body.strip():
        raise ValidationError(_("Escribe un mensaje."))
    if contacts_left(opener, now) <= 0:
        raise LimitReached(_("Llegaste al máximo de contactos nuevos por hoy. Mañana puedes escribir a más personas."))
    contact = Contact.objects.create(
        listing=listing,
        opener=opener,
        owner=listing.owner,
        kind=listing.kind,
        created_at=now,
        last_activity_at=now,
    )
    message = Message.objects.create(contact=contact, author=opener, body=body.strip(), created_at=now)
    _tell(message, "contact_opened")
    return contact, True


def own_listing() -> str:
    """Return what is said to somebody who would write to themselves."""
    return _("Este anuncio es tuyo: no puedes escribirte.")


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
        client_key: made by the page. The same key with the same text again returns the message that is there; with
            another text it is a new message, from a page that the browser has kept.

    Raises:
        PermissionDenied: a block, or a person who has left; with a sentence.
        LimitReached: more than 60 messages in an hour.
        ValidationError: neither text nor picture, or pictures that cannot be used.
    """
    _in_turn(author)
    body = body.strip()
    if client_key and (sent := Message.objects.filter(contact=contact, author=author, client_key=client_key).first()):
        if sent.body == body:
            return sent
        client_key = None
    refuse_silenced(contact, author)
    if Message.objects.filter(author=author, created_at__gt=now - HOUR).count() >= MESSAGES_PER_HOUR:
        raise LimitReached(_("Escribiste 60 mensajes en una hora. Espera un rato para seguir."))
    if not body and not pictures:
        raise ValidationError(_("Escribe un mensaje o añade una foto."))
    # Both sides take turns: no message appears behind a newer one, where an open page would miss it.
    Contact.objects.select_for_update(no_key=True).filter(pk=contact.pk).values_list("pk", flat=True).first()
    if len(pictures) > MAX_MESSAGE_PHOTOS:
        raise ValidationError(_("Un mensaje lleva hasta 4 fotos."))
    message = Message.objects.create(contact=contact, author=author, body=body, client_key=client_key, created_at=now)
    claim_pictures(pictures, now=now)
    MessagePhoto.objects.bulk_create(
        MessagePhoto(message=message, picture=picture, position=position) for position, picture in enumerate(pictures)
    )
    touch(contact, by=author, now=now, wrote=True)
    _tell(message, "message_received")
    return message


def _in_turn(user: User) -> None:
    """Let one request of ``user`` at a time go on to the end of its transaction: what it counts stays true.

    On SQLite every transaction that writes is alone already.
    """
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk", flat=True).first()


def _tell(message: Message, kind: str) -> None:
    contact = message.contact
    notify(
        recipient=contact.other_side(message.author),
        kind=kind,
        context={"name": message.author.get_full_name(), "title": contact.listing.title, "note": message.body},
        path=contact.get_absolute_url(),
        now=message.created_at,
    )


def claim_pictures(pictures: Sequence[Picture], *, now: datetime) -> None:
    """Take pictures into use, or raise ValidationError when another form took one of them."""
    try:
        take(chosen=[ChosenPicture(picture) for picture in pictures], attached=(), now=now)
    except PicturesTaken as error:
        raise ValidationError(gone(), code="gone") from error


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


@transaction.atomic
def mark_read(*, contact: Contact, by: User, now: datetime) -> None:
    """Take away the unread dot of one side, and mark the notices that lead to this page as read."""
    Contact.objects.filter(pk=contact.pk).update(**{f"{contact.side_of(by)}_unread": False})
    page = without_language(contact.get_absolute_url())
    Notice.objects.of(by).filter(path=page).mark_read(now=now)


@transaction.atomic
def hide(*, contact: Contact, by: User, now: datetime) -> None:
    """Hide the contact from one side's inbox; what happens in it next brings it back, and so does ``unhide``.

    Raises:
        PermissionDenied: while an agreement is live; with a sentence.
    """
    mark_read(contact=contact, by=by, now=now)
    if not Contact.objects.at_rest().filter(pk=contact.pk).update(**{f"{contact.side_of(by)}_hidden": True}):
        raise PermissionDenied(_("Tienen un acuerdo en curso: este contacto no se puede ocultar."))


def unhide(*, contact: Contact, by: User) -> None:
    """Bring the contact back to one side's inbox."""
    Contact.objects.filter(pk=contact.pk).update(**{f"{contact.side_of(by)}_hidden": False})


def block(*, contact: Contact, by: User) -> None:
    """Block the other side of a contact; blocking again changes nothing."""
    Block.objects.get_or_create(blocker=by, blocked=contact.other_side(by))


def unblock(*, contact: Contact, by: User) -> None:
    """Lift one's own block of the other side."""
    Block.objects.filter(blocker=by, blocked=contact.other_side(by)).delete()
