"""Who may act at all. Rooms above combine these predicates with their own."""

from typing import TYPE_CHECKING, Union

import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

Visitor = Union["User", "AnonymousUser"]


@rules.predicate
def is_in_good_standing(user: Visitor) -> bool:
    """A logged-in account that is neither closed nor suspended. ``rules`` asks even for closed accounts."""
    return user.is_authenticated and user.is_active and not user.is_suspended


@rules.predicate
def is_verified(user: Visitor) -> bool:
    """Somebody who has confirmed an e-mail address."""
    return user.is_authenticated and user.has_verified_email


is_member = is_in_good_standing & is_verified
