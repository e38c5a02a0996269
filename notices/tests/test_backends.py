import pytest
from django.core.mail import BadHeaderError, EmailMessage, EmailMultiAlternatives
from django.db import transaction

from notices.models import MailPriority, MailStatus, OutboxMail


def test_backend_writes_mail_to_the_outbox(db):
    message = EmailMultiAlternatives("Hola", "texto", "de@example.com", ["a@example.com"], reply_to=["r@example.com"])
    message.attach_alternative("<p>html</p>", "text/html")
    assert message.send() == 1
    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.sender, mail.subject) == ("a@example.com", "de@example.com", "Hola")
    assert (mail.text, mail.html, mail.headers) == ("texto", "<p>html</p>", {"Reply-To": "r@example.com"})
    assert (mail.status, mail.priority, mail.is_secret) == (MailStatus.WAITING, MailPriority.NORMAL, False)


def test_backend_writes_one_mail_for_each_recipient(db):
    EmailMessage("Hola", "", "de@example.com", ["a@example.com", "b@example.com"], bcc=["c@example.com"]).send()
    assert sorted(OutboxMail.objects.values_list("recipient", flat=True)) == [
        "a@example.com",
        "b@example.com",
        "c@example.com",
    ]


def test_backend_puts_secret_mail_first(db):
    message = EmailMessage("Código", "123", "de@example.com", ["a@example.com"])
    message.is_secret = True
    message.send()
    mail = OutboxMail.objects.get()
    assert (mail.is_secret, mail.priority) == (True, MailPriority.URGENT)


def test_backend_ignores_mail_without_recipient(db):
    assert EmailMessage("Hola", "", "de@example.com", []).send() == 0
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("field", ["subject", "reply_to"])
def test_backend_refuses_line_breaks_in_headers(db, field):
    message = EmailMessage("Hola", "", "de@example.com", ["a@example.com"])
    evil = "x@example.com\nBcc: victim@example.com"
    setattr(message, field, [evil] if field == "reply_to" else evil)
    with pytest.raises(BadHeaderError):
        message.send()
    assert not OutboxMail.objects.exists()


def test_rollback_takes_the_mail_back(db):
    def fails():
        with transaction.atomic():
            EmailMessage("Hola", "", "de@example.com", ["a@example.com"]).send()
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert not OutboxMail.objects.exists()
