"""The e-mail backend of the site: whatever sends mail writes it to the outbox, in the caller's transaction."""

from collections.abc import Iterator, Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from notices.models import MailPriority, OutboxMail


class OutboxEmailBackend(BaseEmailBackend):
    """Stores mail in ``OutboxMail``; the worker delivers it.

    A message may carry ``is_secret = True``: it holds a code or a key that somebody is waiting for. It goes first, and
    its text is erased once sent.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write one row for each recipient of each message; returns how many messages had a recipient.

        Each recipient has a mail of their own, so that one bad address neither stops nor repeats another's.

        Raises:
            BadHeaderError: when a header holds a line break. Raised here, where the caller can still say so.
        """
        messages = [message for message in email_messages if message.recipients()]
        OutboxMail.objects.bulk_create(row for message in messages for row in self._rows(message))
        return len(messages)

    def _rows(self, message: EmailMessage) -> Iterator[OutboxMail]:
        message.message()  # Builds the headers, and so checks them.
        html = ""
        if isinstance(message, EmailMultiAlternatives):
            html = next((str(body) for body, mimetype in message.alternatives if mimetype == "text/html"), "")
        headers = {name: str(value) for name, value in message.extra_headers.items()}
        if message.reply_to:
            headers["Reply-To"] = ", ".join(message.reply_to)
        is_secret = getattr(message, "is_secret", False)
        for recipient in dict.fromkeys(message.recipients()):
            yield OutboxMail(
                recipient=recipient,
                sender=message.from_email,
                subject=str(message.subject),
                text=str(message.body),
                html=html,
                headers=headers,
                is_secret=is_secret,
                priority=MailPriority.URGENT if is_secret else MailPriority.NORMAL,
            )
