"""Counting who looks at listings, without a write for each page: see docs/decisions/0005-views.md."""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from threading import Lock

from django.db import Error, transaction
from django.http import HttpRequest
from django.utils import timezone

from services.models import DailyViews, Listing
from services.reading import is_read

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 10.0
# Programs that say of themselves that they only collect or preview pages; Cubot is a telephone.
CRAWLER = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|preview|archiver|facebookexternalhit|whatsapp|telegram", re.IGNORECASE
)

Counted = Mapping[tuple[int, date], int]


def write(counted: Counted) -> None:
    """Add counts by listing and day to what the database has; listings that are gone are left out."""
    with transaction.atomic():
        known = set(Listing.objects.filter(pk__in={pk for pk, _day in counted}).values_list("pk", flat=True))
        # Always in the order of the keys, so that two processes never wait for each other.
        keys = sorted(key for key in counted if key[0] in known)
        DailyViews.objects.bulk_create([DailyViews(listing_id=pk, day=day) for pk, day in keys], ignore_conflicts=True)
        rows = DailyViews.objects.filter(listing__in=known, day__in={day for _pk, day in keys})
        held = list(rows.select_for_update(no_key=True).order_by("listing", "day"))
        for row in held:
            row.count += counted.get((row.listing_id, row.day), 0)
        DailyViews.objects.bulk_update(held, ["count"])


class Audience:
    """The views that this process has seen and not written yet.

    A view that comes ten seconds or more after the last writing writes all of them; so a quiet site writes at once
    and a busy one at most every ten seconds in each process.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, save: Callable[[Counted], None] = write) -> None:
        self._clock = clock
        self._save = save
        self._lock = Lock()
        self._waiting: Counter[tuple[int, date]] = Counter()
        self._written_at = float("-inf")

    def count(self, listing: Listing, day: date) -> None:
        """Count one view."""
        with self._lock:
            self._waiting[listing.pk, day] += 1
            is_time = self._clock() - self._written_at >= FLUSH_SECONDS
        if is_time:
            self.flush()

    def flush(self) -> None:
        """Write what waits. A page never fails for it: when the database refuses, these views are lost."""
        counted = self.forget()
        if not counted:
            return
        try:
            self._save(counted)
        except Error as error:
            logger.warning("%d views of listings could not be written: %s", sum(counted.values()), error)

    def forget(self) -> Counted:
        """Begin anew as after a writing; returns what was waiting."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
            self._written_at = self._clock()
        return waiting


audience = Audience()


def note_view(request: HttpRequest, listing: Listing) -> None:
    """Count a view of a published listing's page by somebody who does not own it, leaving out crawlers."""
    is_owner = listing.owner_id == request.user.pk
    if request.method == "GET" and listing.is_published and not is_owner and _is_person(request):
        audience.count(listing, timezone.localdate())


def _is_person(request: HttpRequest) -> bool:
    return is_read(request) and not CRAWLER.search(request.headers.get("User-Agent", ""))
