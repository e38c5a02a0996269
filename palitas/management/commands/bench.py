"""``manage.py bench``: what the pages that are opened most cost, compared with a page of plain words."""

import os
import subprocess  # nosec B404
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from palitas.torture.databases import postgres_beside, sqlite_file

SIZES = (1_000, 100_000)
LISTINGS_A_PERSON = 20


class Command(BaseCommand):
    help = (
        "Measure search, listing, inbox, conversation and dashboard on databases of its own, a SQLite file and, where "
        "DATABASE_URL names one, PostgreSQL: queries, the median time and its ratio to a page of plain words, taken in "
        "the same run. Development only; 100,000 listings take some minutes to write."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--listings", type=int, nargs="+", default=SIZES, help="how many (default: 1000 100000)")

    def handle(self, *_args: Any, listings: list[int], **_options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Refused in production.")
        for size in listings:
            with TemporaryDirectory() as folder:
                for url in addresses(Path(folder)):
                    self.stdout.write(f"\n{url.split(':')[0]}, {size:,} listings")
                    measure(size, url, Path(folder))


def addresses(folder: Path) -> Iterator[str]:
    """Give the address of each database to fill, which is there until the next one is asked for."""
    yield sqlite_file(folder)
    if connection.vendor == "postgresql":
        with postgres_beside(os.environ["DATABASE_URL"], os.getpid()) as url:
            yield url


def measure(size: int, url: str, folder: Path) -> None:
    """Fill the database ``url`` with ``size`` listings and measure, in processes that know no other database."""
    environment = os.environ | {
        "ENV_FILE": "",
        "ENVIRONMENT": "development",
        "DATABASE_URL": url,
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "ERROR",
    }
    people, promotions = max(size // LISTINGS_A_PERSON, 10), size * 3 // 4
    demo = [f"--users={people}", f"--promotions={promotions}", f"--requests={size - promotions}", "--no-photos"]
    for command in (
        ["migrate", "-v0"],
        ["createcachetable"],
        ["seed_catalog"],
        ["seed_demo", *demo],
        ["shell", "-v0", "-c", "from palitas.showroom.stopwatch import run; run()"],
    ):
        output = None if command[0] == "shell" else subprocess.DEVNULL
        subprocess.run(  # noqa: S603  # nosec B603 - our own commands
            [sys.executable, "manage.py", *command], env=environment, cwd=settings.BASE_DIR, check=True, stdout=output
        )
