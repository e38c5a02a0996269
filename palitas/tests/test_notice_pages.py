from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from notices.models import MutedCategory, Notice, OutboxMail
from notices.tests.factories import NoticeFactory, OutboxMailFactory

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_notices_are_ones_own_and_newest_first(owner, member, login):
    old = NoticeFactory(recipient=owner, created_at=NOW - timedelta(days=1))
    new = NoticeFactory(recipient=owner, created_at=NOW)
    NoticeFactory(recipient=member)
    page = login(owner).get("/avisos/").context["page"]
    assert list(page) == [new, old]


def test_notice_is_a_sentence_with_a_link(owner, login):
    NoticeFactory(recipient=owner, data={"title": "<b>Uñas</b>", "reason": "No es un servicio."})
    page = login(owner).get("/avisos/").content.decode()
    assert "Retiramos tu anuncio “&lt;b&gt;Uñas&lt;/b&gt;”. Razón: No es un servicio." in page
    assert 'href="/promociones/1-destapes/"' in page
    assert 'href="/en/promociones/1-destapes/"' in login(owner).get("/en/avisos/").content.decode()


def test_notices_are_paged_by_twenty(owner, login):
    NoticeFactory.create_batch(21, recipient=owner)
    assert len(login(owner).get("/avisos/").context["page"]) == 20
    assert len(login(owner).get("/avisos/?pagina=2").context["page"]) == 1
    assert login(owner).get("/avisos/?pagina=mala").context["page"].number == 1


def test_page_without_notices_says_so(owner, login):
    assert "No tienes avisos" in login(owner).get("/avisos/").content.decode()


@pytest.mark.parametrize("who", ["owner", "suspended", "unverified"])
def test_post_marks_ones_own_notices_as_read(request, login, member, who):
    reader = request.getfixturevalue(who)
    mine, others = NoticeFactory(recipient=reader), NoticeFactory(recipient=member)
    response = login(reader).post("/avisos/")
    assert (response.status_code, response["Location"]) == (302, "/avisos/")
    mine.refresh_from_db()
    others.refresh_from_db()
    assert mine.read_at is not None
    assert others.read_at is None


def test_reading_the_page_marks_nothing(owner, login):
    NoticeFactory(recipient=owner)
    assert login(owner).get("/avisos/").context["has_unread"]
    assert Notice.objects.unread().count() == 1


def test_strangers_are_sent_to_login(client, db):
    assert client.post("/avisos/")["Location"] == "/cuenta/login/?next=/avisos/"


def ticked(response) -> list[str]:
    boxes = BeautifulSoup(response.content, "html.parser").find_all("input", {"name": "categories"})
    assert len(boxes) == 4
    return [box["value"] for box in boxes if box.has_attr("checked")]


@pytest.mark.parametrize("who", ["owner", "suspended", "unverified"])
def test_mail_is_switched_off_one_by_one(request, login, member, who):
    reader = request.getfixturevalue(who)
    browser, unread = login(reader), NoticeFactory(recipient=reader)
    assert ticked(browser.get("/avisos/")) == ["messages", "reminders", "matching", "searches"]
    response = browser.post("/avisos/", {"save_preferences": "1", "categories": ["messages", "searches"]})
    assert (response.status_code, response["Location"]) == (302, "/avisos/")
    assert ticked(browser.get("/avisos/")) == ["messages", "searches"]
    assert ticked(login(member).get("/avisos/")) == ["messages", "reminders", "matching", "searches"]
    unread.refresh_from_db()
    assert unread.read_at is None
    browser.post("/avisos/", {"save_preferences": "1"})
    assert ticked(browser.get("/avisos/")) == []


def test_unknown_category_is_refused_with_a_sentence(owner, login):
    response = login(owner).post("/avisos/", {"save_preferences": "1", "categories": ["messages", "palitas"]})
    assert response.status_code == 200
    assert "palitas" in response.context["form"].errors["categories"][0]
    assert ticked(response) == ["messages"]
    assert not MutedCategory.objects.exists()


def test_marking_as_read_leaves_the_mail_alone(owner, login):
    login(owner).post("/avisos/")
    assert not MutedCategory.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(owner, login, method):
    assert getattr(login(owner), method)("/avisos/").status_code == 405


def test_sent_mail_shows_recipient_subject_and_text_newest_first(client, db):
    OutboxMailFactory(subject="uno", text="hola")
    OutboxMailFactory(subject="dos", recipient="ana@example.com", text="<b>123-456</b>\n\nhttp://testserver/x/?a=1&b=2")
    page = client.get("/correo/").content.decode()
    assert page.index(">dos<") < page.index(">uno<")
    assert "ana@example.com" in page
    assert "&lt;b&gt;123-456&lt;/b&gt;" in page
    assert 'href="http://testserver/x/?a=1&amp;b=2"' in page


def test_sent_mail_is_paged(client, db):
    OutboxMailFactory.create_batch(21)
    assert len(client.get("/correo/").context["page"]) == 20
    assert len(client.get("/correo/?pagina=2").context["page"]) == 1


def test_sent_mail_page_only_reads(client, db):
    assert client.post("/correo/").status_code == 405
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_lists_take_the_same_queries_whatever_their_length(owner, login, rows, django_assert_num_queries):
    NoticeFactory.create_batch(rows, recipient=owner)
    OutboxMailFactory.create_batch(rows)
    browser = login(owner)
    browser.get("/avisos/")  # Writes the line in the list of sessions.
    with django_assert_num_queries(7):
        browser.get("/avisos/")
    with django_assert_num_queries(5):
        browser.get("/correo/")
