"""Delivery of the outbox to the mail server.

What it promises: no mail is lost, and none is sent twice unless its worker died, or lost the server's answer, between
sending it and writing that down.

A mail is claimed by one conditional UPDATE that sets its next attempt to the end of a lease, so any number of workers
may run, on SQLite as on PostgreSQL. A worker that dies leaves the mail to be due again when the lease ends. While the
mail server is away nothing is claimed, so an outage uses up no attempt.
"""

import logging
import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F
from django.utils import timezone

from notices.models import MailStatus, OutboxMail

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Waits after the first, second, … failed attempt; about a day in all. The mail is given up after the one that follows.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240, 240, 240, 240))
SMTP_TIMEOUT_SECONDS = 30
# Longer than a mail can take: every step of the conversation with the server has the timeout above.
LEASE = timedelta(minutes=10)
CANDIDATES = 10
CONNECTION_OPTIONS = {
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
    "EMAIL_FILE_PATH": "file_path",
}
MAX_ERROR_LENGTH = 300


class MailServerAwayError(Exception):
    """The mail server does not answer or does not let us in."""


def delivery_connection() -> BaseEmailBackend:
    """Return a closed connection to the mail server that ``MAIL_URL`` names."""
    config: dict[str, Any] = settings.MAIL_DELIVERY
    options = {option: config[name] for name, option in CONNECTION_OPTIONS.items() if config.get(name)}
    return get_connection(config["EMAIL_BACKEND"], timeout=SMTP_TIMEOUT_SECONDS, **options)


def deliver_due(*, clock: Clock = timezone.now, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Send the mails that are due, urgent ones first, until none is left or ``should_stop()``; returns how many went.

    Raises:
        MailServerAwayError: nothing has been claimed that was not tried.
    """
    if not OutboxMail.objects.due(clock()).exists():
        return 0
    connection = delivery_connection()
    _open(connection)
    sent = 0
    try:
        while not should_stop() and (mail := claim_next(clock())):
            try:
                connection.send_messages([build_message(mail)])
            except Exception as error:  # Whatever is wrong with one mail must not stop the others.
                mark_failed(mail, error, now=clock())
                # The conversation may have ended anywhere; the next mail begins a new one.
                _close(connection)
                _open(connection)
            else:
                mark_sent(mail, now=clock())
                sent += 1
    finally:
        _close(connection)
    return sent


def claim_next(now: datetime) -> OutboxMail | None:
    """Take the first mail that is due and that no other worker takes at the same moment."""
    for mail in OutboxMail.objects.due(now)[:CANDIDATES]:
        mine = OutboxMail.objects.filter(
            pk=mail.pk, status=MailStatus.WAITING, next_attempt_at=mail.next_attempt_at
        ).update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE)
        if mine:
            mail.attempts += 1
            mail.next_attempt_at = now + LEASE
            return mail
    return None


def build_message(mail: OutboxMail) -> EmailMultiAlternatives:
    """Return the mail as it goes out. Its Message-ID is the same at each attempt, so that a reader's program and the
    servers between can tell a repetition (RFC 5322, 3.6.4); it asks for no automatic answer (RFC 3834)."""
    domain = parseaddr(mail.sender)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{mail.message_id}@{domain}>", "Auto-Submitted": "auto-generated", **mail.headers}
    message = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, [mail.recipient], headers=headers)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def mark_sent(mail: OutboxMail, *, now: datetime) -> None:
    """Write down that the server took the mail; the text of a secret one goes (development shows it at /correo/)."""
    changes: dict[str, Any] = {"status": MailStatus.SENT, "sent_at": now, "last_error": ""}
    if mail.is_secret and not settings.DEVELOPMENT:
        changes |= {"text": "", "html": ""}
    OutboxMail.objects.filter(pk=mail.pk).update(**changes)


def mark_failed(mail: OutboxMail, error: Exception, *, now: datetime) -> None:
    """Write down a failed attempt: the mail waits for the next one, or is given up and, if secret, loses its text."""
    logger.warning("Mail %s, attempt %s: %s", mail.pk, mail.attempts, _kind(error))
    changes: dict[str, Any] = {"last_error": f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH]}
    if mail.attempts <= len(BACKOFF):
        changes["next_attempt_at"] = now + BACKOFF[mail.attempts - 1]
    else:
        changes["status"] = MailStatus.DEAD
        if mail.is_secret:
            changes |= {"text": "", "html": ""}
    # Only while the lease is ours: another worker may have taken the mail over and sent it.
    OutboxMail.objects.filter(pk=mail.pk, status=MailStatus.WAITING, attempts=mail.attempts).update(**changes)


def _kind(error: Exception) -> str:
    """Return the class of an error and the answers' codes (RFC 5321, 4.2); its text repeats the reader's address."""
    codes: set[int] = set()
    if isinstance(error, smtplib.SMTPResponseException):
        codes = {error.smtp_code}
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _text in error.recipients.values()}
    return " ".join([type(error).__name__, *map(str, sorted(codes))])


def _open(connection: BaseEmailBackend) -> None:
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerAwayError(str(error)) from error


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        logger.debug("The mail server hung up first.", exc_info=True)
