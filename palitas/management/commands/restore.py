"""``manage.py restore``: bring back what ``manage.py backup`` has copied."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from palitas.backup.locations import open_location
from palitas.backup.manifest import Damaged
from palitas.backup.restoring import NotEmpty, restore
from palitas.backup.restoring import check as read_through
from palitas.management.commands.backup import add_location

NAMED = 20


def moment(text: str) -> datetime:
    """Return a time of ISO 8601; one without a zone is Puerto Rico's."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time like 2026-11-28T14:30") from error
    return parsed if parsed.tzinfo else timezone.make_aware(parsed)


class Command(BaseCommand):
    help = (
        "Bring back the pictures, and the database when it is SQLite, from a backup; stop the site first. Refuses to "
        "write where something is, unless --force is given. What is damaged is named, never put in place, and ends the "
        "command with an error. For PostgreSQL see docs/operations.md: it comes first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_location(parser)
        parser.add_argument("--at", type=moment, help="as of this time, such as 2026-11-28T14:30 (default: the last)")
        parser.add_argument("--check", action="store_true", help="only read the whole backup and compare")
        parser.add_argument("--force", action="store_true", help="replace what is there")

    def handle(
        self,
        *_args: Any,
        location: str,
        endpoint: str,
        profile: str,
        at: datetime | None,
        check: bool,
        force: bool,
        **_options: Any,
    ) -> None:
        began = time.monotonic()
        try:
            place = open_location(location, endpoint=endpoint, profile=profile)
            report = read_through(place) if check else restore(place, at=at, force=force)
        except NotEmpty as error:
            raise CommandError(f"{error} Nothing was changed. To replace it, add --force.") from error
        except (OSError, Damaged) as error:
            raise CommandError(f"The backup could not be {'read' if check else 'brought back'}: {error}") from error
        done = "whole" if check else "back"
        self.stdout.write(f"{report.pictures} files of pictures ({report.size:,} bytes) are {done}.")
        if report.database:
            self.stdout.write(f"The database is back as of {report.made_at.isoformat()}: {report.database}")
        self.stdout.write(f"{time.monotonic() - began:.1f} s")
        if report.damaged:
            named = "\n".join(report.damaged[:NAMED])
            raise CommandError(f"{len(report.damaged)} files are missing from the backup or damaged:\n{named}")
