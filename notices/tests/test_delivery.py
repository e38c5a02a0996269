import smtplib
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from notices.delivery import (
    BACKOFF,
    LEASE,
    MailServerAwayError,
    build_message,
    claim_next,
    deliver_due,
    delivery_connection,
    mark_failed,
)
from notices.models import MailStatus, OutboxMail, OutboxMailQuerySet
from notices.tests.factories import OutboxMailFactory

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def deliver(now: datetime = NOW) -> int:
    return deliver_due(clock=lambda: now)


@pytest.fixture
def waiting(db):
    return lambda **fields: OutboxMailFactory(**{"next_attempt_at": NOW, **fields})


def test_due_mail_is_sent_once(waiting, mail_server):
    mail = waiting()
    assert deliver() == 1
    assert deliver() == 0
    mail.refresh_from_db()
    assert (mail.status, mail.sent_at, mail.attempts) == (MailStatus.SENT, NOW, 1)
    assert [message.to for message in mail_server.received] == [[mail.recipient]]


def test_mail_of_the_future_waits(waiting, mail_server):
    waiting(next_attempt_at=NOW + timedelta(seconds=1))
    assert deliver() == 0
    assert mail_server.opened == 0


def test_urgent_mail_goes_first(waiting, mail_server):
    waiting(subject="recordatorio", next_attempt_at=NOW - timedelta(hours=1))
    waiting(subject="código", secret=True)
    deliver()
    assert [message.subject for message in mail_server.received] == ["código", "recordatorio"]


def test_message_id_and_headers_are_the_same_at_each_attempt(waiting):
    mail = waiting(headers={"Reply-To": "ana@example.com"}, html="<p>hola</p>")
    first, second = (build_message(OutboxMail.objects.get()).message() for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == f"<{mail.message_id}@palitaspr.example>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Reply-To"] == "ana@example.com"
    assert first["To"] == mail.recipient
    assert [part.get_content_type() for part in first.get_payload()] == ["text/plain", "text/html"]


def test_secret_text_is_erased_once_sent(waiting, mail_server, settings):
    settings.DEVELOPMENT = False
    secret, plain = waiting(secret=True, html="<p>123-456</p>"), waiting()
    deliver()
    secret.refresh_from_db()
    plain.refresh_from_db()
    assert (secret.text, secret.html) == ("", "")
    assert plain.text == "Tu código: 123-456"
    assert mail_server.received[0].body == "Tu código: 123-456"


def test_secret_text_stays_in_development(waiting, mail_server, settings):
    settings.DEVELOPMENT = True
    mail = waiting(secret=True)
    deliver()
    mail.refresh_from_db()
    assert (mail.status, mail.text) == (MailStatus.SENT, "Tu código: 123-456")


def test_failed_mail_waits_and_does_not_stop_others(waiting, mail_server):
    bad, good = waiting(recipient="mal@example.com", priority=0), waiting()
    mail_server.refused_recipients = {"mal@example.com"}
    assert deliver() == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert good.status == MailStatus.SENT
    assert (bad.status, bad.attempts, bad.next_attempt_at) == (MailStatus.WAITING, 1, NOW + timedelta(minutes=1))
    assert "no such user" in bad.last_error
    assert deliver() == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (smtplib.SMTPRecipientsRefused({"ana@example.com": (550, b"no ana"), "b@x": (450, b"")}), " 450 550"),
        (smtplib.SMTPDataError(554, b"no ana@example.com"), " 554"),
        (OSError("ana@example.com"), ""),
    ],
)
def test_failed_mail_is_logged_without_whom_it_was_for(waiting, caplog, error, said):
    mail = waiting(attempts=3)
    mark_failed(mail, error, now=NOW)
    assert caplog.messages == [f"Mail {mail.pk}, attempt 3: {type(error).__name__}{said}"]


def test_mail_that_cannot_be_built_does_not_stop_others(waiting, mail_server):
    waiting(headers={"Reply-To": "a@example.com\nBcc: b@example.com"}, priority=0)
    good = waiting()
    mail_server.after_delivery = lambda message: message.message()
    deliver()
    good.refresh_from_db()
    assert good.status == MailStatus.SENT


def test_mail_is_retried_with_growing_waits_and_then_given_up(waiting, mail_server):
    mail = waiting(recipient="mal@example.com")
    mail_server.refused_recipients = {"mal@example.com"}
    now, waits = NOW, []
    for _ in BACKOFF:
        deliver(now)
        mail.refresh_from_db()
        waits.append(mail.next_attempt_at - now)
        now = mail.next_attempt_at
    assert waits[:5] == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
    assert mail.status == MailStatus.WAITING
    deliver(now)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == (MailStatus.DEAD, len(BACKOFF) + 1)
    assert mail.text
    assert deliver(now + timedelta(days=30)) == 0


def test_secret_that_is_given_up_loses_its_text(waiting, mail_server):
    mail = waiting(secret=True, recipient="mal@example.com", attempts=len(BACKOFF))
    mail_server.refused_recipients = {"mal@example.com"}
    deliver()
    mail.refresh_from_db()
    assert (mail.status, mail.text) == (MailStatus.DEAD, "")


def test_later_success_clears_the_error(waiting, mail_server):
    mail = waiting(last_error="SMTPServerDisconnected", attempts=1)
    deliver()
    mail.refresh_from_db()
    assert (mail.status, mail.last_error) == (MailStatus.SENT, "")


def test_outage_of_the_mail_server_costs_no_attempt(waiting, mail_server):
    mail = waiting()
    mail_server.is_away = True
    with pytest.raises(MailServerAwayError):
        deliver()
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.next_attempt_at) == (MailStatus.WAITING, 0, NOW)
    mail_server.is_away = False
    assert deliver() == 1


def test_stop_ends_after_the_mail_at_hand(waiting, mail_server):
    waiting()
    waiting()
    assert deliver_due(clock=lambda: NOW, should_stop=lambda: len(mail_server.received) == 1) == 1
    assert OutboxMail.objects.filter(status=MailStatus.WAITING, attempts=0).count() == 1


def test_two_workers_do_not_claim_the_same_mail(waiting):
    first, second = waiting(), waiting()
    assert claim_next(NOW) == first
    assert claim_next(NOW) == second
    assert claim_next(NOW) is None


def test_claim_loses_against_a_worker_that_was_faster(waiting, monkeypatch):
    mail = waiting()
    stale = list(OutboxMail.objects.due(NOW))
    assert claim_next(NOW) == mail
    monkeypatch.setattr(OutboxMailQuerySet, "due", lambda *_: stale)
    assert claim_next(NOW) is None
    mail.refresh_from_db()
    assert mail.attempts == 1


def test_mail_of_a_worker_that_died_is_due_again_after_the_lease(waiting, mail_server):
    mail = waiting()
    assert claim_next(NOW) == mail
    assert deliver(NOW + LEASE - timedelta(seconds=1)) == 0
    assert deliver(NOW + LEASE) == 1
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == (MailStatus.SENT, 2)


def test_late_failure_does_not_undo_another_workers_success(waiting, mail_server):
    waiting()
    slow = claim_next(NOW)
    deliver(NOW + LEASE)
    mark_failed(slow, TimeoutError("late"), now=NOW + LEASE)
    mail = OutboxMail.objects.get()
    assert (mail.status, mail.last_error) == (MailStatus.SENT, "")


@pytest.mark.django_db(transaction=True)
def test_four_workers_send_each_mail_once(mail_server):
    mails = [OutboxMailFactory(next_attempt_at=NOW) for _ in range(12)]

    def work():
        try:
            deliver()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(message.subject for message in mail_server.received) == sorted(mail.subject for mail in mails)
    assert not OutboxMail.objects.exclude(status=MailStatus.SENT).exists()


def test_connection_is_built_from_the_mail_url(settings):
    settings.MAIL_DELIVERY = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "u",
        "EMAIL_HOST_PASSWORD": "p",
        "EMAIL_USE_TLS": True,
        "EMAIL_FILE_PATH": "",
    }
    server = delivery_connection()
    assert (server.host, server.port, server.username, server.password) == ("mail.example.com", 587, "u", "p")
    assert (server.use_tls, server.use_ssl, server.timeout) == (True, False, 30)
