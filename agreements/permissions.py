"""Who may do what between two people. Identity decides: neither superuser nor moderator is a party on the site."""

from typing import TYPE_CHECKING

import rules

from accounts.permissions import Visitor, is_in_good_standing, is_member

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
def is_party(user: Visitor, agreement: "Agreement") -> bool:
    """Provider or client of an agreement."""
    return user.is_authenticated and user.pk in (agreement.provider_id, agreement.client_id)


@rules.predicate
def is_review_subject(user: Visitor, review: "Review") -> bool:
    """The person whom a review is about."""
    return user.is_authenticated and user.pk == review.subject_id


rules.add_perm("agreements.view_contact", is_side)
rules.add_perm("agreements.write_in_contact", is_side & is_member)
rules.add_perm("agreements.propose_in_contact", is_provider_side & is_member)
rules.add_perm("agreements.view_agreement", is_party)
rules.add_perm("agreements.act_on_agreement", is_party & is_in_good_standing)
rules.add_perm("agreements.reply_to_review", is_review_subject & is_member)
