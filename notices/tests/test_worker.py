import signal
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from notices import jobs, worker
from notices.delivery import MailServerAwayError
from notices.management.commands import worker as command
from notices.models import MailStatus
from notices.tests.factories import OutboxMailFactory
from notices.worker import Worker, run_once

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    """Goes on only while the worker pauses; stops the worker after so many pauses."""

    def __init__(self, pauses: int) -> None:
        self.now = NOW
        self.pauses: list[float] = []
        self.limit = pauses
        self.worker = Worker(clock=lambda: self.now, pause=self.pause)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)
        if len(self.pauses) == self.limit:
            self.worker.stop()


@pytest.fixture(autouse=True)
def one_connection(monkeypatch):
    """A test is one transaction, which ends with its connection."""
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)


@pytest.fixture
def registry(monkeypatch):
    """An empty registry of jobs."""
    monkeypatch.setattr(jobs, "_jobs", {})


def test_run_once_sends_mail_and_runs_every_job_as_of_the_moment(db, mail_server, registry):
    calls = []
    jobs.register("daily", lambda now: calls.append(now) or 3, every=jobs.DAY)
    mail = OutboxMailFactory(next_attempt_at=NOW)
    assert run_once(NOW) == {"mail": 1, "daily": 3}
    assert calls == [NOW]
    mail.refresh_from_db()
    assert mail.sent_at == NOW


def test_run_once_sends_the_mail_that_its_jobs_write(db, mail_server, registry):
    jobs.register("reminders", lambda now: bool(OutboxMailFactory(next_attempt_at=now)))
    assert run_once(NOW)["mail"] == 1


def test_run_once_lets_a_failing_job_be_seen(db, registry):
    jobs.register("broken", lambda _now: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run_once(NOW)


def test_worker_runs_each_job_at_its_interval(db, registry):
    minutely, daily = [], []
    jobs.register("minutely", lambda now: minutely.append(now) or 1)
    jobs.register("daily", lambda now: daily.append(now) or 1, every=jobs.DAY)
    Clock(pauses=62).worker.run()
    assert minutely == [NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)]
    assert daily == [NOW]


def test_worker_goes_on_after_a_job_that_fails(db, registry, caplog):
    done = []
    jobs.register("broken", lambda _now: 1 // 0)
    jobs.register("sound", lambda now: done.append(now) or 1)
    Clock(pauses=1).worker.run()
    assert done == [NOW]
    assert "broken" in caplog.text


def test_worker_waits_while_the_database_is_away(db, registry, monkeypatch):
    answers = [OperationalError("no such table: notices_outboxmail"), OperationalError("connection refused"), 0]

    def deliver_due(**_options):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(worker, "deliver_due", deliver_due)
    clock = Clock(pauses=3)
    clock.worker.run()
    assert clock.pauses == [5, 5, 2]
    assert answers == []


def test_worker_waits_when_a_job_finds_the_database_away(db, registry):
    answers = [OperationalError("gone"), 1]

    def job(_now):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    jobs.register("sweep", job)
    clock = Clock(pauses=2)
    clock.worker.run()
    assert (answers, clock.pauses) == ([], [5, 2])


def test_worker_runs_jobs_and_asks_the_mail_server_rarely_while_it_is_away(db, registry, monkeypatch):
    tries, runs = [], []

    def deliver_due(*, clock, **_options):
        tries.append(clock())
        raise MailServerAwayError("refused")

    monkeypatch.setattr(worker, "deliver_due", deliver_due)
    jobs.register("sweep", lambda now: runs.append(now) or 0)
    Clock(pauses=16).worker.run()
    assert tries == [NOW, NOW + timedelta(seconds=30)]
    assert runs == [NOW]


def test_stopped_worker_finishes_the_mail_at_hand(db, mail_server, registry):
    mails = [OutboxMailFactory(next_attempt_at=NOW) for _ in range(3)]
    clock = Clock(pauses=99)
    mail_server.after_delivery = lambda _message: clock.worker.stop()
    clock.worker.run()
    for mail in mails:
        mail.refresh_from_db()
    assert [mail.status for mail in mails] == [MailStatus.SENT, MailStatus.WAITING, MailStatus.WAITING]
    assert [mail.attempts for mail in mails] == [1, 0, 0]


def test_command_once_says_what_it_did(db, mail_server, capsys):
    OutboxMailFactory(next_attempt_at=NOW)
    call_command("worker", "--once", "--now", NOW.isoformat())
    assert "mail: 1\n" in capsys.readouterr().out


def test_command_reads_local_time_without_offset(db, registry, capsys):
    moments = []
    jobs.register("clock", lambda now: moments.append(now) or 0)
    call_command("worker", "--once", "--now", "2026-11-23T08:00")
    assert moments == [NOW]


def test_command_runs_at_the_present_moment_in_production(db, mail_server, settings, registry):
    settings.DEVELOPMENT = False
    OutboxMailFactory()
    call_command("worker", "--once", verbosity=0)
    assert len(mail_server.received) == 1


@pytest.mark.parametrize(
    ("arguments", "development", "sentence"),
    [
        (["--once", "--now", "2026-11-23T12:00Z"], False, "refused in production"),
        (["--now", "2026-11-23T12:00Z"], True, "needs --once"),
        (["--once", "--now", "mañana"], True, "not an ISO time"),
    ],
)
def test_command_refuses(db, mail_server, settings, arguments, development, sentence):
    settings.DEVELOPMENT = development
    mail = OutboxMailFactory(next_attempt_at=NOW)
    with pytest.raises(CommandError, match=sentence):
        call_command("worker", *arguments)
    mail.refresh_from_db()
    assert mail.status == MailStatus.WAITING


def test_command_stops_the_worker_on_sigterm(monkeypatch):
    handlers = {}
    monkeypatch.setattr(command.signal, "signal", handlers.__setitem__)

    def run(self):
        handlers[signal.SIGTERM](signal.SIGTERM, None)
        assert self._stopping

    monkeypatch.setattr(Worker, "run", run)
    call_command("worker")
    assert set(handlers) == {signal.SIGTERM, signal.SIGINT}


def test_register_refuses_a_second_job_of_the_same_name(registry):
    jobs.register("sweep", len)
    jobs.register("sweep", len)
    with pytest.raises(ValueError, match="sweep"):
        jobs.register("sweep", max)


def test_own_jobs_are_registered():
    assert {"sent mail", "sessions"} <= {job.name for job in jobs.registered()}
