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
    if not listing.is_published or is_owner.test(user, listing):
        return {"is_offered": False}
    contact = Contact.objects.of(user).filter(listing=listing, opener=user.pk).first()
    return {
        "is_offered": True,
        "is_visitor": not user.is_authenticated,
        "listing": listing,
        "contact": contact,
        "refusal": _refusal(user, listing) if user.is_authenticated and not contact else "",
        "form": OpenContactForm(initial={"body": drafts.find(request.session, listing.pk)}),
    }


def _refusal(user: User, listing: Listing) -> str:
    try:
        require_member(user)
        refuse_blocked(user, listing.owner)
    except PermissionDenied as error:
        return str(error)
    return ""
