"""``manage.py backup``: copy the pictures, and a SQLite database, to where they are safe."""

import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from palitas.backup import database
from palitas.backup.locations import open_location
from palitas.backup.making import back_up
from palitas.backup.manifest import Damaged

# As long as pgBackRest keeps PostgreSQL: deploy/backup/pgbackrest.conf.
KEEP_DAYS = 35


def add_location(parser: ArgumentParser) -> None:
    """Add the arguments that name a backup; shared with ``restore``."""
    parser.add_argument("location", help="a folder, or s3://bucket: not the bucket of the pictures")
    parser.add_argument("--endpoint", default="", help="of an S3 server that is not Amazon's")
    parser.add_argument("--profile", default="", help="whose key of ~/.aws opens the bucket (default: the site's own)")


class Command(BaseCommand):
    help = (
        "Copy the pictures that are new, and a SQLite database as of one moment, into a folder or bucket, with a list "
        "of their SHA-256; each copy is read again. PostgreSQL is backed up by pgBackRest: see docs/operations.md. "
        "Safe while the site runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_location(parser)
        parser.add_argument(
            "--keep-days",
            type=int,
            default=KEEP_DAYS,
            help=f"how long deleted pictures and former copies of the database stay (default: {KEEP_DAYS})",
        )

    def handle(self, *_args: Any, location: str, endpoint: str, profile: str, keep_days: int, **_options: Any) -> None:
        began = time.monotonic()
        try:
            place = open_location(location, endpoint=endpoint, profile=profile)
            report = back_up(place, now=timezone.now(), keep=timedelta(days=keep_days))
        except (OSError, ValueError, Damaged) as error:
            raise CommandError(f"No backup was made: {error}") from error
        copied = f"{report.copied} of them new, {report.copied_bytes:,} bytes"
        self.stdout.write(f"{report.pictures} files of pictures, {copied}; {report.gone} deleted ones kept.")
        if report.forgotten:
            self.stdout.write(f"{len(report.forgotten)} pictures deleted more than {keep_days} days ago are forgotten.")
        if database.sqlite_file():
            self.stdout.write(f"Database: {report.database}")
        else:
            self.stdout.write("The database is PostgreSQL: pgBackRest backs it up.")
        self.stdout.write(f"{report.manifest} is whole, after {time.monotonic() - began:.1f} s.")
        if report.undeleted:
            raise CommandError(
                f"The backup was made, but what is to be forgotten could not be deleted: {report.undeleted}. "
                "The next run tries again."
            )
