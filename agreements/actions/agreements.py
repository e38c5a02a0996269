"""Proposing terms and a price, and every step from there to the end. Disputes have a module of their own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from accounts.models import Profile, User
from agreements.actions.contacts import touch
from agreements.enums import DELIVERED_LIFETIME, LIVE, PENDING_LIFETIME, REVIEW_WINDOW, Party, Status
from agreements.models import Agreement, Contact
from agreements.transitions import StatusMoved, hold_people, move, start
from notices.actions import notify
from services.transitions import StatusMoved as AnyStatusMoved


class AlreadyProposed(AnyStatusMoved):
    """The contact has a proposal that waits for an answer."""

    def __init__(self, contact: Contact) -> None:
        pending = Agreement.objects.filter(contact=contact, status=Status.PENDING).first()
        self.back_url = (pending or contact).get_absolute_url()
        super().__init__(_("Ya hay una propuesta esperando respuesta."))


def tell(agreement: Agreement, recipient: User, kind: str, *, now: datetime, note: str = "") -> None:
    """Tell one party by notice and by mail; the other one is named in it."""
    notify(
        recipient=recipient,
        kind=kind,
        context={
            "name": agreement.other_name(recipient),
            "title": agreement.listing_title,
            "price": f"{agreement.price:,}",
            "note": note,
        },
        path=agreement.get_absolute_url(),
        now=now,
    )


def tell_other(agreement: Agreement, by: User, kind: str, *, now: datetime, note: str = "") -> None:
    """Tell the other party that ``by`` did something, by notice, by mail and by the contact's unread dot."""
    touch(agreement.contact, by=by, now=now)
    tell(agreement, agreement.other_party(by), kind, now=now, note=note)


def tell_both(agreement: Agreement, kind: str, *, now: datetime, note: str = "") -> None:
    """Tell both parties of what the clock or a moderator did."""
    for person in (agreement.provider, agreement.client):
        tell(agreement, person, kind, now=now, note=note)
    Contact.objects.filter(pk=agreement.contact_id).update(
        last_activity_at=now, opener_unread=True, owner_unread=True, opener_hidden=False, owner_hidden=False
    )


@transaction.atomic
def propose(
    *, contact: Contact, by: User, price: int, terms: Sequence[str], scheduled_for: date | None, now: datetime
) -> Agreement:
    """Propose terms and a price in whole dollars; while a version is active this is an amendment of it.

    Raises:
        PermissionDenied: ``by`` is not the provider of the contact, or the client has left; with a sentence.
        AlreadyProposed: while another proposal is pending, also when two are sent at once.
        StatusMoved: while the version in force is delivered or disputed.
    """
    in_force = require_proposable(contact, by)
    # Written to hold its row: it cannot leave the active state before this amendment is seen.
    if in_force and not Agreement.objects.filter(pk=in_force.pk, status=Status.ACTIVE).update(status=Status.ACTIVE):
        raise StatusMoved(in_force)
    last = Agreement.objects.filter(contact=contact).aggregate(last=Max("version"))["last"] or 0
    agreement = Agreement(
        contact=contact,
        version=last + 1,
        amends=in_force,
        provider=contact.provider,
        client=contact.client,
        price=price,
        terms=list(terms),
        scheduled_for=scheduled_for,
        listing_title=contact.listing.title,
        service_name=contact.listing.service.name_es,
        provider_name=contact.provider.get_full_name(),
        client_name=contact.client.get_full_name(),
        created_at=now,
        expires_at=now + PENDING_LIFETIME,
    )
    try:
        start(agreement, actor=by, now=now)
    except IntegrityError as error:
        raise AlreadyProposed(contact) from error
    tell_other(agreement, by, "agreement_proposed", now=now)
    return agreement


def require_proposable(contact: Contact, by: User) -> Agreement | None:
    """Return the version in force, which a proposal would amend, if there is one; raises as ``propose`` does."""
    if contact.provider_id != by.pk:
        raise PermissionDenied(_("Solo quien ofrece el servicio puede proponer el acuerdo."))
    if not contact.client.is_active:
        raise PermissionDenied(_("Esta persona ya no está en PalitasPR."))
    if Agreement.objects.filter(contact=contact, status=Status.PENDING).exists():
        raise AlreadyProposed(contact)
    in_force = Agreement.objects.filter(contact=contact, status__in=LIVE).first()
    if in_force and in_force.status != Status.ACTIVE:
        raise StatusMoved(in_force)
    return in_force


@transaction.atomic
def accept(*, agreement: Agreement, by: User, now: datetime) -> Agreement:
    """The client accepts, unless the provider has left. An amendment takes the place of the version in force."""
    party = party_of(agreement, by)
    hold_people(agreement)
    if agreement.amends and party == Party.CLIENT:
        try:
            move("supersede", agreement.amends, party=party, actor=by, now=now)
        except StatusMoved as moved:
            raise StatusMoved(agreement) from moved  # How the amendment itself stands is what was asked for.
    move("accept", agreement, party=party, actor=by, now=now, accepted_at=now, reminders_sent=0)
    tell_other(agreement, by, "agreement_accepted", now=now)
    return agreement


@transaction.atomic
def reject(*, agreement: Agreement, by: User, now: datetime, note: str = "") -> Agreement:
    """The client says no, with or without a reason; the provider may propose anew."""
    move("reject", agreement, party=party_of(agreement, by), actor=by, now=now, note=note)
    tell_other(agreement, by, "agreement_rejected", now=now, note=note)
    return agreement


@transaction.atomic
def withdraw(*, agreement: Agreement, by: User, now: datetime) -> Agreement:
    """The provider takes a pending proposal back."""
    move("withdraw", agreement, party=party_of(agreement, by), actor=by, now=now)
    tell_other(agreement, by, "agreement_withdrawn", now=now)
    return agreement


@transaction.atomic
def deliver(*, agreement: Agreement, by: User, now: datetime) -> Agreement:
    """The provider has done the work; the client has 14 days to close or to object."""
    party = party_of(agreement, by)
    closes_at = now + DELIVERED_LIFETIME
    move("deliver", agreement, party=party, actor=by, now=now, delivered_at=now, closes_at=closes_at, reminders_sent=0)
    lapse_amendments(agreement, party=party, actor=by, now=now)
    tell_other(agreement, by, "agreement_delivered", now=now)
    return agreement


@transaction.atomic
def close(*, agreement: Agreement, by: User, now: datetime) -> Agreement:
    """The client closes, before or after delivery; the palita is counted on the provider's profile."""
    party = party_of(agreement, by)
    move("close", agreement, party=party, actor=by, now=now, **ended(now))
    lapse_amendments(agreement, party=party, actor=by, now=now)
    count_palita(agreement)
    tell_other(agreement, by, "agreement_closed", now=now)
    return agreement


@transaction.atomic
def cancel(*, agreement: Agreement, by: User, now: datetime, note: str) -> Agreement:
    """Either side ends an active agreement and says why."""
    party = party_of(agreement, by)
    move("cancel", agreement, party=party, actor=by, now=now, note=note, **ended(now))
    lapse_amendments(agreement, party=party, actor=by, now=now)
    tell_other(agreement, by, "agreement_cancelled", now=now, note=note)
    return agreement


@transaction.atomic
def expire(*, agreement: Agreement, now: datetime) -> Agreement:
    """The clock ends a proposal that nobody answered."""
    move("expire", agreement, party=Party.CLOCK, actor=None, now=now)
    tell_both(agreement, "agreement_expired", now=now)
    return agreement


@transaction.atomic
def close_unanswered(*, agreement: Agreement, now: datetime) -> Agreement:
    """The clock closes what was delivered and neither closed nor disputed; the palita is counted."""
    move("close_unanswered", agreement, party=Party.CLOCK, actor=None, now=now, **ended(now))
    count_palita(agreement)
    tell_both(agreement, "agreement_closed_by_clock", now=now)
    return agreement


def party_of(agreement: Agreement, by: User) -> Party:
    """Return the side of a person by identity; superusers and moderators have none here.

    Raises:
        PermissionDenied: somebody else; with a sentence.
    """
    party = agreement.party_of(by)
    if party is None:
        raise PermissionDenied(_("Este acuerdo es de otras personas."))
    return party


def ended(now: datetime) -> dict[str, Any]:
    """Return the columns that an end writes: from here on both sides may review for 14 days."""
    return {"ended_at": now, "review_until": now + REVIEW_WINDOW}


def count_palita(agreement: Agreement) -> None:
    """Count a closed agreement on the provider's profile, in the transaction that closes it."""
    Profile.objects.filter(user=agreement.provider_id).update(palitas_count=F("palitas_count") + 1)


def lapse_amendments(agreement: Agreement, *, party: Party, actor: User, now: datetime) -> None:
    """End the amendment that waits for an answer: the version that it would change is no longer active."""
    for amendment in Agreement.objects.filter(amends=agreement, status=Status.PENDING):
        move("lapse", amendment, party=party, actor=actor, now=now)
