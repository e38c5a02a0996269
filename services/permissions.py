"""Who may do what with a listing. The matching set is ``Listing.objects.visible_to``."""

from typing import TYPE_CHECKING, cast

import rules
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.permissions import Visitor, is_in_good_standing, is_member, is_verified
from services.enums import Status

if TYPE_CHECKING:
    from accounts.models import User
    from services.models import Listing


@rules.predicate
def is_owner(user: Visitor, listing: "Listing | None") -> bool:
    return listing is not None and user.is_authenticated and listing.owner_id == user.pk


@rules.predicate
def is_public(_user: Visitor, listing: "Listing | None") -> bool:
    """Published, by somebody who is neither closed nor suspended."""
    return (
        listing is not None
        and listing.status == Status.PUBLISHED
        and listing.owner.is_active
        and not listing.owner.is_suspended
    )


@rules.predicate
def is_deleted(_user: Visitor, listing: "Listing | None") -> bool:
    return listing is not None and listing.status == Status.DELETED


can_view = is_public | (is_owner & ~is_deleted)
# What status allows is asked of the transitions: who may, and whether it is too late, are two answers (403 and 409).
can_change = is_owner & is_member

rules.add_perm("services.view_listing", can_view)
rules.add_perm("services.add_listing", is_member)
rules.add_perm("services.change_listing", can_change)
rules.add_perm("services.publish_listing", can_change)


def require(user: Visitor, predicate: rules.Predicate, listing: "Listing | None" = None) -> "User":
    """Return ``user``, who is logged in, when ``predicate`` holds.

    Asked of the predicate itself and not through ``has_perm``, which every superuser passes.

    Raises:
        PermissionDenied: with the sentence that says what is missing.
    """
    if not predicate.test(user, listing):
        raise PermissionDenied(refusal(user))
    return cast("User", user)


def refusal(user: Visitor) -> str:
    """Return why ``user`` may not write to a listing."""
    if not is_in_good_standing.test(user):
        return _("Tu cuenta está suspendida: por ahora no puedes publicar ni cambiar anuncios.")
    if not is_verified.test(user):
        return _("Confirma tu correo electrónico para publicar anuncios.")
    return _("Solo quien publicó este anuncio puede cambiarlo.")
