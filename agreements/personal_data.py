"""What this room keeps about people, always between two of them.

The download has what the person wrote, and of the other side what the person sees on the site anyway: the name, and
what both have agreed or said in public. What the other side wrote is the other side's.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from accounts.personal_data.log import forget_in_log
from accounts.personal_data.registry import Keeper, Obstacle, Section, photo_name
from agreements.actions.leaving import leave_agreements, leave_conversations
from agreements.models import Agreement, Block, Contact, DisputeStatement, Message, Review
from agreements.transitions import done_words
from notices.addresses import without_language
from notices.models import Notice
from notices.personal_data import forget_in_sent_mail, rename_in_notices

CHUNK = 200


def sections(user: User) -> dict[str, Section]:
    """Return contacts, own messages, agreements with their story, own statements, reviews and blocks."""
    return {
        "contactos": _contacts(user),
        "mensajes": _messages(user),
        "acuerdos": _agreements(user),
        "declaraciones": _statements(user),
        "resenas_escritas": _reviews_written(user),
        "resenas_recibidas": _reviews_received(user),
        "bloqueos": [
            {"persona": block.blocked.get_full_name(), "desde": block.created_at}
            for block in Block.objects.filter(blocker=user).select_related("blocked").order_by("pk")
        ],
    }


def _contacts(user: User) -> Iterator[dict[str, Any]]:
    contacts = Contact.objects.of(user).select_related("listing", "opener", "owner").order_by("pk")
    for contact in contacts.iterator(CHUNK):
        yield {
            "numero": contact.pk,
            "anuncio": contact.listing.title,
            "con": contact.other_side(user).get_full_name(),
            "lo_abriste_tu": contact.opener_id == user.pk,
            "abierto": contact.created_at,
            "ultima_actividad": contact.last_activity_at,
        }


def _messages(user: User) -> Iterator[dict[str, Any]]:
    messages = Message.objects.filter(author=user).prefetch_related("photos").order_by("pk")
    for message in messages.iterator(CHUNK):
        yield {
            "contacto": message.contact_id,
            "mensaje": message.body,
            "escrito": message.created_at,
            "fotos": _photos(message),
        }


def _photos(thing: Any) -> list[str]:
    return [photo_name(photo.picture_id) for photo in thing.photos.all()]


def _agreements(user: User) -> Iterator[dict[str, Any]]:
    agreements = Agreement.objects.of(user).prefetch_related("events").order_by("pk")
    for agreement in agreements.iterator(CHUNK):
        yield {
            "numero": agreement.pk,
            "contacto": agreement.contact_id,
            "version": agreement.version,
            "anuncio": agreement.listing_title,
            "servicio": agreement.service_name,
            "proveedor": agreement.shown_provider,
            "cliente": agreement.shown_client,
            "estado": agreement.status_label,
            "precio": agreement.price,
            "terminos": agreement.terms,
            "fecha": agreement.scheduled_for,
            "propuesto": agreement.created_at,
            "terminado": agreement.ended_at,
            "determinacion": agreement.finding,
            "historia": [
                {
                    "que": done_words(event.transition),
                    "quien": agreement.name_of(event.party),
                    "nota": event.note,
                    "cuando": event.created_at,
                }
                for event in agreement.events.all()
            ],
        }


def _statements(user: User) -> Iterator[dict[str, Any]]:
    statements = DisputeStatement.objects.filter(author=user).prefetch_related("photos").order_by("pk")
    for statement in statements.iterator(CHUNK):
        yield {
            "acuerdo": statement.agreement_id,
            "declaracion": statement.body,
            "escrita": statement.created_at,
            "fotos": _photos(statement),
        }


def _reviews_written(user: User) -> Iterator[dict[str, Any]]:
    reviews = Review.objects.filter(author=user).select_related("subject").prefetch_related("photos").order_by("pk")
    for review in reviews.iterator(CHUNK):
        yield _review(review) | {"sobre": review.subject.get_full_name(), "fotos": _photos(review)}


def _reviews_received(user: User) -> Iterator[dict[str, Any]]:
    """Return those that everybody may read: nobody learns here what is still hidden."""
    reviews = Review.objects.public().filter(subject=user).select_related("author").order_by("pk")
    for review in reviews.iterator(CHUNK):
        yield _review(review) | {"de": review.author.get_full_name()}


def _review(review: Review) -> dict[str, Any]:
    return {
        "acuerdo": review.agreement_id,
        "estrellas": review.rating,
        "resena": review.body,
        "escrita": review.created_at,
        "publicada": review.published_at,
        "respuesta": review.reply,
        "respondida": review.replied_at,
    }


def obstacles(user: User) -> list[Obstacle]:
    """Return the live agreements."""
    live = Agreement.objects.of(user).live().order_by("pk")
    return [
        Obstacle(f"{agreement.listing_title} ({agreement.status_label})", agreement.get_absolute_url())
        for agreement in live
    ]


def erase(user: User, now: datetime) -> None:
    """Leave agreements, reviews and messages to the other sides, without the person's name."""
    words = [user.get_full_name(), user.email] if user.erased_at is None else []
    leave_agreements(user=user, now=now)
    leave_conversations(user=user)
    reviews = Review.objects.filter(Q(author=user) | Q(subject=user))
    forget_in_log(Review, list(reviews.values_list("pk", flat=True)))
    contacts = Contact.objects.of(user).select_related("opener", "owner").order_by("pk")
    last = 0
    while batch := list(contacts.filter(pk__gt=last)[:CHUNK]):
        _forget_among(batch, user, words)
        last = batch[-1].pk


def _forget_among(contacts: list[Contact], user: User, words: list[str]) -> None:
    """Take the person's name out of what the other sides of these contacts were told."""
    others = {contact.other_side(user) for contact in contacts}
    addresses = [contact.get_absolute_url() for contact in contacts]
    addresses += [agreement.get_absolute_url() for agreement in Agreement.objects.filter(contact__in=contacts)]
    pages = [without_language(address) for address in addresses]
    rename_in_notices(Notice.objects.filter(recipient__in=others, path__in=pages))
    forget_in_sent_mail([other.email for other in others], words)


KEEPER = Keeper("agreements", sections=sections, erase=erase, obstacles=obstacles)
