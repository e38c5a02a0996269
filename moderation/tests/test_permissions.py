import pytest
import rules
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.tests.factories import UserFactory
from agreements.tests.factories import ReviewFactory
from moderation.enums import ReportKind
from moderation.permissions import is_above, people_below
from moderation.tests.factories import ReportFactory
from services.tests.factories import PromotionFactory

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


@pytest.mark.parametrize("permission", LISTING_PERMISSIONS)
@pytest.mark.parametrize("who", ["moderator", "superuser"])
def test_nobody_moderates_a_listing_of_their_own(cast, permission, who):
    assert not rules.has_perm(permission, cast[who], PromotionFactory(owner=cast[who]))
    assert rules.has_perm(permission, cast[who], PromotionFactory(owner=cast["member"]))


@pytest.mark.parametrize("who", ["moderator", "superuser"])
def test_nobody_removes_a_review_of_theirs_or_of_themselves(cast, who):
    about, by, strange = ReviewFactory(subject=cast[who]), ReviewFactory(author=cast[who]), ReviewFactory()
    assert {about.subject, by.author} == {cast[who]}
    allowed = [rules.has_perm("moderation.remove_review", cast[who], review) for review in (about, by, strange)]
    assert allowed == [False, False, True]


def test_nobody_decides_about_a_review_of_themselves(cast):
    report = ReportFactory(kind=ReportKind.REVIEW, review=ReviewFactory(subject=cast["moderator"]))
    assert report.reporter != cast["moderator"]
    for permission in ("moderation.dismiss_report", "moderation.remove_reported", "moderation.suspend_reported"):
        assert not rules.has_perm(permission, cast["moderator"], report)
        assert rules.has_perm(permission, cast["superuser"], report)


@pytest.mark.parametrize("who", ["member", "moderator", "superuser"])
def test_set_and_predicate_of_people_below_agree(cast, who):
    by = cast[who]
    below = set(User.objects.filter(people_below(by)))
    assert below == {person for person in User.objects.all() if is_above.test(by, person)}
