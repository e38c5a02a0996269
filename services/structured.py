"""Listings for machines: schema.org data, and its safe place in a page."""

import json
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from services.enums import Kind
from services.models import Listing
from services.pictures.public import permanent_url

# As django.utils.html.json_script does, so that no text can end the element.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
ISLAND = "Puerto Rico"


def absolute(path: str) -> str:
    """Return the address of ``path`` for those who are not on the site."""
    return f"{settings.SITE_URL}{path}"


def json_ld(data: dict[str, Any]) -> SafeString:
    """Return ``data`` as a data block of the page; browsers do not run it, so the CSP lets it be."""
    # Escaped here, so the mark below is earned.
    text = json.dumps(data, ensure_ascii=False).translate(ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308  # nosec B308 B703


def listing_data(listing: Listing) -> dict[str, Any]:
    """Return a promotion as an Offer of a Service, a request as a Demand for one; reads prefetched towns and photos."""
    page = absolute(listing.get_absolute_url())
    towns = [ISLAND] if listing.island_wide else [f"{town.name}, {ISLAND}" for town in listing.towns.all()]
    service: dict[str, Any] = {
        "@type": "Service",
        "name": listing.title,
        "serviceType": listing.service.name,
        "areaServed": [{"@type": "AdministrativeArea", "name": name} for name in towns],
    }
    person = {"@type": "Person", "name": listing.owner.get_full_name()}
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Offer" if listing.kind == Kind.PROMOTION else "Demand",
        "name": listing.title,
        "description": listing.description,
        "url": page,
        "itemOffered": service,
    }
    if listing.kind == Kind.PROMOTION:
        service["provider"] = data["offeredBy"] = person | {"url": absolute(listing.owner.get_absolute_url())}
    if images := [permanent_url(photo.picture) for photo in listing.photos.all()]:
        data["image"] = images
    if price := _price(listing):
        data["priceSpecification"] = price
    if listing.needed_by:
        data["availabilityEnds"] = listing.needed_by.isoformat()
    return data


def _price(listing: Listing) -> dict[str, Any]:
    limits = {"minPrice": listing.price_min, "maxPrice": listing.price_max}
    known = {name: dollars for name, dollars in limits.items() if dollars is not None}
    return {"@type": "PriceSpecification", "priceCurrency": "USD", **known} if known else {}
