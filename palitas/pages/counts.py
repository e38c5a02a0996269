"""How many published listings each town has, for the map and the landing pages.

Counting a million listings takes seconds, so pages never do it: the worker counts them all every ten minutes and leaves
the figures in the shared cache. Where it has not (a site just started), a page counts the newest listings only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Any

from django.core.cache import cache
from django.db.models import Count

from services.enums import Kind
from services.models import Listing, ListingQuerySet, Town
from services.search.query import NEWEST

CACHE_KEY = "town-counts"
EVERY = timedelta(minutes=10)
# Figures outlive a few missed runs of the worker, but not a worker that is gone.
COUNTED_LIFETIME = timedelta(hours=1)
SAMPLE = 2_000  # newest listings of each kind
SHADES = 4


@dataclass(frozen=True)
class TownCounts:
    """Numbers of listings by primary key of their towns; those for the whole island count for every town."""

    by_town: Mapping[int, int]
    island_wide: int

    def of(self, pk: int) -> int:
        return self.by_town.get(pk, 0) + self.island_wide

    def put_on(self, towns: Iterable[Town]) -> list[Any]:
        """Return the towns, each with its ``listing_count`` and the ``shade`` that the map gives it.

        Listings for the whole island leave no mark in the shade: they would give every town the same one.
        """
        counted: list[Any] = list(towns)
        most = max(self.by_town.values(), default=0)
        for town in counted:
            town.listing_count = self.of(town.pk)
            town.shade = shade_of(self.by_town.get(town.pk, 0), most)
        return counted


def shade_of(listings: int, most: int) -> int:
    """Return how dark a town with so many listings is, from 0 (none) to 4 (``most``).

    By the logarithm: San Juan has fifty times as much as Maricao and would leave all others in the lightest shade.
    """
    if not listings or listings == most:
        return SHADES if listings else 0
    return 1 + int((SHADES - 1) * log(listings) / log(most))


def town_counts() -> TownCounts:
    """Return the figures for a page: those of the worker, or those of the newest listings."""
    counts: TownCounts | None = cache.get(CACHE_KEY)
    if counts is None:
        newest: set[int] = set()
        for kind in Kind:
            listings = Listing.objects.published().of_kind(kind).order_by(*NEWEST)
            newest.update(listings.values_list("pk", flat=True)[:SAMPLE])
        counts = count(Listing.objects.filter(pk__in=newest))
        cache.set(CACHE_KEY, counts, EVERY.total_seconds())
    return counts


def count_all(_now: datetime) -> int:
    """Count every published listing and leave the figures for the pages; returns how many towns have any."""
    counts = count(Listing.objects.published())
    cache.set(CACHE_KEY, counts, COUNTED_LIFETIME.total_seconds())
    return len(counts.by_town)


def count(listings: ListingQuerySet) -> TownCounts:
    """Return the figures of ``listings``; two queries."""
    towns = Listing.towns.through.objects.filter(listing__in=listings)
    return TownCounts(
        by_town=dict(towns.values_list("town").annotate(Count("pk")).order_by()),
        island_wide=listings.filter(island_wide=True).count(),
    )
