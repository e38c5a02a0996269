import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from notices.models import MailStatus, OutboxMail
from notices.tests.factories import NoticeFactory, OutboxMailFactory

# Django's own templates read variables that nobody sets.
pytestmark = pytest.mark.ignore_template_errors

MAILS = "/admin/notices/outboxmail/"


def page_of(browser, mail: OutboxMail) -> str:
    return browser.get(f"{MAILS}{mail.pk}/change/").content.decode()


def test_text_of_mail_is_for_superusers_and_of_secret_mail_for_nobody(moderator, superuser, login):
    plain, secret = OutboxMailFactory(html="<p>123-456</p>"), OutboxMailFactory(secret=True, html="<p>123-456</p>")
    assert "123-456" in page_of(login(superuser), plain)
    assert "123-456" not in page_of(login(superuser), secret)
    assert "123-456" not in page_of(login(moderator), plain)
    assert "123-456" not in page_of(login(moderator), secret)


def test_subject_of_mail_which_names_people_is_for_superusers(moderator, superuser, login):
    mail = OutboxMailFactory(subject="Carlos Díaz canceló el acuerdo")
    for reader, count in ((moderator, 0), (superuser, 1)):
        browser = login(reader)
        pages = browser.get(MAILS).content.decode(), page_of(browser, mail)
        assert [min(page.count("Carlos Díaz"), 1) for page in pages] == [count, count]
        assert all(mail.recipient in page for page in pages)


def test_resend_puts_given_up_mail_in_line_again(moderator, login):
    dead = OutboxMailFactory(status=MailStatus.DEAD, attempts=10, last_error="550 no existe")
    secret = OutboxMailFactory(status=MailStatus.DEAD, attempts=10, secret=True, text="")
    sent = OutboxMailFactory(status=MailStatus.SENT, attempts=1, sent_at=timezone.now())
    chosen = {"action": "resend", "_selected_action": [dead.pk, secret.pk, sent.pk]}
    response = login(moderator).post(MAILS, chosen, follow=True)
    assert [str(message) for message in response.context["messages"]] == ["1 correo va en camino otra vez."]
    states = {mail.pk: (mail.status, mail.attempts, mail.last_error) for mail in OutboxMail.objects.all()}
    assert states == {
        dead.pk: (MailStatus.WAITING, 0, ""),
        secret.pk: (MailStatus.DEAD, 10, ""),
        sent.pk: (MailStatus.SENT, 1, ""),
    }
    assert list(OutboxMail.objects.due(timezone.now())) == [dead]
    assert [(entry.user, entry.object_id) for entry in LogEntry.objects.all()] == [(moderator, str(dead.pk))]


def test_resend_of_mail_on_its_way_says_why_not(moderator, login):
    mail = OutboxMailFactory(attempts=3)
    response = login(moderator).post(MAILS, {"action": "resend", "_selected_action": [mail.pk]}, follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "Ninguno se puede enviar otra vez: o van en camino, o llevaban un código que ya venció."
    ]
    assert OutboxMail.objects.get().attempts == 3
    assert not LogEntry.objects.exists()


def test_notices_are_told_and_filtered_by_kind(superuser, login):
    notice = NoticeFactory()
    NoticeFactory(kind="account_reinstated", data={})
    response = login(superuser).get("/admin/notices/notice/", {"clase": "listing_removed"})
    assert list(response.context["cl"].result_list) == [notice]
    assert notice.sentence in response.content.decode()
