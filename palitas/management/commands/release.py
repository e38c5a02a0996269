"""``manage.py release``: puts the database of a release in place, on one machine at a time."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

# Any number does that nobody else uses in this database.
LOCK = 7_252_482
STEPS = ("migrate", "createcachetable", "seed_catalog")


class Command(BaseCommand):
    help = (
        "Migrate, make the cache's tables and write the catalogue. Of several machines that start at once one does it."
    )

    def handle(self, *_args: Any, verbosity: int, **_options: Any) -> None:
        # SQLite is for one machine.
        if connection.vendor == "postgresql":
            # Not pg_advisory_lock: a statement that waits would keep CREATE INDEX CONCURRENTLY waiting for it.
            while not self._locked("pg_try_advisory_lock"):
                time.sleep(1)
        try:
            for step in STEPS:
                call_command(step, verbosity=verbosity, stdout=self.stdout)
        finally:
            if connection.vendor == "postgresql":
                self._locked("pg_advisory_unlock")

    def _locked(self, function: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [LOCK])
            return bool(cursor.fetchone()[0])
