"""Who may do what between two people. Identity decides: neither superuser nor moderator is a party on the site."""

from typing import TYPE_CHECKING

import rules

from accounts.permissions import Visitor, is_in_good_standing, is_member
from agreements.enums import Status

if TYPE_CHECKING:
    from agreements.models import Agreement, Contact, Review


@rules.predicate
def is_side(user: Visitor, contact: "Contact") -> bool:
    """One of the two people of a contact."""
    return user.is_authenticated and user.pk in (contact.opener_id, contact.owner_id)


@rules.predicate
def is_provider_side(user: Visitor, contact: "Contact") -> bool:
    """The one who offers the service in a contact."""
    return user.is_authenticated and user.pk == contact.provider_id


@rules.predicate
def is_party(user: Visitor, agreement: "Agreement | None") -> bool:
    """Provider or client of an agreement."""
    return agreement is not None and user.is_authenticated and user.pk in (agreement.provider_id, agreement.client_id)


@rules.predicate
def has_dispute_right(user: Visitor) -> bool:
    """Somebody whom the group *Moderadores*, or being a superuser, lets into disputes."""
    return user.has_perm("agreements.moderate_agreement")


@rules.predicate
def is_disputed(_user: Visitor, agreement: "Agreement | None") -> bool:
    return agreement is not None and agreement.status == Status.DISPUTED


@rules.predicate
def is_review_subject(user: Visitor, review: "Review") -> bool:
    """The person whom a review is about."""
    return user.is_authenticated and user.pk == review.subject_id


# Moderators see which disputes there are; they read one, and decide it, while it is open and between other people.
moderates_disputes = is_in_good_standing & rules.is_staff & has_dispute_right
can_resolve = moderates_disputes & is_disputed & ~is_party

rules.add_perm("agreements.view_contact", is_side)
rules.add_perm("agreements.write_in_contact", is_side & is_member)
rules.add_perm("agreements.propose_in_contact", is_provider_side & is_member)
rules.add_perm("agreements.view_agreement", is_party)
rules.add_perm("agreements.act_on_agreement", is_party & is_member)
rules.add_perm("agreements.list_disputes", moderates_disputes)
rules.add_perm("agreements.resolve_dispute", can_resolve)
rules.add_perm("agreements.reply_to_review", is_review_subject & is_member)
