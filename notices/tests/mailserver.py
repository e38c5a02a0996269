"""A mail server for tests: takes what it is sent, and fails when told to."""

import smtplib
from collections.abc import Callable

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FakeMailServer(BaseEmailBackend):
    """One server for all connections; ``reset`` between tests."""

    received: list[EmailMessage] = []
    refused_recipients: set[str] = set()
    is_away = False
    opened = 0
    after_delivery: Callable[[EmailMessage], None] | None = None

    @classmethod
    def reset(cls) -> None:
        cls.received = []
        cls.refused_recipients = set()
        cls.is_away = False
        cls.opened = 0
        cls.after_delivery = None

    def open(self) -> bool:
        if self.is_away:
            raise ConnectionRefusedError("Connection refused")
        type(self).opened += 1
        return True

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        for message in email_messages:
            if self.refused_recipients & set(message.to):
                raise smtplib.SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})
            self.received.append(message)
            if self.after_delivery:
                type(self).after_delivery(message)
        return len(email_messages)
