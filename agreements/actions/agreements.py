"""Proposing terms and a price, and every step from there to the end."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from accounts.models import Profile, User
from agreements.actions.contacts import claim_pictures, touch
from agreements.enums import DELIVERED_LIFETIME, LIVE, PENDING_LIFETIME, REVIEW_WINDOW, Party, Status
from agreements.models import Agreement, AgreementEvent, Contact, DisputeStatement, StatementPhoto
from agreements.transitions import StatusMoved, move
from notices.actions import notify
from services.models import Picture


class AlreadyProposed(Exception):
    """The contact has a proposal that waits for an answer."""

    def __init__(self) -> None:
        super().__init__(str(_("Ya hay una propuesta esperando respuesta.")))


def _tell(agreement: Agreement, recipient: User, kind: str, *, now: datetime, note: str = "") -> None:
    other = agreement.client_name if recipient.pk == agreement.provider_id else agreement.provider_name
    notify(
        recipient=recipient,
        kind=kind,
        context={"name": other, "title": agreement.listing_title, "price": agreement.price, "note": note},
        path=agreement.get_absolute_url(),
        now=now,
    )


def tell_other(agreement: Agreement, by: User, kind: str, *, now: datetime, note: str = "") -> None:
    """Tell the other party that ``by`` did something, by notice, by mail and by the contact's unread dot."""
    touch(agreement.contact, by=by, now=now)
    _tell(agreement, agreement.other_party(by), kind, now=now, note=note)


def tell_both(agreement: Agreement, kind: str, *, now: datetime, note: str = "") -> None:
    """Tell both parties of what the clock or a moderator did."""
    for person in (agreement.provider, agreement.client):
        _tell(agreement, person, kind, now=now, note=note)
    Contact.objects.filter(pk=agreement.contact_id).update(
        last_activity_at=now, opener_unread=True, owner_unread=True, opener_hidden=False, owner_hidden=False
    )


@transaction.atomic
def propose(
    *, contact: Contact, by: User, price: int, terms: Sequence[str], scheduled_for: date | None, now: datetime
) -> Agreement:
    """Propose terms and a price in whole dollars; while a version is active this is an amendment of it.

    Raises:
        PermissionDenied: when ``by`` is not the provider of the contact.
        AlreadyProposed: while another proposal is pending, also when two are sent at once.
        StatusMoved: while the version in force is delivered or disputed.
    """
    if contact.provider_id != by.pk:
        raise PermissionDenied(_("Solo quien ofrece el servicio puede proponer el acuerdo."))
    in_force = Agreement.objects.filter(contact=contact, status__in=LIVE).first()
    # Written to hold its row: it cannot leave the active state before this amendment is seen.
    if in_force and not Agreement.objects.filter(pk=in_force.pk, status=Status.ACTIVE).update(status=Status.ACTIVE):
        in_force.refresh_from_db()
        raise StatusMoved(in_force.status)
    last = Agreement.objects.filter(contact=contact).aggregate(last=Max("version"))["last"] or 0
    listing = contact.listing
    try:
        with transaction.atomic():
            agreement = Agreement.objects.create(
                contact=contact,
                version=last + 1,
                amends=in_force,
                provider=contact.provider,
                client=contact.client,
                price=price,
                terms=list(terms),
                scheduled_for=scheduled_for,
                listing_title=listing.title,
                service_name=listing.service.name_es,
                provider_name=contact.provider.get_full_name(),
                client_name=contact.client.get_full_name(),
                created_at=now,
                expires_at=now + PENDING_LIFETIME,
            )
    except IntegrityError as error:
        raise AlreadyProposed from error
    AgreementEvent.objects.create(
        agreement=agreement,
        transition="propose",
        party=Party.PROVIDER,
        actor=by,
        to_status=Status.PENDING,
        created_at=now,
    )
    tell_other(agreement, by, "agreement_proposed", now=now)
    return agreement


@transaction.atomic
def accept(*, agreement: Agreement, by: User, now: datetime) -> Agreement:
    """The client accepts. An amendment takes the place of the version in force."""
    party = _party(agreement, by)
    if agreement.amends and party == Party.CLIENT:
        move("supersede", agreement.amends, party=party, actor=by, now=now)
    move("accept", agreement, party=party, actor=by, now=now, accepted_at=now, reminders_sent=0)
    tell_other(agreement, by, "agreement_accepted", now=now)
    return agreement


@transaction.atomic
def reject(*, agreement: Agreement, by: User, now: datetime, note: str = "") -> Agreement:
    """The client says no, with or without a reason; the provider may propose anew."""
    move("reject", agreement, party=_party(agreement, by), actor=by, now=now, note=note)
    tell_other(agreement, by, "agreement_rejected", now=now, note=note)
    return agreement


@transaction.atomic
def withdraw(*, agreement: Agreement, by: User, now: datetime) -> Agreement:
    """The provider takes a pending proposal back."""
    move("withdraw", agreement, party=_party(agreement, by), actor=by, now=now)
    tell_other(agreement, by, "agreement_withdrawn", now=now)
    return agreement


@transaction.atomic
def deliver(*, agreement: Agreement, by: User, now: datetime) -> Agreement:
    """The provider has done the work; the client has 14 days to close or to object."""
    party = _party(agreement, by)
    move(
        "deliver",
        agreement,
        party=party,
        actor=by,
        now=now,
        delivered_at=now,
        closes_at=now + DELIVERED_LIFETIME,
        reminders_sent=0,
    )
    _lapse_amendments(agreement, party=party, actor=by, now=now)
    tell_other(agreement, by, "agreement_delivered", now=now)
    return agreement


@transaction.atomic
def close(*, agreement: Agreement, by: User | None, now: datetime) -> Agreement:
    """The client (or, without ``by``, the clock) closes; the palita is counted on the provider's profile."""
    party = _party(agreement, by) if by else Party.CLOCK
    sources = None if by else (Status.DELIVERED,)
    move("close", agreement, party=party, actor=by, now=now, sources=sources, **_ended(now))
    _lapse_amendments(agreement, party=party, actor=by, now=now)
    _count_palita(agreement)
    if by:
        tell_other(agreement, by, "agreement_closed", now=now)
    else:
        tell_both(agreement, "agreement_closed_by_clock", now=now)
    return agreement


@transaction.atomic
def cancel(*, agreement: Agreement, by: User, now: datetime, note: str) -> Agreement:
    """Either side ends an active agreement and says why."""
    party = _party(agreement, by)
    move("cancel", agreement, party=party, actor=by, now=now, note=note, **_ended(now))
    _lapse_amendments(agreement, party=party, actor=by, now=now)
    tell_other(agreement, by, "agreement_cancelled", now=now, note=note)
    return agreement


@transaction.atomic
def dispute(*, agreement: Agreement, by: User, now: datetime, note: str, pictures: Sequence[Picture] = ()) -> Agreement:
    """Either side asks the moderators to decide, with a statement; the clocks stand still."""
    party = _party(agreement, by)
    move("dispute", agreement, party=party, actor=by, now=now)
    _lapse_amendments(agreement, party=party, actor=by, now=now)
    _write_statement(agreement, by, note, pictures, now)
    tell_other(agreement, by, "agreement_disputed", now=now)
    EmailMessage(
        subject=_("Disputa en el acuerdo %(id)s") % {"id": agreement.pk},
        body=f"{agreement.listing_title}\n{settings.SITE_URL}/admin/agreements/agreement/{agreement.pk}/change/\n",
        to=[settings.CONTACT_EMAIL],
    ).send()
    return agreement


@transaction.atomic
def add_statement(
    *, agreement: Agreement, by: User, now: datetime, note: str, pictures: Sequence[Picture] = ()
) -> DisputeStatement:
    """The other side of a dispute says its own, once.

    Raises:
        StatusMoved: when the agreement is not disputed (any more).
        PermissionDenied: when this side has said its own already.
    """
    held = Agreement.objects.filter(pk=agreement.pk, status=Status.DISPUTED).update(status=Status.DISPUTED)
    if not held:
        agreement.refresh_from_db()
        raise StatusMoved(agreement.status)
    if agreement.statements.filter(author=by).exists():
        raise PermissionDenied(_("Ya diste tu declaración."))
    statement = _write_statement(agreement, by, note, pictures, now)
    tell_other(agreement, by, "statement_added", now=now)
    return statement


@transaction.atomic
def resolve(*, agreement: Agreement, by: User, now: datetime, target: Status, finding: str) -> Agreement:
    """A moderator decides a dispute: closed (the palita counts) or cancelled; both sides are told the finding."""
    name = {Status.CLOSED: "resolve_closed", Status.CANCELLED: "resolve_cancelled"}[target]
    move(name, agreement, party=Party.MODERATOR, actor=by, now=now, note=finding, finding=finding, **_ended(now))
    if target == Status.CLOSED:
        _count_palita(agreement)
    tell_both(agreement, "agreement_resolved", now=now, note=finding)
    return agreement


@transaction.atomic
def expire(*, agreement: Agreement, now: datetime) -> Agreement:
    """The clock ends a proposal that nobody answered."""
    move("expire", agreement, party=Party.CLOCK, actor=None, now=now)
    tell_both(agreement, "agreement_expired", now=now)
    return agreement


def _party(agreement: Agreement, by: User) -> Party:
    """Return the side of a person by identity; superusers and moderators have none here."""
    party = agreement.party_of(by)
    if party is None:
        raise PermissionDenied(_("Este acuerdo es de otras personas."))
    return party


def _ended(now: datetime) -> dict[str, Any]:
    return {"ended_at": now, "review_until": now + REVIEW_WINDOW}


def _count_palita(agreement: Agreement) -> None:
    Profile.objects.filter(user=agreement.provider_id).update(palitas_count=F("palitas_count") + 1)


def _lapse_amendments(agreement: Agreement, *, party: Party, actor: User | None, now: datetime) -> None:
    for amendment in Agreement.objects.filter(amends=agreement, status=Status.PENDING):
        move("lapse", amendment, party=party, actor=actor, now=now)


def _write_statement(
    agreement: Agreement, by: User, body: str, pictures: Sequence[Picture], now: datetime
) -> DisputeStatement:
    statement = DisputeStatement.objects.create(agreement=agreement, author=by, body=body, created_at=now)
    claim_pictures(pictures, now=now)
    StatementPhoto.objects.bulk_create(
        StatementPhoto(statement=statement, picture=picture, position=position)
        for position, picture in enumerate(pictures)
    )
    return statement
