"""The e-mail backend of the site: whatever sends mail writes it to the outbox, in the caller's transaction."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from notices.models import MailPriority, OutboxMail


class OutboxEmailBackend(BaseEmailBackend):
    """Stores mail in ``OutboxMail``; the worker delivers it.

    A message may carry ``is_secret`` (its text is erased once sent) and ``priority`` as attributes.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write one row a message; returns how many."""
        rows = [self._row(message) for message in email_messages if message.recipients()]
        OutboxMail.objects.bulk_create(rows)
        return len(rows)

    def _row(self, message: EmailMessage) -> OutboxMail:
        html = ""
        if isinstance(message, EmailMultiAlternatives):
            html = next((body for body, mimetype in message.alternatives if mimetype == "text/html"), "")
        headers = {name: str(value) for name, value in message.extra_headers.items()}
        if message.reply_to:
            headers["Reply-To"] = ", ".join(message.reply_to)
        return OutboxMail(
            recipients=message.recipients(),
            sender=message.from_email,
            subject=message.subject,
            text=message.body,
            html=html,
            headers=headers,
            is_secret=getattr(message, "is_secret", False),
            priority=getattr(message, "priority", MailPriority.NORMAL),
        )
