"""``manage.py worker``: sends the mail and runs the periodic jobs."""

import signal
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from notices.worker import Worker, run_once


class Command(BaseCommand):
    help = "Sends the mail of the outbox and runs the periodic jobs, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do what is due and end.")
        parser.add_argument("--now", metavar="TIME", help="With --once: as of this ISO time (refused in production).")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["once"]:
            for name, done in run_once(self._moment(options["now"])).items():
                self.stdout.write(f"{name}: {done}")
            return
        if options["now"]:
            raise CommandError("--now needs --once.")
        worker = Worker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()

    def _moment(self, text: str | None) -> datetime:
        if text is None:
            return timezone.now()
        if not settings.DEVELOPMENT:
            raise CommandError("--now is refused in production: it would send mail and end agreements before time.")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise CommandError(f"--now={text!r} is not an ISO time such as 2026-12-24T18:00:00-04:00.") from error
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
