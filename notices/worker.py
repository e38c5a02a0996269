"""The background process: delivers the outbox every two seconds and runs the periodic jobs.

All state is in the database, so several workers do no harm and a worker that dies loses nothing.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error, close_old_connections
from django.utils import timezone

from notices import jobs
from notices.delivery import MailServerAwayError, deliver_due

logger = logging.getLogger(__name__)

PAUSE_SECONDS: float = 2
OUTAGE_PAUSE_SECONDS: float = 5
MAIL_OUTAGE_PAUSE_SECONDS: float = 30


def run_once(now: datetime) -> dict[str, int]:
    """Do everything that is due at ``now``; returns how much was done, by job.

    Raises:
        MailServerAwayError, django.db.Error, or what a job raises.
    """
    done = {job.name: job.function(now) for job in jobs.registered()}
    return {"mail": deliver_due(clock=lambda: now), **done}


class Worker:
    """Runs until ``stop()``; an outage of the database or of the mail server makes it wait.

    Args:
        clock: the present moment.
        pause: waits so many seconds.
    """

    def __init__(
        self, *, clock: Callable[[], datetime] = timezone.now, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._stopping = False
        self._due_at: dict[str, datetime] = {}
        self._mail_due_at: datetime | None = None

    def stop(self) -> None:
        """Finish the mail or job at hand, then return from ``run``. May be called by a signal handler."""
        self._stopping = True

    def run(self) -> None:
        while not self._stopping:
            pause = PAUSE_SECONDS
            try:
                self._deliver()
                self._run_jobs()
            except Error as error:
                # Also at the first start, before the tables are there.
                logger.warning("The database cannot be used, waiting: %s", error)
                pause = OUTAGE_PAUSE_SECONDS
            close_old_connections()
            self._pause(pause)

    def _deliver(self) -> None:
        now = self._clock()
        if self._mail_due_at and now < self._mail_due_at:
            return
        try:
            deliver_due(clock=self._clock, should_stop=lambda: self._stopping)
        except MailServerAwayError as error:
            logger.warning("The mail server is away, waiting: %s", error)
            self._mail_due_at = now + timedelta(seconds=MAIL_OUTAGE_PAUSE_SECONDS)

    def _run_jobs(self) -> None:
        for job in jobs.registered():
            now = self._clock()
            if self._stopping or now < self._due_at.get(job.name, now):
                continue
            try:
                done = job.function(now)
            except Error:
                raise
            except Exception:  # One job that fails must not stop the others.
                logger.exception("The job %r failed.", job.name)
            else:
                if done:
                    logger.info("%s: %d", job.name, done)
            self._due_at[job.name] = now + job.every
