"""What the page of an agreement shows to one of its two sides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import require_member
from agreements.enums import OPEN, Party, Status
from agreements.forms.agreements import PaymentForm, StatementForm, StepForm
from agreements.models import Agreement, AgreementEvent, StatementPhoto
from agreements.transitions import TRANSITIONS, Transition, available, done_words
from agreements.versions import history

# What is still to come, when all goes well.
AHEAD = {
    Status.PENDING: ("accept", "deliver", "close"),
    Status.ACTIVE: ("deliver", "close"),
    Status.DELIVERED: ("close",),
}
# The way of an agreement when all goes well.
WAY = (Status.PENDING, Status.ACTIVE, Status.DELIVERED, Status.CLOSED)
DANGEROUS = frozenset({"reject", "withdraw", "cancel", "dispute"})


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline: something that happened, or, without ``at``, that is to come."""

    title: str
    who: str = ""
    at: datetime | None = None
    note: str = ""
    is_next: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the way, as ``components/stepper.html`` draws it. Of an agreement that is closed none is current."""

    label: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A button with its form."""

    row: Transition
    form: forms.Form
    url: str

    @property
    def is_dangerous(self) -> bool:
        return self.row.name in DANGEROUS


def page_context(
    request: HttpRequest, agreement: Agreement, user: User, bound: Mapping[str, forms.Form] | None = None
) -> dict[str, Any]:
    """Return what the template draws.

    Args:
        user: provider or client.
        bound: forms that came back with a mistake: by the name of their row, or ``statement``, or ``payment``.
    """
    bound = bound or {}
    party = agreement.party_of(user)
    refusal = _refusal(user)
    events = list(agreement.events.all())
    versions = list(Agreement.objects.filter(contact=agreement.contact_id))
    photos = Prefetch("photos", StatementPhoto.objects.select_related("picture"))
    statements = list(agreement.statements.prefetch_related(photos))
    steps = [] if refusal else _steps(request, agreement, party, bound)
    latest = max(versions, key=lambda version: version.version)
    open_statuses = {version.status for version in versions} & OPEN
    says_statement = agreement.status == Status.DISPUTED and user.pk not in {one.author_id for one in statements}
    takes_payment = party == Party.PROVIDER and agreement.shows_payment_qr
    may_propose = not refusal and _may_propose(party, open_statuses) and agreement.other_party(user).is_active
    return {
        "agreement": agreement,
        "is_provider": party == Party.PROVIDER,
        "other": agreement.other_party(user),
        "refusal": refusal,
        "turn": _("Cuenta lo que pasó: la moderación va a decidir.") if says_statement else turn(agreement, party),
        "timeline": timeline(agreement, events),
        "way": way(agreement, events),
        "main_step": next((step for step in steps if step.row.is_main), None),
        "other_steps": [step for step in steps if not step.row.is_main],
        "open_step": next(iter(bound), ""),
        "versions": history(versions),
        "newer": latest if latest.version > agreement.version else None,
        "propose_url": _propose_url(agreement) if may_propose else "",
        "is_amendable": Status.ACTIVE in open_statuses,
        "statements": statements,
        "statement_form": bound.get("statement", StatementForm(request=request))
        if says_statement and not refusal
        else None,
        "payment_qr": agreement.provider.profile.payment_qr if agreement.shows_payment_qr else None,
        "payment_form": bound.get("payment", PaymentForm(request=request)) if takes_payment and not refusal else None,
    }


def turn(agreement: Agreement, party: Party | None) -> str:
    """Return the sentence that says how things stand and whose turn it is."""
    both = {
        Status.DISPUTED: _("La moderación va a decidir."),
        Status.CLOSED: _("Este acuerdo está cerrado."),
        Status.REJECTED: _("Esta propuesta fue rechazada."),
        Status.WITHDRAWN: _("Esta propuesta ya no vale."),
        Status.EXPIRED: _("Esta propuesta venció sin respuesta."),
        Status.CANCELLED: _("Este acuerdo fue cancelado."),
        Status.SUPERSEDED: _("Otra versión reemplazó esta."),
    }
    names = {"provider": agreement.provider.get_short_name(), "client": agreement.client.get_short_name()}
    own = {
        (Status.PENDING, Party.PROVIDER): _("Esperamos la respuesta de %(client)s."),
        (Status.PENDING, Party.CLIENT): _("%(provider)s espera tu respuesta."),
        (Status.ACTIVE, Party.PROVIDER): _("Cuando termines, márcalo como entregado."),
        (Status.ACTIVE, Party.CLIENT): _("Manos a la obra: ciérralo cuando el trabajo esté hecho."),
        (Status.DELIVERED, Party.PROVIDER): _("Esperamos a que %(client)s lo cierre."),
        (Status.DELIVERED, Party.CLIENT): _("%(provider)s dice que está hecho. Ciérralo si está bien."),
    }
    status = Status(agreement.status)
    return both.get(status) or own[status, party or Party.CLIENT] % names


def timeline(agreement: Agreement, events: list[AgreementEvent]) -> list[Moment]:
    """Return what has happened and, when all goes well, what is to come."""
    past = [
        Moment(
            title=done_words(event.transition),
            who=agreement.name_of(event.party),
            at=event.created_at,
            # The words of a dispute are shown as a statement, with their photos.
            note="" if event.transition == "dispute" else event.note,
        )
        for event in events
    ]
    ahead = [
        Moment(title=str(TRANSITIONS[name].done), is_next=place == 0)
        for place, name in enumerate(AHEAD.get(Status(agreement.status), ()))
    ]
    if agreement.status == Status.DISPUTED:
        ahead = [Moment(title=_("La moderación decide"), is_next=True)]
    return past + ahead


def way(agreement: Agreement, events: list[AgreementEvent]) -> list[Stage]:
    """Return the steps of an agreement: all of them while it goes well, else those it took and where it ended."""
    status = Status(agreement.status)
    if status in WAY:
        return [Stage(str(step.label), is_current=step == status != Status.CLOSED) for step in WAY]
    taken = {Status.PENDING} | {event.from_status for event in events} | {event.to_status for event in events}
    return [Stage(str(step.label)) for step in WAY[:-1] if step in taken] + [Stage(str(status.label), is_current=True)]


def step_form(request: HttpRequest, name: str) -> forms.Form:
    """Return the form that goes with a row, filled in with what was posted."""
    if name == "dispute":
        return StatementForm(request.POST, request.FILES, request=request)
    return StepForm(request.POST, name=name)


def _refusal(user: User) -> str:
    try:
        require_member(user)
    except PermissionDenied as error:
        return str(error)
    return ""


def _steps(
    request: HttpRequest, agreement: Agreement, party: Party | None, bound: Mapping[str, forms.Form]
) -> list[Step]:
    return [
        Step(
            row=row,
            form=bound.get(row.name) or _empty_form(request, row.name),
            url=reverse(f"agreements:{row.name}", args=[agreement.pk]),
        )
        for row in available(agreement, party)
    ]


def _empty_form(request: HttpRequest, name: str) -> forms.Form:
    return StatementForm(request=request) if name == "dispute" else StepForm(name=name)


def _may_propose(party: Party | None, open_statuses: set[str]) -> bool:
    return party == Party.PROVIDER and open_statuses <= {Status.ACTIVE}


def _propose_url(agreement: Agreement) -> str:
    return reverse("agreements:propose", args=[agreement.contact_id])
