"""``manage.py check_counters``: compare the figures of profiles and listings with what they are copies of."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Profile
from agreements.actions.counters import Difference, difference, suspects

BATCH = 500


class Command(BaseCommand):
    help = (
        "Recompute palitas, reviews and average rating of every profile, and the rating that listings carry; report "
        "each difference and fail if there is one. Safe while the site runs: a difference is looked at again while "
        "nobody else writes that person's figures."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="also write the true figures")

    def handle(self, *_args: Any, fix: bool, **_options: Any) -> None:
        checked = found = last = 0
        people = Profile.objects.order_by("user_id").values_list("user_id", flat=True)
        while batch := list(people.filter(user_id__gt=last)[:BATCH]):
            for user_id in suspects(batch):
                if wrong := difference(user_id, fix=fix):
                    found += 1
                    self.stdout.write(describe(wrong))
            checked += len(batch)
            last = batch[-1]
        self.stdout.write(f"{checked} profiles checked, {found} differ.")
        if found:
            raise CommandError("The differences are mended." if fix else "Run again with --fix to mend them.")


def describe(wrong: Difference) -> str:
    """Return a difference in one line: each figure as it was kept, and as it is."""
    figures = [
        f"{name} {kept} → {true}"
        for name, kept, true in (
            ("palitas", wrong.stored.palitas_count, wrong.truth.palitas_count),
            ("reviews", wrong.stored.reviews_count, wrong.truth.reviews_count),
            ("rating", wrong.stored.rating_average, wrong.truth.rating_average),
            ("listings with another rating", wrong.wrong_listings, 0),
        )
        if kept != true
    ]
    return f"Person {wrong.user_id}: {', '.join(figures)}"
