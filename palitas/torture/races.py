"""The races: what there is before, who does what at the same moment, and what may be written in the end.

The outcomes are typed by hand. They name every event, notice, contact, message, review and statement that one round may
write; nothing else may be written.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice

from django.utils import timezone

from agreements.actions.contacts import NEWCOMER_CONTACTS_PER_DAY
from agreements.actions.reviews import write_review
from agreements.enums import Status
from agreements.models import Agreement, Contact
from agreements.transitions import TRANSITIONS
from palitas.torture import scenes
from palitas.torture.processes import Attempt
from palitas.torture.scenes import Person, person

STEPS = frozenset(name for name, row in TRANSITIONS.items() if not row.is_internal)
PROPOSAL = {"price": "200", "terms": "Destapar la tubería.\nLimpiar al terminar.", "accept_terms": "on"}
REVIEW = {"rating": "4", "body": "Todo bien."}
# Goes with every step; those that take no words do not look at it.
NOTE = {"note": "No puedo ese día."}
QUESTION = {"body": "¿Cuánto cobras?"}
MINUTE = timedelta(minutes=1)

# Sets the stage for so many processes and returns what each of them does.
Prepare = Callable[[int], list[Attempt]]


@dataclass(frozen=True, slots=True)
class Race:
    """One race.

    Attributes:
        outcomes: the names of what a round may write, in any order: one of these.
        refusals: the statuses with which a loser is told.
        counts: the names among them of which each belongs to one winner.
        losers_are_led: who comes second is led to what is there, by the same redirect as the winner.
        times: how often an outcome happens in a race of so many processes.
    """

    name: str
    prepare: Prepare
    outcomes: tuple[str, ...]
    refusals: frozenset[int] = frozenset({409})
    counts: frozenset[str] = STEPS
    losers_are_led: bool = False
    times: Callable[[int], int] = lambda _size: 1


def _pair() -> tuple[Person, Person, Contact]:
    provider, client = person("Pilar"), person("Carlos")
    return provider, client, scenes.contact(provider.user, client.user)


def _step(who: Person, agreement: Agreement, step: str, data: dict[str, str]) -> Attempt:
    return Attempt(session=who.session, path=f"/acuerdos/{agreement.pk}/{step}/", data=data)


def steps(make: Callable[[Contact], Agreement], *lines: str, data: dict[str, str] = NOTE) -> Prepare:
    """Have the two sides of an agreement take steps in turns.

    Args:
        make: brings an agreement to where the race begins.
        lines: who does what: ``client aceptar``. ``amendment`` at the end is about the pending version beside it,
            ``proposal`` in the place of a step sends the form of a proposal, and ``clock expire`` runs a job.
    """

    def prepare(size: int) -> list[Attempt]:
        provider, client, contact = _pair()
        people = {"provider": provider, "client": client}
        agreement = make(contact)
        amendment = scenes.pending(contact) if any(line.endswith("amendment") for line in lines) else agreement
        attempts = []
        for who, step, *of_amendment in map(str.split, lines):
            if who == "clock":
                attempts.append(Attempt(clock=step))
            elif step == "proposal":
                path = f"/contactos/{contact.pk}/acuerdo/"
                attempts.append(Attempt(session=people[who].session, path=path, data=PROPOSAL))
            else:
                attempts.append(_step(people[who], amendment if of_amendment else agreement, step, data))
        return list(islice(cycle(attempts), size))

    return prepare


def overdue(make: Callable[[Contact], Agreement]) -> Callable[[Contact], Agreement]:
    """Have the deadline of an agreement be past."""

    def made(contact: Contact) -> Agreement:
        agreement, past = make(contact), timezone.now() - MINUTE
        agreement.expires_at = past
        agreement.closes_at = agreement.closes_at and past
        agreement.save(update_fields=["expires_at", "closes_at"])
        return agreement

    return made


def resolutions(size: int) -> list[Attempt]:
    """Two moderators decide the same dispute, one for each side."""
    _provider, _client, contact = _pair()
    path = f"/admin/agreements/agreement/{scenes.disputed(contact).pk}/change/"
    outcomes = {"Migdalia": Status.CLOSED, "Ramón": Status.CANCELLED}
    attempts = [
        Attempt(scenes.moderator(name).session, path, {"outcome": outcome, "finding": "Leímos a las dos partes."})
        for name, outcome in outcomes.items()
    ]
    return list(islice(cycle(attempts), size))


def proposals(size: int) -> list[Attempt]:
    """The provider presses the button several times."""
    provider, _client, contact = _pair()
    return [Attempt(session=provider.session, path=f"/contactos/{contact.pk}/acuerdo/", data=PROPOSAL)] * size


def contacts(size: int) -> list[Attempt]:
    """Somebody opens the same contact several times."""
    listing, opener = scenes.promotion(person("Pilar").user), person("Carlos")
    return [Attempt(session=opener.session, path=f"/promociones/{listing.pk}/contactar/", data=QUESTION)] * size


def contacts_of_a_newcomer(size: int) -> list[Attempt]:
    """Somebody in their first week writes to as many people as there are processes."""
    newcomer = person("Carlos", member_for=timedelta(days=1))
    listings = [scenes.promotion(person("Pilar").user) for _ in range(size)]
    paths = [f"/promociones/{listing.pk}/contactar/" for listing in listings]
    return [Attempt(session=newcomer.session, path=path, data=QUESTION) for path in paths]


def messages(size: int) -> list[Attempt]:
    """A page that has lost its connection sends the same message again and again."""
    _provider, client, contact = _pair()
    data = {"body": "Voy de camino.", "client_key": str(uuid.uuid4())}
    return [Attempt(session=client.session, path=f"/contactos/{contact.pk}/", data=data)] * size


def reviews_of_two_people(size: int) -> list[Attempt]:
    """Two people have as many agreements as there are processes, each is provider in half of them, and in each the
    second review comes in: all of them recount the figures of the same two people."""
    pair = person("Pilar"), person("Carlos")
    attempts = []
    for number in range(size):
        provider, client = pair if number % 2 else reversed(pair)
        agreement = scenes.closed(scenes.contact(provider.user, client.user))
        first, second = (provider, client) if number // 2 % 2 else (client, provider)
        write_review(agreement=agreement, by=first.user, rating=5, body="", now=timezone.now())
        attempts.append(_step(second, agreement, "resena", REVIEW))
    return attempts


def palitas_of_one_provider(size: int) -> list[Attempt]:
    """As many clients as there are processes close their agreements with the same provider."""
    provider, clients = person("Pilar"), [person("Carlos") for _ in range(size)]
    agreements = [scenes.delivered(scenes.contact(provider.user, client.user)) for client in clients]
    return [_step(client, agreement, "cerrar", NOTE) for client, agreement in zip(clients, agreements, strict=True)]


def all_of_them(size: int) -> int:
    return size


RACES = (
    Race(
        "accept / accept",
        steps(scenes.pending, "client aceptar"),
        ("accept agreement_accepted",),
    ),
    Race(
        "accept / reject",
        steps(scenes.pending, "client aceptar", "client rechazar"),
        ("accept agreement_accepted", "reject agreement_rejected"),
    ),
    Race(
        "accept / withdraw",
        steps(scenes.pending, "client aceptar", "provider retirar"),
        ("accept agreement_accepted", "withdraw agreement_withdrawn"),
    ),
    Race(
        "accept / the clock expires",
        steps(overdue(scenes.pending), "client aceptar", "clock expire"),
        ("accept agreement_accepted", "expire agreement_expired agreement_expired"),
    ),
    Race(
        "deliver / deliver",
        steps(scenes.active, "provider entregar"),
        ("deliver agreement_delivered",),
    ),
    Race(
        "deliver / cancel",
        steps(scenes.active, "provider entregar", "client cancelar"),
        ("deliver agreement_delivered", "cancel agreement_cancelled"),
    ),
    Race(
        "cancel / cancel by both sides",
        steps(scenes.active, "provider cancelar", "client cancelar"),
        ("cancel agreement_cancelled",),
    ),
    Race(
        "close / dispute",
        steps(scenes.delivered, "client cerrar", "provider disputar"),
        ("close agreement_closed", "dispute statement agreement_disputed"),
    ),
    Race(
        "close / the clock closes",
        steps(overdue(scenes.delivered), "client cerrar", "clock close"),
        ("close agreement_closed", "close_unanswered agreement_closed_by_clock agreement_closed_by_clock"),
    ),
    Race(
        "dispute / dispute by both sides",
        steps(scenes.delivered, "client disputar", "provider disputar"),
        ("dispute statement agreement_disputed",),
    ),
    Race(
        "statement / statement",
        steps(scenes.disputed, "client declaracion"),
        ("statement statement_added",),
        refusals=frozenset({403, 409}),
        counts=frozenset({"statement"}),
    ),
    Race(
        "resolve / resolve by two moderators",
        resolutions,
        (
            "resolve_closed agreement_resolved agreement_resolved",
            "resolve_cancelled agreement_resolved agreement_resolved",
        ),
        # Who comes later still may not read what is decided.
        refusals=frozenset({403, 409}),
    ),
    Race(
        "accept amendment / deliver",
        steps(scenes.active, "client aceptar amendment", "provider entregar"),
        ("accept supersede agreement_accepted", "deliver lapse agreement_delivered"),
    ),
    Race(
        "accept amendment / cancel",
        steps(scenes.active, "client aceptar amendment", "client cancelar"),
        ("accept supersede agreement_accepted", "cancel lapse agreement_cancelled"),
    ),
    Race(
        "accept amendment / withdraw it",
        steps(scenes.active, "client aceptar amendment", "provider retirar amendment"),
        ("accept supersede agreement_accepted", "withdraw agreement_withdrawn"),
    ),
    Race(
        "propose / propose",
        proposals,
        ("propose agreement_proposed",),
    ),
    Race(
        "propose amendment / deliver",
        steps(scenes.active, "provider proposal", "provider entregar"),
        ("deliver agreement_delivered", "propose agreement_proposed deliver lapse agreement_delivered"),
    ),
    Race(
        "open a contact / open it",
        contacts,
        ("contact message contact_opened",),
        counts=frozenset({"contact"}),
        losers_are_led=True,
    ),
    Race(
        "open 5 contacts a day",
        contacts_of_a_newcomer,
        ("contact message contact_opened",),
        refusals=frozenset({429}),
        counts=frozenset({"contact"}),
        times=lambda size: min(size, NEWCOMER_CONTACTS_PER_DAY),
    ),
    Race(
        "message / the same again",
        messages,
        ("message message_received",),
        counts=frozenset({"message"}),
        losers_are_led=True,
    ),
    Race(
        "review / review by both sides",
        steps(scenes.closed, "client resena", "provider resena", data=REVIEW),
        ("review review review_waiting review_published review_published",),
        counts=frozenset({"review"}),
    ),
    Race(
        "reviews of two people",
        reviews_of_two_people,
        ("review review_published review_published",),
        counts=frozenset({"review"}),
        times=all_of_them,
    ),
    Race(
        "palitas of one provider",
        palitas_of_one_provider,
        ("close agreement_closed",),
        times=all_of_them,
    ),
)
