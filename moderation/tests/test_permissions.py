import pytest
import rules
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.tests.factories import UserFactory
from moderation.permissions import is_above, people_below

LISTING_PERMISSIONS = ("moderation.remove_listing", "moderation.restore_listing")
PERSON_PERMISSIONS = ("moderation.suspend_person", "moderation.reinstate_person")


@pytest.fixture
def cast(member, suspended, moderator, superuser) -> dict[str, User]:
    """Everybody, with two more of those whom a rule could forget."""
    suspended_moderator = UserFactory(is_staff=True, suspended=True)
    suspended_moderator.groups.set(moderator.groups.all())
    unstaffed_moderator = UserFactory()
    unstaffed_moderator.groups.set(moderator.groups.all())
    return {
        "anonymous": AnonymousUser(),
        "member": member,
        "suspended": suspended,
        "staff without group": UserFactory(is_staff=True),
        "group without staff": unstaffed_moderator,
        "suspended moderator": suspended_moderator,
        "closed moderator": UserFactory(is_staff=True, is_active=False),
        "moderator": moderator,
        "closed superuser": UserFactory(superuser=True, is_active=False),
        "superuser": superuser,
    }


@pytest.mark.parametrize("permission", [*LISTING_PERMISSIONS, *PERSON_PERMISSIONS])
def test_only_moderators_and_superusers_moderate(cast, permission):
    allowed = {name for name, user in cast.items() if rules.has_perm(permission, user, None)}
    assert allowed == {"moderator", "superuser"}


@pytest.mark.parametrize("permission", PERSON_PERMISSIONS)
def test_moderators_stop_at_staff_and_superusers_at_themselves(cast, permission):
    people = {name: person for name, person in cast.items() if name != "anonymous"}
    by_moderator = {name for name in people if rules.has_perm(permission, cast["moderator"], people[name])}
    by_superuser = {name for name in people if rules.has_perm(permission, cast["superuser"], people[name])}
    assert by_moderator == {"member", "suspended", "group without staff"}
    assert by_superuser == set(people) - {"superuser"}


@pytest.mark.parametrize("who", ["member", "moderator", "superuser"])
def test_set_and_predicate_of_people_below_agree(cast, who):
    by = cast[who]
    below = set(User.objects.filter(people_below(by)))
    assert below == {person for person in User.objects.all() if is_above.test(by, person)}
