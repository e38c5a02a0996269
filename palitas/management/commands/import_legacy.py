"""``manage.py import_legacy``: bring over what the former site kept."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from palitas.legacy import pictures, report
from palitas.legacy.run import import_all
from palitas.legacy.source import COLUMNS, SourceError, open_source
from services.models import Service, Town


class Command(BaseCommand):
    help = (
        "Bring people, listings, contacts, agreements and reviews over from the former site's PostgreSQL database, and "
        "with --pictures its pictures. Nobody is mailed. Safe to run again: what was brought over is left alone, what "
        "was left is tried anew, and a run that was killed goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--database-url",
            metavar="URL",
            help="postgres://user@host/name of the former database; the password may come from PGPASSWORD or ~/.pgpass",
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything, report it, and take it back")
        parser.add_argument(
            "--report",
            dest="file",
            type=Path,
            metavar="FILE",
            help="write the totals and each row that was left or changed, and why",
        )
        parser.add_argument(
            "--pictures",
            dest="storage",
            metavar="SOURCE",
            help="fetch the pictures, from s3://bucket/prefix or from a folder",
        )
        parser.add_argument(
            "--pictures-endpoint", dest="endpoint", metavar="URL", default="", help="of an S3 that is not Amazon's"
        )

    def handle(
        self,
        *_args: Any,
        database_url: str | None = None,
        dry_run: bool = False,
        file: Path | None = None,
        storage: str | None = None,
        endpoint: str = "",
        **_options: Any,
    ) -> None:
        if not database_url and not storage:
            raise CommandError("Say where to read from: --database-url, --pictures, or both.")
        if dry_run and not database_url:
            raise CommandError("A dry run is about the database: give its --database-url.")
        if not (Service.objects.exists() and Town.objects.exists()):
            raise CommandError("The catalogue is empty: run seed_catalog first.")
        if file:
            self._write(file, ())  # A file that cannot be written shows before the work, not after it.
        if database_url:
            self._import(database_url, dry_run=dry_run, file=file)
        if storage and not dry_run:
            self._fetch(storage, endpoint, file=file)

    def _import(self, url: str, *, dry_run: bool, file: Path | None) -> None:
        try:
            with open_source(url) as source, transaction.atomic() if dry_run else nullcontext():
                counts = {table: source.count(table) for table in COLUMNS}
                import_all(source, now=timezone.now(), tell=lambda table: self.stderr.write(f"{table} …"))
                self._finish(counts, file)
                if dry_run:
                    transaction.set_rollback(True)
        except SourceError as error:
            raise CommandError(str(error)) from error
        except psycopg.OperationalError as error:
            raise CommandError(f"The former database went away; run it again to go on: {error}") from error
        except psycopg.Error as error:
            raise CommandError(f"The former database holds what cannot be read: {error}") from error
        if dry_run:
            self.stdout.write("Nothing of this was written.")

    def _fetch(self, address: str, endpoint: str, *, file: Path | None) -> None:
        now = timezone.now()
        try:
            storage = pictures.open_storage(address, endpoint=endpoint)
            with tqdm(
                desc="Pictures", total=pictures.unsettled().count(), file=sys.stderr, disable=None, leave=False
            ) as bar:
                brought = pictures.bring(storage, now=now, advance=bar.update)
        except pictures.StorageAway as error:
            raise CommandError(f"{error} What was fetched is kept; run it again to go on.") from error
        self.stdout.write(f"{brought} pictures brought.")
        self._finish({}, file)

    def _finish(self, counts: Mapping[str, int], file: Path | None) -> None:
        """Print the totals, write the report, and fail if a row was forgotten."""
        self.stdout.writelines(f"{line}\n" for line in report.table(counts))
        if file:
            self._write(file, report.lines(counts))
        if forgotten := report.unaccounted(counts):
            raise CommandError(f"Rows that nothing is known of: {forgotten}")

    def _write(self, file: Path, lines: Iterable[str]) -> None:
        try:
            with file.open("w", encoding="utf-8") as output:
                output.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise CommandError(f"The report cannot be written: {error}") from error
