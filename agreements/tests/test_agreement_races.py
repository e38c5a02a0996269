"""Two steps at the same moment: one wins, the other is told where the agreement stands, and nobody waits for ever."""

from functools import partial

import pytest
from django.utils import timezone

from agreements.actions import agreements as actions
from agreements.actions import clock, disputes
from agreements.actions.agreements import AlreadyProposed
from agreements.enums import LIVE, Status
from agreements.models import Agreement
from agreements.tests.factories import AgreementFactory, ContactFactory
from agreements.tests.test_contact_races import at_once
from agreements.transitions import StatusMoved

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


def step(name: str, agreement: Agreement, side: str):
    """Return a step as its own request takes it: on a row read before the other one wrote."""
    module = disputes if name in {"dispute", "add_statement"} else actions
    fresh = Agreement.objects.select_related("contact", "provider", "client", "amends").get(pk=agreement.pk)
    words = {"note": "Porque sí."} if name in {"cancel", "dispute", "add_statement"} else {}
    return partial(getattr(module, name), agreement=fresh, by=getattr(fresh, side), now=timezone.now(), **words)


def proposal(contact, price: int):
    fresh = type(contact).objects.select_related("listing__service", "opener", "owner").get(pk=contact.pk)
    return partial(
        actions.propose,
        contact=fresh,
        by=fresh.provider,
        price=price,
        terms=["Pintar."],
        scheduled_for=None,
        now=timezone.now(),
    )


RIVALS = [
    ("pending", ("accept", "client"), ("withdraw", "provider")),
    ("pending", ("accept", "client"), ("accept", "client")),
    ("pending", ("reject", "client"), ("accept", "client")),
    ("active", ("cancel", "client"), ("cancel", "provider")),
    ("active", ("deliver", "provider"), ("cancel", "client")),
    ("active", ("dispute", "client"), ("dispute", "provider")),
    ("delivered", ("close", "client"), ("dispute", "provider")),
    ("delivered", ("close", "client"), ("close", "client")),
]


@pytest.mark.parametrize(("status", "one", "other"), RIVALS)
def test_one_of_two_wins(status, one, other):
    for _ in range(ROUNDS):
        agreement = AgreementFactory(**({} if status == "pending" else {status: True}))
        results = at_once(*[step(name, agreement, side) for name, side in (one, other) * 2])
        assert sorted(type(result).__name__ for result in results) == ["Agreement"] + ["StatusMoved"] * 3
        assert agreement.events.count() == 2
        agreement.provider.profile.refresh_from_db()
        agreement.refresh_from_db()
        assert agreement.provider.profile.palitas_count == (agreement.status == Status.CLOSED)


def test_four_proposals_at_once_are_one(owner, member):
    contact = ContactFactory(listing__owner=owner, opener=member)
    results = at_once(*[proposal(contact, price) for price in range(4)])
    assert sorted(type(result).__name__ for result in results) == ["Agreement"] + ["AlreadyProposed"] * 3
    assert Agreement.objects.get().events.count() == 1


@pytest.mark.parametrize("name", ["deliver", "cancel", "dispute"])
def test_amendment_accepted_while_its_version_moves_on(name):
    for _ in range(ROUNDS):
        in_force = AgreementFactory(active=True)
        amendment = AgreementFactory(contact=in_force.contact, amends=in_force)
        results = at_once(step("accept", amendment, "client"), step(name, in_force, "provider"))
        assert sorted(type(result).__name__ for result in results) == ["Agreement", "StatusMoved"]
        statuses = set(Agreement.objects.filter(contact=in_force.contact).values_list("status", flat=True))
        assert statuses in ({"superseded", "active"}, {"withdrawn", Agreement.objects.get(pk=in_force.pk).status})


@pytest.mark.parametrize("name", ["deliver", "cancel", "dispute"])
def test_amendment_proposed_while_its_version_moves_on_never_waits_for_nothing(name):
    for _ in range(ROUNDS):
        in_force = AgreementFactory(active=True)
        results = at_once(proposal(in_force.contact, 9), step(name, in_force, "provider"))
        assert all(isinstance(result, Agreement | StatusMoved | AlreadyProposed) for result in results)
        assert not Agreement.objects.filter(amends=in_force, status=Status.PENDING).exists()
        live = Agreement.objects.filter(contact=in_force.contact, status__in=LIVE)
        assert live.count() == (name != "cancel")


def test_two_workers_and_the_client_close_once():
    for _ in range(ROUNDS):
        agreement = AgreementFactory(delivered=True)
        later = agreement.closes_at
        results = at_once(
            partial(clock.close_delivered, later),
            partial(clock.close_delivered, later),
            step("close", agreement, "client"),
        )
        assert sum(isinstance(result, Agreement) or result == 1 for result in results) == 1
        assert agreement.events.count() == 2
        agreement.provider.profile.refresh_from_db()
        assert agreement.provider.profile.palitas_count == 1


def test_statement_sent_twice_at_once_is_one(owner, member):
    agreement = AgreementFactory(contact__opener=member, active=True)
    disputes.dispute(agreement=agreement, by=member, now=timezone.now(), note="Gotea.")
    results = at_once(*[step("add_statement", agreement, "provider") for _ in range(3)])
    assert sorted(type(result).__name__ for result in results) == ["DisputeStatement"] + ["PermissionDenied"] * 2
    assert agreement.statements.count() == 2
