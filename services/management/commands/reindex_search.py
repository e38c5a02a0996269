"""Write the search text of listings anew: after the analysis, or the name or slug of a service, has changed."""

from typing import Any

from django.core.management.base import BaseCommand

from services.enums import Status
from services.models import Listing
from services.search import index

BATCH = 1_000


class Command(BaseCommand):
    help = "Write the search text of listings anew; only those out of date are changed. Safe while the site runs."

    def handle(self, **_options: Any) -> None:
        changed = last = 0
        # A deleted one has none and is never found again.
        kept = Listing.objects.exclude(status=Status.DELETED)
        while listings := list(kept.filter(pk__gt=last).order_by("pk")[:BATCH]):
            changed += index.refresh_many(listings)
            last = listings[-1].pk
        self.stdout.write(f"{changed} listings changed.")
