"""What the page of a listing shows of contacts."""

from typing import Any

from django import template
from django.core.exceptions import PermissionDenied
from django.template import RequestContext

from accounts.models import User
from accounts.permissions import require_member
from agreements import drafts
from agreements.actions.contacts import refuse_blocked
from agreements.forms.contacts import OpenContactForm
from agreements.models import Contact
from services.models import Listing
from services.permissions import is_owner

register = template.Library()


@register.inclusion_tag("agreements/_contact_box.html", takes_context=True)
def contact_box(context: RequestContext, listing: Listing) -> dict[str, Any]:
    """Show the way to write to a listing's owner: the form, the conversation there is, or why neither."""
    request = context["request"]
    user = request.user
    is_member = user.is_authenticated
    return {
        "listing": listing,
        "is_open": listing.is_published and not is_owner.test(user, listing),
        "is_visitor": not is_member,
        "contact": Contact.objects.filter(listing=listing, opener=user).first() if is_member else None,
        "refusal": _refusal(user, listing) if is_member else "",
        "form": OpenContactForm(initial={"body": drafts.find(request.session, listing.pk)}),
    }


def _refusal(user: User, listing: Listing) -> str:
    try:
        require_member(user)
        refuse_blocked(user, listing.owner)
    except PermissionDenied as error:
        return str(error)
    return ""
