import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.tests.factories import UserFactory
from services.models import Listing
from services.permissions import can_change, can_view, is_member, require
from services.tests.factories import PromotionFactory

STATUSES = ("draft", "published", "paused", "archived", "removed", "deleted")
SEEN_BY_OWNER = {"draft", "published", "paused", "archived", "removed"}


def listing_in(status: str, owner):
    return PromotionFactory(owner=owner, **({} if status == "published" else {status: True}))


@pytest.fixture
def people(owner, member, unverified, suspended, superuser):
    closed = UserFactory(is_active=False)
    return [AnonymousUser(), owner, member, unverified, suspended, superuser, closed]


@pytest.mark.parametrize("status", STATUSES)
def test_view_is_the_same_for_one_and_for_many(people, status):
    for publisher in people[1:]:
        listing = listing_in(status, publisher)
        for person in people:
            in_set = Listing.objects.visible_to(person).filter(pk=listing.pk).exists()
            assert can_view.test(person, listing) == in_set, (str(publisher), str(person))


@pytest.mark.parametrize("status", STATUSES)
def test_view_of_a_listing_by_role(owner, member, superuser, status):
    listing = listing_in(status, owner)
    assert can_view.test(owner, listing) == (status in SEEN_BY_OWNER)
    for person in (AnonymousUser(), member, superuser):
        assert can_view.test(person, listing) == (status == "published")


def test_has_perm_asks_the_same_predicates(owner, member):
    listing = listing_in("draft", owner)
    for permission in ("services.view_listing", "services.change_listing", "services.publish_listing"):
        assert owner.has_perm(permission, listing)
        assert not member.has_perm(permission, listing)
        assert not member.has_perm(permission)
    assert member.has_perm("services.add_listing")


def test_change_is_for_the_owner_in_good_standing(owner, member, unverified, suspended, superuser):
    assert can_change.test(owner, listing_in("published", owner))
    for stranger in (AnonymousUser(), member, superuser):
        assert not can_change.test(stranger, listing_in("published", owner))
    for person in (unverified, suspended):
        assert not can_change.test(person, listing_in("draft", person))


def test_require_says_what_is_missing(owner, member, unverified, suspended):
    listing = listing_in("published", owner)
    with pytest.raises(PermissionDenied, match="Solo quien publicó este anuncio puede cambiarlo"):
        require(member, can_change, listing)
    with pytest.raises(PermissionDenied, match="Confirma tu correo electrónico"):
        require(unverified, is_member)
    with pytest.raises(PermissionDenied, match="Tu cuenta está suspendida"):
        require(suspended, is_member)
    assert require(owner, can_change, listing) == owner
