"""What waits for a member: the first thing on the dashboard."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from django.db.models import Case, Exists, OuterRef, Q, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User, shown_name
from agreements.enums import Status
from agreements.models import Agreement, Contact, DisputeStatement, Review, reviews_are_open
from services.enums import Status as ListingStatus
from services.models import Listing

MAX_TASKS = 20  # of agreements, and of listings
MAX_CONTACTS = 5
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person.

    Attributes:
        kind: accept, close, deliver, statement, review, contact, confirm or draft.
        sentence: what happened, or what there is to do.
        about: the title of the listing or agreement.
        until: when it is too late, if it ever is.
        is_post: the button posts to ``url`` at once.
    """

    kind: str
    icon: str
    sentence: str
    about: str
    url: str
    label: str | Promise
    until: datetime | None = None
    time_left: str = ""
    is_post: bool = False


class Words(NamedTuple):
    """How a kind of task about an agreement is shown; ``%(name)s`` is the other person."""

    icon: str
    sentence: Promise
    label: Promise


AGREEMENT_WORDS = {
    "accept": Words("handshake", gettext_lazy("%(name)s te propuso un acuerdo"), gettext_lazy("Ver la propuesta")),
    "close": Words(
        "circle-check", gettext_lazy("%(name)s marcó el trabajo como entregado"), gettext_lazy("Cerrar el acuerdo")
    ),
    "statement": Words(
        "triangle-alert", gettext_lazy("%(name)s abrió una disputa"), gettext_lazy("Dar mi declaración")
    ),
    "review": Words("star", gettext_lazy("Cuenta cómo te fue con %(name)s"), gettext_lazy("Escribir la reseña")),
    "deliver": Words("wrench", gettext_lazy("%(name)s espera tu trabajo"), gettext_lazy("Ver el acuerdo")),
}


def waiting_for(user: User, now: datetime) -> list[Task]:
    """Return what waits for ``user``: first what ends, soonest first, then the rest. Three queries."""
    agreements = _agreements_waiting(user, now)
    tasks = [_agreement_task(agreement, user, now) for agreement in agreements]
    # What an agreement asks for is said once, not again as an unread conversation.
    tasks += _unread_contacts(user, {agreement.contact_id for agreement in agreements})
    tasks += [_listing_task(listing, now) for listing in _listings_waiting(user)]
    return sorted(tasks, key=lambda task: (task.until is None, task.until or now))


def _agreements_waiting(user: User, now: datetime) -> list[Agreement]:
    has_spoken = Exists(DisputeStatement.objects.filter(agreement=OuterRef("pk"), author=user))
    has_reviewed = Exists(Review.objects.filter(agreement=OuterRef("pk"), author=user))
    waiting = (
        Q(status__in=(Status.PENDING, Status.DELIVERED), client=user)
        | Q(status=Status.ACTIVE, provider=user)
        | Q(~has_spoken, status=Status.DISPUTED)
        | Q(~has_reviewed, reviews_are_open(now))
    )
    until = Case(
        When(status=Status.PENDING, then="expires_at"),
        When(status=Status.DELIVERED, then="closes_at"),
        default="review_until",
    )
    agreements = Agreement.objects.of(user).filter(waiting).select_related("provider", "client")
    return list(agreements.order_by(until.asc(nulls_last=True), "-created_at", "-pk")[:MAX_TASKS])


def _agreement_task(agreement: Agreement, user: User, now: datetime) -> Task:
    kinds = {
        Status.PENDING: ("accept", agreement.expires_at),
        Status.DELIVERED: ("close", agreement.closes_at),
        Status.ACTIVE: ("deliver", None),
        Status.DISPUTED: ("statement", None),
    }
    kind, until = kinds.get(Status(agreement.status), ("review", agreement.review_until))
    if agreement.clock_stands_still:
        until = None
    words = AGREEMENT_WORDS[kind]
    return Task(
        kind=kind,
        icon=words.icon,
        sentence=str(words.sentence) % {"name": shown_name(agreement.other_name(user))},
        about=agreement.listing_title,
        url=agreement.get_absolute_url(),
        label=words.label,
        until=until,
        time_left=time_left(until, now),
    )


def _unread_contacts(user: User, said: Collection[int]) -> list[Task]:
    contacts = Contact.objects.unread_by(user).exclude(pk__in=said).select_related("listing", "opener", "owner")
    return [
        Task(
            kind="contact",
            icon="message-circle",
            sentence=_("Algo nuevo de %(name)s") % {"name": contact.other_side(user).get_full_name()},
            about=contact.listing.title,
            url=contact.get_absolute_url(),
            label=_("Leer"),
        )
        for contact in contacts.newest_first()[:MAX_CONTACTS]
    ]


def _listings_waiting(user: User) -> list[Listing]:
    waiting = Q(status=ListingStatus.DRAFT) | Q(status=ListingStatus.PUBLISHED, asked_at__isnull=False)
    return list(Listing.objects.owned_by(user).filter(waiting).order_by("-created_at", "-pk")[:MAX_TASKS])


def _listing_task(listing: Listing, now: datetime) -> Task:
    if listing.answer_by is None:
        return Task(
            kind="draft",
            icon="pencil",
            sentence=_("Un borrador sin publicar"),
            about=listing.title,
            url=listing.action_url("edit"),
            label=_("Terminarlo"),
        )
    return Task(
        kind="confirm",
        icon="circle-help",
        sentence=_("¿Todavía lo ofreces? Si no contestas, se pausa"),
        about=listing.title,
        url=listing.action_url("publish"),
        label=_("Sigue disponible"),
        until=listing.answer_by,
        time_left=time_left(listing.answer_by, now),
        is_post=True,
    )


def time_left(until: datetime | None, now: datetime) -> str:
    """Return how long there is, in days or, in the last one, in hours; empty when there is no end."""
    if until is None:
        return ""
    left = max(until - now, HOUR)
    if left > DAY:
        days = ceil(left / DAY)
        return ngettext("Queda %(count)d día", "Quedan %(count)d días", days) % {"count": days}
    hours = ceil(left / HOUR)
    return ngettext("Queda %(count)d hora", "Quedan %(count)d horas", hours) % {"count": hours}
