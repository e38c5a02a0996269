"""What a page says of itself to those who show previews of links, and the buttons with which people share it."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.template import RequestContext
from django.templatetags.static import static
from django.utils.translation import get_language

from accounts.models import User
from palitas.sharing import cards
from palitas.templatetags.palitas import price_range, town_names
from services.models import Listing, Service, Town

register = template.Library()

Shared = Listing | User | Service | Town
LOCALES = {"es-pr": "es_PR", "en": "en_US"}


@register.inclusion_tag("components/open_graph.html", takes_context=True)
def open_graph(
    context: RequestContext,
    title: str,
    description: str,
    thing: Shared | None = None,
    *,
    page_type: str = "website",
    search_description: str = "",
) -> dict[str, Any]:
    """Write the tags of the Open Graph protocol (ogp.me), which WhatsApp, Facebook, X and iMessage read.

    X takes title, description and picture from them too. ``thing`` has a share picture of its own; search engines show
    ``search_description``, which is ``description`` unless it is given.
    """
    card = card_of(thing) if thing else None
    locale = LOCALES.get(get_language() or "", LOCALES["es-pr"])
    return {
        "site_name": settings.SITE_NAME,
        "type": page_type,
        "title": title,
        "description": description,
        "search_description": search_description or description,
        "page_url": f"{settings.SITE_URL}{context['request'].path}",
        "picture_url": card.url if card else f"{settings.SITE_URL}{static('img/share.png')}",
        "picture_type": "image/jpeg" if card else "image/png",
        "picture_alt": card.words if card else settings.SITE_NAME,
        "width": str(cards.WIDTH),
        "height": str(cards.HEIGHT),
        "locale": locale,
        "other_locales": [other for other in LOCALES.values() if other != locale],
    }


@register.inclusion_tag("components/share.html")
def share(thing: Listing | User) -> dict[str, str]:
    """Show the buttons that share the page of ``thing``, in the language in which it is read."""
    title = thing.title if isinstance(thing, Listing) else thing.get_full_name()
    url = f"{settings.SITE_URL}{thing.get_absolute_url()}"
    return {"title": title, "url": url, "whatsapp_url": f"https://wa.me/?{urlencode({'text': f'{title} {url}'})}"}


@register.filter
def facts(listing: Listing) -> str:
    """Return service, towns and price of a listing on one line: what it is, without what its owner wrote."""
    return " · ".join(part for part in (listing.service.name, town_names(listing), price_range(listing)) if part)


def card_of(thing: Shared) -> cards.Card:
    """Return the card of whatever has one."""
    if isinstance(thing, Listing):
        return cards.listing_card(thing)
    if isinstance(thing, User):
        return cards.profile_card(thing)
    return cards.service_card(thing) if isinstance(thing, Service) else cards.town_card(thing)
