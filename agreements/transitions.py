"""The life of an agreement: one frozen table and one door.

``docs/states.md`` is generated from the table. Whatever changes a status goes through ``move``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agreements.enums import Party, Status
from agreements.models import Agreement, AgreementEvent

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: from which states, to which, and by whom.

    ``needs_note`` rows are refused without a reason. ``is_internal`` rows have no button: they follow from another row.
    """

    name: str
    sources: frozenset[Status]
    target: Status
    parties: frozenset[Party]
    label: Any
    needs_note: bool = False
    is_internal: bool = False


def _table(*rows: Transition) -> MappingProxyType[str, Transition]:
    return MappingProxyType({row.name: row for row in rows})


BOTH_SIDES = frozenset({Party.PROVIDER, Party.CLIENT})
PROVIDER = frozenset({Party.PROVIDER})
CLIENT = frozenset({Party.CLIENT})
MODERATOR = frozenset({Party.MODERATOR})
CLOCK = frozenset({Party.CLOCK})
PENDING = frozenset({Status.PENDING})
ACTIVE = frozenset({Status.ACTIVE})
UNDER_WAY = frozenset({Status.ACTIVE, Status.DELIVERED})
DISPUTED = frozenset({Status.DISPUTED})

TRANSITIONS = _table(
    Transition("propose", frozenset(), Status.PENDING, PROVIDER, _("Proponer")),
    Transition("accept", PENDING, Status.ACTIVE, CLIENT, _("Aceptar")),
    Transition("reject", PENDING, Status.REJECTED, CLIENT, _("Rechazar")),
    Transition("withdraw", PENDING, Status.WITHDRAWN, PROVIDER, _("Retirar")),
    Transition("expire", PENDING, Status.EXPIRED, CLOCK, _("Vencer")),
    Transition("deliver", ACTIVE, Status.DELIVERED, PROVIDER, _("Marcar como entregado")),
    Transition("close", UNDER_WAY, Status.CLOSED, CLIENT | CLOCK, _("Cerrar")),
    Transition("cancel", ACTIVE, Status.CANCELLED, BOTH_SIDES, _("Cancelar"), needs_note=True),
    Transition("dispute", UNDER_WAY, Status.DISPUTED, BOTH_SIDES, _("Abrir una disputa"), needs_note=True),
    Transition("resolve_closed", DISPUTED, Status.CLOSED, MODERATOR, _("Resolver: cerrado"), needs_note=True),
    Transition("resolve_cancelled", DISPUTED, Status.CANCELLED, MODERATOR, _("Resolver: cancelado"), needs_note=True),
    # An accepted amendment takes the place of the version before it.
    Transition("supersede", ACTIVE, Status.SUPERSEDED, CLIENT, _("Reemplazar"), is_internal=True),
    # An amendment still pending when the version in force is no longer active has nothing left to amend.
    Transition("lapse", PENDING, Status.WITHDRAWN, BOTH_SIDES | CLOCK, _("Quedar sin efecto"), is_internal=True),
)

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


class StatusMoved(Exception):
    """Somebody was faster, or the transition is out of turn. Its text is the sentence for the person."""

    def __init__(self, status: str) -> None:
        self.status = Status(status)
        super().__init__(str(MOVED_SENTENCES[self.status]))


class WrongParty(Exception):
    """The person takes part in the agreement or may see it, but this step belongs to somebody else."""

    def __init__(self) -> None:
        super().__init__(str(_("Este paso le toca a la otra parte.")))


def available(agreement: Agreement, party: Party | None) -> list[Transition]:
    """Return the rows that ``party`` may take now: the buttons of the page."""
    return [
        row
        for row in TRANSITIONS.values()
        if agreement.status in row.sources and party in row.parties and not row.is_internal
    ]


def is_available(agreement: Agreement, party: Party | None, name: str) -> bool:
    """Return whether ``party`` may take the row ``name`` now."""
    return any(row.name == name for row in available(agreement, party))


def _party_condition(party: Party, actor: "User | None") -> Q:
    """The party is part of the UPDATE itself, so that no earlier check is trusted."""
    if party == Party.PROVIDER:
        return Q(provider=actor)
    if party == Party.CLIENT:
        return Q(client=actor)
    return Q()


def move(
    name: str,
    agreement: Agreement,
    *,
    party: Party,
    actor: "User | None",
    now: datetime,
    note: str = "",
    sources: Iterable[Status] | None = None,
    **changes: Any,
) -> Agreement:
    """Take one row of the table: one conditional UPDATE and one event, in one transaction.

    Args:
        name: the row.
        party: the side that acts; ``actor`` is the person, None for the clock.
        sources: fewer states than the row's own, where the caller knows more.
        changes: further columns to write together with the status.

    Returns:
        The agreement as it is now.

    Raises:
        WrongParty: the row does not belong to ``party``.
        StatusMoved: the status is not (any more) one from which the row leads, or a constraint says so.
    """
    row = TRANSITIONS[name]
    if party not in row.parties:
        raise WrongParty
    allowed = row.sources if sources is None else frozenset(sources) & row.sources
    try:
        with transaction.atomic():
            before = Agreement.objects.filter(pk=agreement.pk).values_list("status", flat=True).get()
            moved = (
                Agreement.objects.filter(_party_condition(party, actor), pk=agreement.pk, status=before)
                .filter(status__in=allowed)
                .update(status=row.target, **changes)
            )
            if not moved:
                current = Agreement.objects.values_list("status", flat=True).get(pk=agreement.pk)
                raise StatusMoved(current)
            AgreementEvent.objects.create(
                agreement=agreement,
                transition=name,
                party=party,
                actor=actor,
                from_status=before,
                to_status=row.target,
                note=note,
                created_at=now,
            )
    except IntegrityError as error:
        raise StatusMoved(Agreement.objects.values_list("status", flat=True).get(pk=agreement.pk)) from error
    agreement.refresh_from_db()
    return agreement
