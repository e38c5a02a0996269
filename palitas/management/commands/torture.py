"""``manage.py torture``: many processes at the same thing, and workers killed while they send mail."""

import os
import subprocess  # nosec B404
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from importlib.util import find_spec
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from palitas.torture.databases import postgres_beside, sqlite_file
from palitas.torture.sizes import SHORT, Size


class Command(BaseCommand):
    help = (
        "Torture the site on databases of its own, a SQLite file and, where DATABASE_URL names one, PostgreSQL: "
        "processes send forms at the same moment, and workers are killed while they send mail. Prints what happened "
        "and fails if anything happened that may not. Development only; takes an hour, the short form two minutes."
    )
    # Neither the tables nor the pages of the database that is set up are looked at.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--short", action="store_true", help="the form that runs before work lands")
        parser.add_argument("--processes", type=int, help=f"(default: {Size.processes})")
        parser.add_argument("--rounds", type=int, help=f"of each race (default: {Size.rounds})")
        parser.add_argument("--mails", type=int, help=f"that wait (default: {Size.mails})")
        parser.add_argument("--kills", type=int, help=f"of workers (default: {Size.kills})")
        parser.add_argument("--seed", type=int, help="another number gives other failures at other moments")
        parser.add_argument("--only", help="a part of the names of the races to run")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Refused in production.")
        if find_spec("aiosmtpd") is None:
            raise CommandError("The mail server of the torture is missing: `make torture` installs it.")
        given = {field.name: options[field.name] for field in fields(Size) if options[field.name] is not None}
        size = replace(SHORT if options["short"] else Size(), **given)
        with TemporaryDirectory() as folder:
            failed = [run(url, Path(folder), size) for url in addresses(Path(folder))]
        if any(failed):
            raise CommandError("Something happened that may not: see the lines that begin with WRONG.")


def addresses(folder: Path) -> Iterator[str]:
    """Give the address of each database to torture, which is there until the next one is asked for."""
    yield sqlite_file(folder)
    if connection.vendor == "postgresql":
        with postgres_beside(os.environ["DATABASE_URL"], os.getpid()) as url:
            yield url


def run(url: str, folder: Path, size: Size) -> bool:
    """Torture one database in a process of its own; returns whether something was wrong."""
    environment = os.environ | {
        "ENVIRONMENT": "development",
        "ENV_FILE": "",
        "DATABASE_URL": url,
        "DATABASE_POOL_SIZE": "2",
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "palitas.torture.run", dumps(asdict(size))]
    ended = subprocess.run(command, env=environment, check=False, cwd=settings.BASE_DIR)  # noqa: S603 # nosec B603
    return ended.returncode != 0
