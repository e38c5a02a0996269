"""What each step writes, and whom it tells."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from accounts.models import User
from agreements.actions import agreements as actions
from agreements.actions.agreements import AlreadyProposed
from agreements.enums import Status
from agreements.models import Agreement, AgreementEvent, Contact
from agreements.tests.factories import AgreementFactory, ContactFactory
from agreements.transitions import StatusMoved, WrongParty
from notices.models import Notice, OutboxMail
from services.tests.factories import ServiceRequestFactory

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TERMS = ["Pintar la sala.", "Dos manos."]

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(owner, member):
    """The member wrote about the owner's promotion: the owner provides."""
    return ContactFactory(
        listing__owner=owner, listing__title="Pintura", opener=member, created_at=NOW, owner_unread=False
    )


def propose(contact, **changes):
    values = {"by": contact.provider, "price": 1500, "terms": TERMS, "scheduled_for": None, "now": NOW}
    return actions.propose(contact=contact, **(values | changes))


def told() -> list[tuple[str, str, str]]:
    """Return whom the latest step told what, by notice; each has exactly one mail."""
    notices = Notice.objects.order_by("pk").select_related("recipient")
    assert sorted(OutboxMail.objects.values_list("recipient", flat=True)) == sorted(
        one.recipient.email for one in notices
    )
    found = [(one.recipient.email, one.kind, one.path) for one in notices]
    Notice.objects.all().delete()
    OutboxMail.objects.all().delete()
    return found


def dots(contact) -> tuple[bool, bool]:
    contact.refresh_from_db()
    return contact.owner_unread, contact.opener_unread


def test_propose_writes_copies_times_and_an_event(contact, owner, member):
    agreement = propose(contact, scheduled_for=date(2026, 12, 4))
    agreement.refresh_from_db()
    assert (agreement.version, agreement.amends, agreement.status) == (1, None, Status.PENDING)
    assert (agreement.provider, agreement.client) == (owner, member)
    assert (agreement.price, agreement.terms, agreement.scheduled_for) == (1500, TERMS, date(2026, 12, 4))
    assert (agreement.listing_title, agreement.service_name) == ("Pintura", "Plomería")
    assert (agreement.provider_name, agreement.client_name) == ("Pilar Santiago", "Carlos Ortiz")
    assert (agreement.created_at, agreement.expires_at) == (NOW, NOW + timedelta(hours=72))
    event = agreement.events.get()
    assert (event.transition, event.party, event.actor, event.from_status, event.to_status, event.created_at) == (
        "propose",
        "provider",
        owner,
        "",
        "pending",
        NOW,
    )


def test_copies_stay_when_listing_and_names_change(contact, owner):
    agreement = propose(contact)
    contact.listing.title = "Otra cosa"
    contact.listing.save(update_fields=["title"])
    owner.first_name = "Petra"
    owner.save(update_fields=["first_name"])
    agreement.refresh_from_db()
    assert (agreement.listing_title, agreement.provider_name) == ("Pintura", "Pilar Santiago")


def test_in_a_request_the_one_who_wrote_provides(owner, member):
    contact = ContactFactory(listing=ServiceRequestFactory(owner=owner), opener=member)
    agreement = propose(contact)
    assert (agreement.provider, agreement.client) == (member, owner)
    with pytest.raises(PermissionDenied, match="Solo quien ofrece el servicio puede proponer el acuerdo"):
        propose(contact, by=owner)


def test_propose_tells_the_client_with_the_price_as_people_write_it(contact, member):
    agreement = propose(contact)
    assert Notice.objects.get().sentence == "Pilar Santiago te propuso un acuerdo por $1,500: “Pintura”."
    assert told() == [("carlos@example.com", "agreement_proposed", f"/acuerdos/{agreement.pk}/")]
    assert dots(contact) == (False, True)


def test_propose_while_one_waits_is_refused(contact):
    first = propose(contact)
    with pytest.raises(AlreadyProposed, match="Ya hay una propuesta esperando respuesta") as refused:
        propose(contact)
    assert refused.value.back_url == f"/acuerdos/{first.pk}/"
    assert (Agreement.objects.count(), AgreementEvent.objects.count()) == (1, 1)


def test_propose_twice_at_once_is_stopped_by_the_database(contact, monkeypatch):
    """As if both had looked before either wrote."""
    first = propose(contact)
    told()
    monkeypatch.setattr(actions, "require_proposable", lambda _contact, _by: None)
    with pytest.raises(AlreadyProposed) as refused:
        propose(contact)
    assert refused.value.back_url == f"/acuerdos/{first.pk}/"
    assert AgreementEvent.objects.count() == 1
    assert told() == []


@pytest.mark.parametrize("status", ["delivered", "disputed"])
def test_propose_after_delivery_is_refused(contact, status):
    in_force = AgreementFactory(contact=contact, **{status: True})
    with pytest.raises(StatusMoved) as refused:
        propose(contact)
    assert (refused.value.status, refused.value.back_url) == (status, f"/acuerdos/{in_force.pk}/")


def test_propose_loses_against_a_delivery_at_the_same_time(contact, monkeypatch):
    in_force = AgreementFactory(contact=contact, active=True)
    actions.deliver(agreement=Agreement.objects.get(pk=in_force.pk), by=contact.provider, now=NOW)
    monkeypatch.setattr(actions, "require_proposable", lambda _contact, _by: in_force)
    with pytest.raises(StatusMoved, match="ya fue marcado como entregado"):
        propose(contact)
    assert Agreement.objects.count() == 1


def test_propose_to_somebody_who_left_is_refused(contact, member):
    member.is_active = False
    member.save(update_fields=["is_active"])
    with pytest.raises(PermissionDenied, match="Esta persona ya no está en PalitasPR"):
        propose(contact)


@pytest.mark.parametrize("status", ["rejected", "withdrawn", "expired", "cancelled", "closed"])
def test_propose_anew_is_the_next_version_and_amends_nothing(contact, status):
    AgreementFactory(contact=contact, **{status: True})
    agreement = propose(contact)
    assert (agreement.version, agreement.amends) == (2, None)


# Step, its arguments, from which status, by whom, who is told what, which dots are lit (owner, opener).
TELLS = [
    ("accept", {}, "pending", "client", [("provider", "agreement_accepted")], (True, False)),
    ("reject", {"note": "Caro."}, "pending", "client", [("provider", "agreement_rejected")], (True, False)),
    ("withdraw", {}, "pending", "provider", [("client", "agreement_withdrawn")], (False, True)),
    ("deliver", {}, "active", "provider", [("client", "agreement_delivered")], (False, True)),
    ("close", {}, "delivered", "client", [("provider", "agreement_closed")], (True, False)),
    ("cancel", {"note": "Llueve."}, "active", "client", [("provider", "agreement_cancelled")], (True, False)),
    ("cancel", {"note": "Llueve."}, "active", "provider", [("client", "agreement_cancelled")], (False, True)),
    ("expire", {}, "pending", "", [("provider", "agreement_expired"), ("client", "agreement_expired")], (True, True)),
    (
        "close_unanswered",
        {},
        "delivered",
        "",
        [("provider", "agreement_closed_by_clock"), ("client", "agreement_closed_by_clock")],
        (True, True),
    ),
]


@pytest.mark.parametrize(("name", "words", "status", "by", "expected", "lit"), TELLS)
def test_step_tells_the_other_side_once(contact, name, words, status, by, expected, lit):
    Contact.objects.update(opener_hidden=True, owner_hidden=True)
    contact.refresh_from_db()
    agreement = AgreementFactory(contact=contact, **({} if status == "pending" else {status: True}))
    people = {"provider": agreement.provider, "client": agreement.client}
    actor = {"by": people[by]} if by else {}
    getattr(actions, name)(agreement=agreement, now=NOW + timedelta(days=1), **actor, **words)
    assert dots(contact) == lit
    assert not contact.opener_hidden
    assert not contact.owner_hidden
    assert contact.last_activity_at == NOW + timedelta(days=1)
    for note in words.values():
        assert note in OutboxMail.objects.get().text
    page = f"/acuerdos/{agreement.pk}/"
    assert told() == [(people[party].email, kind, page) for party, kind in expected]


def test_accept_and_deliver_write_their_times(contact):
    agreement = AgreementFactory(contact=contact, reminders_sent=2)
    actions.accept(agreement=agreement, by=contact.client, now=NOW)
    assert (agreement.accepted_at, agreement.reminders_sent, agreement.deadline) == (NOW, 0, None)
    actions.deliver(agreement=agreement, by=contact.provider, now=NOW)
    assert (agreement.delivered_at, agreement.closes_at) == (NOW, NOW + timedelta(days=14))
    assert agreement.deadline == agreement.closes_at
    assert agreement.review_until is None


@pytest.mark.parametrize("status", ["active", "delivered"])
def test_close_opens_the_reviews_and_counts_one_palita(contact, owner, status):
    agreement = AgreementFactory(contact=contact, **{status: True})
    actions.close(agreement=agreement, by=contact.client, now=NOW)
    assert (agreement.ended_at, agreement.review_until) == (NOW, NOW + timedelta(days=14))
    with pytest.raises(StatusMoved):
        actions.close(agreement=agreement, by=contact.client, now=NOW)
    owner.profile.refresh_from_db()
    assert owner.profile.palitas_count == 1
    contact.client.profile.refresh_from_db()
    assert contact.client.profile.palitas_count == 0


def test_cancel_opens_the_reviews_and_counts_no_palita(contact, owner):
    agreement = AgreementFactory(contact=contact, active=True)
    actions.cancel(agreement=agreement, by=contact.client, now=NOW, note="Llueve.")
    assert (agreement.ended_at, agreement.review_until) == (NOW, NOW + timedelta(days=14))
    owner.profile.refresh_from_db()
    assert owner.profile.palitas_count == 0


@pytest.fixture
def amended(contact):
    """A version in force and an amendment of it that waits."""
    in_force = AgreementFactory(contact=contact, active=True)
    return in_force, propose(contact, price=1800)


def test_accepted_amendment_takes_the_place_of_the_version_before(contact, amended):
    in_force, amendment = amended
    assert (amendment.version, amendment.amends) == (2, in_force)
    told()
    actions.accept(agreement=amendment, by=contact.client, now=NOW)
    in_force.refresh_from_db()
    assert (in_force.status, amendment.status) == (Status.SUPERSEDED, Status.ACTIVE)
    assert in_force.events.filter(transition="supersede", from_status="active", party="client").count() == 1
    assert told() == [("pilar@example.com", "agreement_accepted", f"/acuerdos/{amendment.pk}/")]


@pytest.mark.parametrize(("name", "by"), [("reject", "client"), ("withdraw", "provider"), ("expire", None)])
def test_amendment_that_comes_to_nothing_leaves_the_version_in_force(contact, amended, name, by):
    in_force, amendment = amended
    actor = {"by": getattr(contact, by)} if by else {}
    getattr(actions, name)(agreement=amendment, now=NOW, **actor)
    in_force.refresh_from_db()
    assert in_force.status == Status.ACTIVE
    assert propose(contact).amends == in_force


@pytest.mark.parametrize(
    ("name", "by", "words"),
    [("deliver", "provider", {}), ("close", "client", {}), ("cancel", "client", {"note": "Llueve."})],
)
def test_amendment_lapses_when_its_version_leaves_the_active_state(contact, amended, name, by, words):
    in_force, amendment = amended
    getattr(actions, name)(agreement=in_force, by=getattr(contact, by), now=NOW, **words)
    amendment.refresh_from_db()
    assert amendment.status == Status.WITHDRAWN
    event = amendment.events.get(transition="lapse")
    assert (event.party, event.actor) == (by, getattr(contact, by))
    with pytest.raises(StatusMoved, match="ya fue retirado"):
        actions.accept(agreement=amendment, by=contact.client, now=NOW)
    in_force.refresh_from_db()
    assert in_force.status != Status.SUPERSEDED


def test_amendment_accepted_twice_says_so_the_second_time(contact, amended):
    _in_force, amendment = amended
    stale = Agreement.objects.get(pk=amendment.pk)
    actions.accept(agreement=amendment, by=contact.client, now=NOW)
    with pytest.raises(StatusMoved, match="Este acuerdo ya fue aceptado"):
        actions.accept(agreement=stale, by=contact.client, now=NOW)


def test_amendment_is_not_accepted_by_its_own_author(contact, amended):
    in_force, amendment = amended
    with pytest.raises(WrongParty):
        actions.accept(agreement=amendment, by=contact.provider, now=NOW)
    in_force.refresh_from_db()
    assert in_force.status == Status.ACTIVE


@pytest.mark.parametrize(
    ("name", "words"),
    [("accept", {}), ("reject", {}), ("withdraw", {}), ("deliver", {}), ("close", {}), ("cancel", {"note": "x"})],
)
def test_step_by_a_stranger_is_refused(contact, name, words, superuser, moderator):
    agreement = AgreementFactory(contact=contact)
    for stranger in (superuser, moderator):
        with pytest.raises(PermissionDenied, match="Este acuerdo es de otras personas"):
            getattr(actions, name)(agreement=agreement, by=stranger, now=NOW, **words)
    assert agreement.events.count() == 1


def test_step_that_fails_in_the_end_leaves_nothing(contact, monkeypatch):
    agreement = AgreementFactory(contact=contact, delivered=True)

    def fail(*_arguments, **_options):
        raise RuntimeError

    monkeypatch.setattr(actions, "notify", fail)
    with pytest.raises(RuntimeError):
        actions.close(agreement=agreement, by=contact.client, now=NOW)
    agreement.refresh_from_db()
    assert (agreement.status, agreement.events.count()) == (Status.DELIVERED, 1)
    contact.owner.profile.refresh_from_db()
    assert contact.owner.profile.palitas_count == 0
    assert dots(contact) == (False, False)


def test_a_constraint_that_says_no_is_told_as_a_status_that_moved(contact, monkeypatch):
    pending = AgreementFactory(contact=contact)
    AgreementFactory(contact=contact, active=True)
    with pytest.raises(StatusMoved) as refused:
        actions.accept(agreement=pending, by=contact.client, now=NOW)
    assert isinstance(refused.value.__cause__, IntegrityError)
    assert pending.events.count() == 1


@pytest.mark.parametrize("side", ["provider", "client"])
def test_accept_is_refused_once_an_account_is_closed(contact, side):
    """The page was drawn before; the UPDATE asks again."""
    agreement = propose(contact)
    told()
    User.objects.filter(pk=getattr(agreement, side).pk).update(is_active=False)
    with pytest.raises(StatusMoved, match="ya no está en PalitasPR"):
        actions.accept(agreement=agreement, by=agreement.client, now=NOW)
    agreement.refresh_from_db()
    assert (agreement.status, agreement.accepted_at, agreement.events.count()) == (Status.PENDING, None, 1)
    assert told() == []


def test_amendment_of_who_has_left_takes_the_place_of_nothing(contact):
    in_force = AgreementFactory(contact=contact, active=True)
    amendment = AgreementFactory(contact=contact, amends=in_force)
    User.objects.filter(pk=contact.provider.pk).update(is_active=False)
    with pytest.raises(StatusMoved):
        actions.accept(agreement=amendment, by=contact.client, now=NOW)
    assert list(Agreement.objects.order_by("pk").values_list("status", flat=True)) == ["active", "pending"]


def test_proposal_of_a_suspended_provider_can_be_accepted(contact):
    agreement = propose(contact)
    User.objects.filter(pk=contact.provider.pk).suspend(now=NOW, reason="Estafa.")
    assert actions.accept(agreement=agreement, by=contact.client, now=NOW).status == Status.ACTIVE
