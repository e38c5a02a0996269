"""Who may do what a moderator does.

The group *Moderadores* gives two rights, ``moderation.moderate_listing`` and ``moderation.moderate_person``. Whether a
right holds for one listing or one person is asked with ``rules.has_perm`` and the names registered below: superusers
would pass ``User.has_perm`` without being asked, even for suspending themselves.
"""

from typing import TYPE_CHECKING

import rules
from django.db.models import Q

from accounts.permissions import Visitor, is_in_good_standing

if TYPE_CHECKING:
    from accounts.models import User


@rules.predicate
def has_listing_right(user: Visitor) -> bool:
    return user.has_perm("moderation.moderate_listing")


@rules.predicate
def has_person_right(user: Visitor) -> bool:
    return user.has_perm("moderation.moderate_person")


@rules.predicate
def is_above(user: Visitor, person: "User | None") -> bool:
    """Superusers are above everybody else, moderators above those who are not staff; nobody is above oneself."""
    if person is None:
        return True
    return person.pk != user.pk and (user.is_superuser or not (person.is_staff or person.is_superuser))


def people_below(user: "User") -> Q:
    """Return the set that ``is_above`` describes, for the condition of an UPDATE."""
    others = ~Q(pk=user.pk)
    return others if user.is_superuser else others & Q(is_staff=False, is_superuser=False)


moderates_listings = is_in_good_standing & rules.is_staff & has_listing_right
moderates_people = is_in_good_standing & rules.is_staff & has_person_right

rules.add_perm("moderation.remove_listing", moderates_listings)
rules.add_perm("moderation.restore_listing", moderates_listings)
rules.add_perm("moderation.suspend_person", moderates_people & is_above)
rules.add_perm("moderation.reinstate_person", moderates_people & is_above)
