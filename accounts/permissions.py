"""Who may act at all. Rooms above combine these predicates with their own."""

from typing import TYPE_CHECKING, Union

import rules
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

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


@rules.predicate
def is_self(user: Visitor, person: "User | None") -> bool:
    return person is not None and user == person


@rules.predicate
def has_public_profile(_user: Visitor, person: "User | None") -> bool:
    """A person whose profile everybody may see; ``User.objects.visible_to`` says the same of sets."""
    return person is not None and person.is_active and not person.is_suspended


is_member = is_in_good_standing & is_verified

can_view_profile = has_public_profile | is_self

rules.add_perm("accounts.view_profile", can_view_profile)


def require_member(user: Visitor) -> None:
    """Do nothing for somebody who may act.

    Asked of the predicate itself and not through ``has_perm``, which every superuser passes.

    Raises:
        PermissionDenied: with the sentence that says what is missing.
    """
    if not is_in_good_standing.test(user):
        raise PermissionDenied(_("Tu cuenta está suspendida: puedes leer, pero no publicar ni cambiar nada."))
    if not is_verified.test(user):
        raise PermissionDenied(_("Confirma primero tu correo electrónico."))
