"""Writing ``Listing.search_text``."""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects

from services.models import Listing
from services.search.text import search_text

BATCH = 500


def refresh(listing: Listing) -> None:
    """Write the search text of one listing; call it after its towns are set."""
    listing.search_text = search_text(listing, listing.service, listing.towns.all())
    Listing.objects.filter(pk=listing.pk).update(search_text=listing.search_text)


def refresh_many(listings: Iterable[Listing]) -> int:
    """Write the search text of those of ``listings`` whose text is out of date; returns how many.

    Reads services and towns in two queries for all of them: pass a bounded number.
    """
    listings = list(listings)
    prefetch_related_objects(listings, "service", "towns")
    changed = []
    for listing in listings:
        fresh = search_text(listing, listing.service, listing.towns.all())
        if fresh != listing.search_text:
            listing.search_text = fresh
            changed.append(listing)
    Listing.objects.bulk_update(changed, ["search_text"], batch_size=BATCH)
    return len(changed)
