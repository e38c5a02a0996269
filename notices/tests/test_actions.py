from datetime import UTC, datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import translation

from accounts.tests.factories import UserFactory
from notices.actions import notify, sweep_sent_mail
from notices.models import MailStatus, Notice, OutboxMail
from notices.sessions import sweep_sessions
from notices.tests.factories import NoticeFactory, OutboxMailFactory

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEMPLATE = "moderation/emails/listing_removed"


def tell(recipient, **changes):
    arguments = {
        "kind": "listing_removed",
        "template": TEMPLATE,
        "context": {"title": "Uñas & <b>más</b>", "reason": "No es un servicio."},
        "path": "/promociones/7-unas/",
        "now": NOW,
    }
    return notify(recipient=recipient, **(arguments | changes))


def test_notify_writes_a_notice_and_a_mail(owner, settings):
    settings.SITE_URL = "https://palitas.example"
    notice = tell(owner)
    assert (notice.recipient, notice.kind, notice.created_at, notice.read_at) == (owner, "listing_removed", NOW, None)
    mail = OutboxMail.objects.get()
    assert mail.recipient == owner.email
    assert not mail.is_secret
    assert "https://palitas.example/promociones/7-unas/" in mail.text
    assert "https://palitas.example/promociones/7-unas/" in mail.html


def test_mail_escapes_only_in_html(owner):
    tell(owner)
    mail = OutboxMail.objects.get()
    assert "Uñas & <b>más</b>" in mail.subject
    assert "Uñas & <b>más</b>" in mail.text
    assert "Uñas &amp; &lt;b&gt;más&lt;/b&gt;" in mail.html
    assert mail.html.startswith("<!doctype html>")
    assert mail.html.count("<p>") >= 3


def test_notify_writes_to_the_recipient_in_their_language(db):
    reader = UserFactory(language="en")
    with translation.override("es-pr"):
        notice = tell(reader)
    mail = OutboxMail.objects.get()
    assert "/en/promociones/7-unas/" in mail.text
    assert '<html lang="en">' in mail.html
    assert notice.path == "/promociones/7-unas/"


def test_notice_keeps_the_spanish_path_when_written_from_an_english_page(owner):
    assert tell(owner, path="/en/promociones/7-unas/").path == "/promociones/7-unas/"


def test_notify_refuses_an_unknown_kind(owner):
    with pytest.raises(KeyError):
        tell(owner, kind="palita")
    assert not Notice.objects.exists()
    assert not OutboxMail.objects.exists()


def test_notify_refuses_a_context_that_lacks_what_the_sentence_names(owner):
    with pytest.raises(KeyError, match="reason"):
        tell(owner, context={"title": "Uñas"})


@pytest.mark.parametrize(("language", "url"), [("es-pr", "/avisos/"), ("en", "/en/avisos/")])
def test_notice_links_to_the_page_in_the_readers_language(language, url):
    with translation.override(language):
        assert NoticeFactory.build(path="/avisos/", recipient=None).url == url


def test_notice_without_page_has_no_link():
    assert NoticeFactory.build(path="", recipient=None).url == ""


def test_notices_of_a_person_are_newest_first(owner, member):
    old = NoticeFactory(recipient=owner, created_at=NOW - timedelta(hours=1))
    new = NoticeFactory(recipient=owner, created_at=NOW)
    NoticeFactory(recipient=member)
    assert list(Notice.objects.of(owner)) == [new, old]


def test_mark_read_keeps_the_first_time(owner):
    read = NoticeFactory(recipient=owner, read_at=NOW - timedelta(days=1))
    unread = NoticeFactory(recipient=owner)
    assert Notice.objects.of(owner).mark_read(now=NOW) == 1
    read.refresh_from_db()
    unread.refresh_from_db()
    assert (read.read_at, unread.read_at) == (NOW - timedelta(days=1), NOW)


def test_sent_mail_is_swept_after_thirty_days(db, monkeypatch):
    monkeypatch.setattr("notices.actions.SWEEP_BATCH", 2)
    old = {"status": MailStatus.SENT, "sent_at": NOW - timedelta(days=30, seconds=1)}
    for _ in range(3):
        OutboxMailFactory(**old)
    kept = [
        OutboxMailFactory(status=MailStatus.SENT, sent_at=NOW - timedelta(days=30)),
        OutboxMailFactory(status=MailStatus.DEAD, next_attempt_at=NOW - timedelta(days=90)),
        OutboxMailFactory(next_attempt_at=NOW - timedelta(days=90)),
    ]
    assert sweep_sent_mail(NOW) == 3
    assert set(OutboxMail.objects.all()) == set(kept)
    assert sweep_sent_mail(NOW) == 0


def test_expired_sessions_are_swept_with_their_lines(owner):
    Session.objects.create(session_key="old", session_data="", expire_date=NOW - timedelta(seconds=1))
    Session.objects.create(session_key="new", session_data="", expire_date=NOW + timedelta(days=1))
    for key in ("old", "new", "logged out"):
        UserSession.objects.create(user=owner, ip="127.0.0.1", session_key=key, user_agent="")
    assert sweep_sessions(NOW) == 1
    assert Session.objects.get().session_key == "new"
    assert UserSession.objects.get().session_key == "new"
