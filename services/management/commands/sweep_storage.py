"""``manage.py sweep_storage``: compare the rows of pictures with the files of the storage, and mend what differs."""

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from services.pictures.reconcile import Finding, Read, differences, mend

# More than this is hardly what accidents leave behind: rather, the database or the bucket is another one's.
MANY, MANY_SHARE = 100, 0.1


class Command(BaseCommand):
    help = (
        "Find files of pictures that no row knows (orphans) and rows whose files are lost (holes). Only says so, "
        "unless --apply is given: then orphans older than a day are deleted, and pages show a drawing in place of "
        "holes. Ends with an error while there is something to mend, or when a file was newly found to be lost. Safe "
        "while the site runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="mend what is found")
        parser.add_argument("--many", action="store_true", help="mend also when a great part of all would go")

    def handle(self, *_args: Any, apply: bool, many: bool, **_options: Any) -> None:
        now = timezone.now()
        try:
            if apply and not many:
                _refuse_many(now)
            read, found, mended, size = self._go_through(now, apply=apply)
        except (OSError, ValueError) as error:
            raise CommandError(f"The storage of the pictures cannot be compared: {error}") from error
        self.stdout.write(f"{read.objects} files and {read.rows} rows compared.")
        for finding in Finding:
            if found[finding]:
                done = f", {mended[finding]} mended" if apply else ""
                weight = f" ({size:,} bytes)" if finding == Finding.ORPHAN else ""
                self.stdout.write(f"{finding}: {found[finding]}{weight}{done}")
        if apply and mended[Finding.HOLE]:
            raise CommandError("Files are lost. Bring them back from a backup and run this again.")
        if not apply and (found[Finding.ORPHAN] or found[Finding.HOLE] or found[Finding.FOUND]):
            raise CommandError("Run again with --apply to mend them.")

    def _go_through(self, now: datetime, *, apply: bool) -> tuple[Read, Counter[Finding], Counter[Finding], int]:
        """Write each difference, mend it if asked to; returns what was read, found and mended, and orphans' bytes."""
        read, found, mended, size = Read(), Counter[Finding](), Counter[Finding](), 0
        for difference in differences(now, read):
            found[difference.finding] += 1
            size += difference.size if difference.finding == Finding.ORPHAN else 0
            mended[difference.finding] += apply and mend(difference, now)
            self.stdout.write(f"{difference.finding} {difference.key}")
        return read, found, mended, size


def _refuse_many(now: datetime) -> None:
    """Count before anything is deleted.

    Raises:
        CommandError: so much would be mended that the settings are likely wrong.
    """
    read = Read()
    found = Counter(difference.finding for difference in differences(now, read))
    for finding, total, what in ((Finding.ORPHAN, read.objects, "files"), (Finding.HOLE, read.rows, "rows")):
        if found[finding] > max(MANY, MANY_SHARE * total):
            raise CommandError(
                f"{found[finding]} of {total} {what} differ ({finding}): is this the right database, and the right "
                "storage? If so, run again with --many. Nothing was changed."
            )
