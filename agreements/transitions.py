"""The life of an agreement: one frozen table and one door.

``docs/states.md`` is generated from the table. Whatever writes a status goes through ``start`` or ``move``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from agreements.enums import (
    DELIVERED_LIFETIME,
    DELIVERED_REMINDER,
    PENDING_LIFETIME,
    PENDING_REMINDERS,
    Party,
    Status,
)
from agreements.models import Agreement, AgreementEvent
from services.transitions import StatusMoved as AnyStatusMoved


class Note(Enum):
    """Whether words go with a step. They are kept with its event and both sides read them."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: from which states, to which, by whom, with what words, and when the clock does it.

    Attributes:
        label: the words of its button.
        done: the words of its event.
        is_main: its button is the one that stands out.
        is_internal: it has no button: it follows from another row.
        binds: it binds both people from then on, so neither account may be closed.
        after: how long the clock waits in the source state.
        reminders: how long after the beginning of the source state the client is reminded.
    """

    name: str
    sources: frozenset[Status]
    target: Status
    parties: frozenset[Party]
    label: str | Promise
    done: str | Promise
    note: Note = Note.NONE
    is_main: bool = False
    is_internal: bool = False
    binds: bool = False
    after: timedelta | None = None
    reminders: tuple[timedelta, ...] = ()


def _table(*rows: Transition) -> MappingProxyType[str, Transition]:
    return MappingProxyType({row.name: row for row in rows})


BOTH_SIDES = frozenset({Party.PROVIDER, Party.CLIENT})
PROVIDER = frozenset({Party.PROVIDER})
CLIENT = frozenset({Party.CLIENT})
MODERATOR = frozenset({Party.MODERATOR})
CLOCK = frozenset({Party.CLOCK})
PENDING = frozenset({Status.PENDING})
ACTIVE = frozenset({Status.ACTIVE})
DELIVERED = frozenset({Status.DELIVERED})
UNDER_WAY = ACTIVE | DELIVERED
DISPUTED = frozenset({Status.DISPUTED})

TRANSITIONS = _table(
    Transition("propose", frozenset(), Status.PENDING, PROVIDER, _("Proponer"), _("Propuesto")),
    Transition("accept", PENDING, Status.ACTIVE, CLIENT, _("Aceptar"), _("Aceptado"), is_main=True, binds=True),
    Transition("reject", PENDING, Status.REJECTED, CLIENT, _("Rechazar la propuesta"), _("Rechazado"), Note.OPTIONAL),
    Transition("withdraw", PENDING, Status.WITHDRAWN, PROVIDER, _("Retirar la propuesta"), _("Retirado")),
    Transition(
        "expire",
        PENDING,
        Status.EXPIRED,
        CLOCK,
        _("Vencer"),
        _("Venció sin respuesta"),
        after=PENDING_LIFETIME,
        reminders=PENDING_REMINDERS,
    ),
    Transition("deliver", ACTIVE, Status.DELIVERED, PROVIDER, _("Marcar como entregado"), _("Entregado"), is_main=True),
    Transition("close", UNDER_WAY, Status.CLOSED, CLIENT, _("Cerrar el acuerdo"), _("Cerrado"), is_main=True),
    Transition(
        "close_unanswered",
        DELIVERED,
        Status.CLOSED,
        CLOCK,
        _("Cerrar"),
        _("Cerrado a los 14 días de la entrega"),
        after=DELIVERED_LIFETIME,
        reminders=(DELIVERED_REMINDER,),
    ),
    Transition("cancel", ACTIVE, Status.CANCELLED, BOTH_SIDES, _("Cancelar el acuerdo"), _("Cancelado"), Note.REQUIRED),
    Transition(
        "dispute",
        UNDER_WAY,
        Status.DISPUTED,
        BOTH_SIDES,
        _("Abrir una disputa"),
        _("Disputa abierta"),
        Note.REQUIRED,
    ),
    Transition(
        "resolve_closed",
        DISPUTED,
        Status.CLOSED,
        MODERATOR,
        _("Cerrar el acuerdo"),
        _("Disputa resuelta: cerrado"),
        Note.REQUIRED,
    ),
    Transition(
        "resolve_cancelled",
        DISPUTED,
        Status.CANCELLED,
        MODERATOR,
        _("Cancelar el acuerdo"),
        _("Disputa resuelta: cancelado"),
        Note.REQUIRED,
    ),
    # An accepted amendment takes the place of the version before it.
    Transition(
        "supersede",
        ACTIVE,
        Status.SUPERSEDED,
        CLIENT,
        _("Reemplazar"),
        _("Reemplazado por una versión nueva"),
        is_internal=True,
    ),
    # An amendment that still waits when the version in force is no longer active has nothing left to amend.
    Transition(
        "lapse",
        PENDING,
        Status.WITHDRAWN,
        BOTH_SIDES,
        _("Quedar sin efecto"),
        _("Quedó sin efecto"),
        is_internal=True,
    ),
)

# The event of an agreement that began on the former site: what happened to it there is not known here.
IMPORTED = "imported"


def done_words(name: str) -> str:
    """Return the words of an event by the name of its transition."""
    return gettext("Traído del sitio anterior") if name == IMPORTED else str(TRANSITIONS[name].done)


# What a person is told who comes too late, by the status that the agreement has moved to.
MOVED_SENTENCES = MappingProxyType(
    {
        Status.PENDING: _("Este acuerdo todavía está pendiente."),
        Status.ACTIVE: _("Este acuerdo ya fue aceptado."),
        Status.DELIVERED: _("Este acuerdo ya fue marcado como entregado."),
        Status.CLOSED: _("Este acuerdo ya fue cerrado."),
        Status.REJECTED: _("Este acuerdo ya fue rechazado."),
        Status.WITHDRAWN: _("Este acuerdo ya fue retirado."),
        Status.EXPIRED: _("Este acuerdo ya venció."),
        Status.CANCELLED: _("Este acuerdo ya fue cancelado."),
        Status.DISPUTED: _("Este acuerdo está en disputa."),
        Status.SUPERSEDED: _("Este acuerdo ya fue reemplazado por otra versión."),
    }
)


class StatusMoved(AnyStatusMoved):
    """Somebody was faster, or the transition is out of turn; the page says where the agreement stands.

    Args:
        sentence: when there is more to say than that.
    """

    def __init__(self, agreement: Agreement, sentence: str = "") -> None:
        self.status = Status(Agreement.objects.values_list("status", flat=True).get(pk=agreement.pk))
        self.back_url = agreement.get_absolute_url()
        super().__init__(sentence or str(MOVED_SENTENCES[self.status]))


class WrongParty(PermissionDenied):
    """The person may see the agreement, but this step belongs to somebody else."""

    def __init__(self) -> None:
        super().__init__(gettext("Este paso le toca a la otra parte."))


def available(agreement: Agreement, party: Party | None) -> list[Transition]:
    """Return the rows that ``party`` may take now: the buttons of the page."""
    binding = agreement.provider.is_active and agreement.client.is_active
    return [
        row
        for row in TRANSITIONS.values()
        if agreement.status in row.sources
        and party in row.parties
        and not row.is_internal
        and (binding or not row.binds)
    ]


def require_available(agreement: Agreement, party: Party | None, name: str) -> None:
    """Do nothing when ``party`` may take the row ``name`` now; for asking before a form is looked at.

    Raises:
        WrongParty: never, whatever the status.
        StatusMoved: not now.
    """
    row = TRANSITIONS[name]
    if party not in row.parties:
        raise WrongParty
    if agreement.status not in row.sources:
        raise StatusMoved(agreement)


def hold_people(agreement: Agreement) -> None:
    """Let nobody close, or erase, either account before this transaction ends.

    Call it before anything else of the agreement is written, as ``accounts.personal_data.erasure`` does: people first,
    agreements after them. On SQLite every transaction that writes is alone already.
    """
    people = User.objects.filter(pk__in=(agreement.provider_id, agreement.client_id))
    list(people.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _both_accounts_open() -> Q:
    people = User.objects.filter(is_active=True)
    return Q(provider__in=people, client__in=people)


def _condition_of(party: Party, actor: User | None) -> Q:
    """The party is part of the UPDATE itself, so that no earlier check is trusted."""
    if party == Party.PROVIDER:
        return Q(provider=actor)
    if party == Party.CLIENT:
        return Q(client=actor)
    if party == Party.MODERATOR:
        return ~Q(provider=actor) & ~Q(client=actor)
    # Not through a join, which Django would turn into a subquery that holds the status too: PostgreSQL does not ask a
    # subquery again when it has waited for somebody else's change of the row.
    awake = User.objects.filter(suspended_at=None)
    return Q(provider__in=awake, client__in=awake)


@transaction.atomic
def start(agreement: Agreement, *, actor: User, now: datetime) -> Agreement:
    """Write a new version, pending, with its first event.

    Raises:
        django.db.IntegrityError: the contact has a pending version, or this number, already.
    """
    agreement.status = TRANSITIONS["propose"].target
    agreement.save(force_insert=True)
    _record(agreement, "propose", party=Party.PROVIDER, actor=actor, before="", note="", now=now)
    return agreement


@transaction.atomic
def move(
    name: str,
    agreement: Agreement,
    *,
    party: Party,
    actor: User | None,
    now: datetime,
    note: str = "",
    **changes: Any,
) -> Agreement:
    """Take one row of the table: one conditional UPDATE and one event, in one transaction.

    Args:
        name: the row.
        party: the side that acts; ``actor`` is the person, None for the clock.
        changes: further columns to write together with the status.

    Returns:
        The agreement as it is now.

    Raises:
        WrongParty: the row does not belong to ``party``.
        ValidationError: the row asks for a note and there is none.
        StatusMoved: the status is not (any more) one from which the row leads, a constraint says so, or the row binds
            two people of whom one has closed the account.
    """
    row = TRANSITIONS[name]
    if party not in row.parties:
        raise WrongParty
    if row.note is Note.REQUIRED and not note.strip():
        raise ValidationError(gettext("Escribe por qué: la otra parte lo va a leer."), code="required")
    before = Agreement.objects.filter(pk=agreement.pk).values_list("status", flat=True).get()
    # The status is read first only for the event: the UPDATE says it again.
    rows = Agreement.objects.filter(_condition_of(party, actor), pk=agreement.pk, status=before)
    if row.binds:
        rows = rows.filter(_both_accounts_open())
    try:
        with transaction.atomic():
            moved = before in row.sources and rows.update(status=row.target, **changes)
    except IntegrityError as error:
        raise StatusMoved(agreement) from error
    if not moved:
        raise StatusMoved(agreement, _what_hinders(row, agreement))
    _record(agreement, name, party=party, actor=actor, before=before, note=note, now=now)
    agreement.refresh_from_db()
    return agreement


def _what_hinders(row: Transition, agreement: Agreement) -> str:
    """Return the sentence for a row that the status allows and a closed account does not, or an empty string."""
    in_turn = Agreement.objects.filter(pk=agreement.pk, status__in=row.sources)
    if row.binds and in_turn.exclude(_both_accounts_open()).exists():
        return gettext("La otra persona ya no está en PalitasPR: esta propuesta no se puede aceptar.")
    return ""


def _record(
    agreement: Agreement, name: str, *, party: Party, actor: User | None, before: str, note: str, now: datetime
) -> None:
    AgreementEvent.objects.create(
        agreement=agreement,
        transition=name,
        party=party,
        actor=actor,
        from_status=before,
        to_status=TRANSITIONS[name].target,
        note=note.strip(),
        created_at=now,
    )
