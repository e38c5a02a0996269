"""Erasing an account while the other side acts: one of the two wins, and nothing waits for ever."""

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.personal_data.erasure import StillBound, erase_account, finish_erasures
from accounts.tests.factories import UserFactory
from agreements.actions.agreements import accept, propose
from agreements.actions.contacts import open_contact, write_message
from agreements.enums import Status
from agreements.models import Agreement, Contact
from agreements.tests.factories import AgreementFactory, ContactFactory
from agreements.tests.test_contact_races import at_once
from agreements.transitions import StatusMoved
from services.tests.factories import PromotionFactory

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8


def erasing(user: User):
    return lambda: erase_account(user=user, now=timezone.now())


def loaded(contact: Contact) -> Contact:
    return Contact.objects.select_related("opener", "owner", "listing__service").get(pk=contact.pk)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_proposal_is_accepted_or_its_provider_leaves(_round):
    agreement = AgreementFactory()
    provider, client = agreement.provider, agreement.client
    mine = Agreement.objects.with_people().get(pk=agreement.pk)
    results = at_once(erasing(provider), lambda: accept(agreement=mine, by=client, now=timezone.now()))
    errors = [type(result) for result in results if isinstance(result, Exception)]
    agreement.refresh_from_db()
    provider.refresh_from_db()
    if provider.erased_at:
        assert (agreement.status, errors) == (Status.WITHDRAWN, [StatusMoved])
    else:
        assert agreement.status == Status.ACTIVE
        assert len(errors) == 1
        assert errors[0] in (StatusMoved, StillBound)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_proposal_that_comes_while_its_provider_leaves_binds_nobody(_round):
    """Erasing has passed the agreements by when the proposal comes; the client answers at once."""
    contact = ContactFactory()
    provider, client = contact.provider, contact.client

    def offer_and_accept():
        offer = {"price": 10, "terms": ["Algo."], "scheduled_for": None, "now": timezone.now()}
        agreement = propose(contact=loaded(contact), by=provider, **offer)
        return accept(agreement=agreement, by=client, now=timezone.now())

    results = at_once(erasing(provider), offer_and_accept)
    provider.refresh_from_db()
    assert {type(result) for result in results} <= {type(None), Agreement, StatusMoved, StillBound}
    is_live = Agreement.objects.live().exists()
    assert is_live != bool(provider.erased_at)
    assert is_live == any(isinstance(result, Agreement) for result in results)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_what_the_other_side_writes_meanwhile_hinders_nobody(_round):
    """Whatever of it comes late is taken up by the worker; no two wait for each other."""
    contact, other = ContactFactory(), PromotionFactory()
    leaving, staying = contact.owner, contact.opener
    other.owner = leaving
    other.save()
    fresh = UserFactory()

    def write():
        write_message(contact=loaded(contact), author=staying, body="¿Sigues ahí?", now=timezone.now())

    def offer():
        mine = loaded(contact)
        propose(contact=mine, by=leaving, price=10, terms=["Algo."], scheduled_for=None, now=timezone.now())

    def open_another():
        open_contact(listing=other, opener=fresh, body="Hola", now=timezone.now())

    at_once(erasing(leaving), write, offer, open_another, erasing(leaving))
    leaving.refresh_from_db()
    assert leaving.erased_at
    finish_erasures(timezone.now())
    assert set(Agreement.objects.values_list("status", "provider_name")) <= {(Status.WITHDRAWN, "Miembro anterior")}


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_both_sides_leave_at_once(_round):
    agreement = AgreementFactory()
    results = at_once(erasing(agreement.provider), erasing(agreement.client))
    errors = {type(result) for result in results if isinstance(result, Exception)}
    assert errors <= {StatusMoved}
    assert User.objects.exclude(erased_at=None).count() == 2 - len(errors)
    assert not Agreement.objects.filter(status=Status.PENDING).exists()
