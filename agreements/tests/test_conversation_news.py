"""What an open conversation asks for again and again, and how it sends without leaving the page."""

from datetime import timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from accounts.models import User
from agreements.actions.contacts import MESSAGES_PER_HOUR, block, write_message
from agreements.models import Contact
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory
from notices.tests.factories import NoticeFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"


@pytest.fixture
def contact(owner, member) -> Contact:
    contact = ContactFactory(listing__owner=owner, opener=member, owner_unread=False)
    MessageFactory(contact=contact)
    return contact


@pytest.fixture
def path(contact) -> str:
    return contact.get_absolute_url()


def parsed(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def seen(response) -> dict[str, str]:
    """Return what a page, or a part of it, says that it shows."""
    return {field["name"]: field["value"] for field in parsed(response).select("#novedades input")}


def bodies(response) -> list[str]:
    return [body.get_text() for body in parsed(response).select("li[id^=mensaje-] > p")]


def swapped(response) -> list[str]:
    return [part["id"] for part in parsed(response).select("[data-hx-swap-oob]")]


def write(contact, author, body, **options):
    return write_message(contact=contact, author=author, body=body, now=timezone.now(), **options)


def test_nothing_new_is_answered_with_nothing(path, owner, login):
    browser = login(owner)
    response = browser.get(path, seen(browser.get(path)), headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")
    assert response["Cache-Control"] == NEVER


@pytest.mark.parametrize("rows", [1, 3, 60])
def test_nothing_new_takes_three_queries_however_much_there_is(
    contact, path, owner, login, rows, django_assert_num_queries
):
    MessageFactory.create_batch(rows - 1, contact=contact, photo_count=1)
    for _row in range(min(rows, 3)):
        AgreementFactory(contact=contact, rejected=True)
    browser = login(owner)
    known = seen(browser.get(path))
    with django_assert_num_queries(3):  # session, person, contact
        assert browser.get(path, known, headers=HTMX).status_code == 204


def test_new_messages_alone_are_brought_and_marked_as_read(contact, path, owner, member, login):
    browser = login(owner)
    known = seen(browser.get(path))
    write(contact, member, "¿Sigues ahí?")
    write(contact, member, "<b>Contesta</b>")
    response = browser.get(path, known, headers=HTMX)
    assert bodies(response) == ["¿Sigues ahí?", "<b>Contesta</b>"]
    assert swapped(response) == ["estado", "acuerdos", "novedades", "aparte"]
    assert response["Cache-Control"] == NEVER
    assert "HX-Request" in response["Vary"]
    contact.refresh_from_db()
    assert not contact.owner_unread
    assert seen(response)["puntos"] == "00"
    assert browser.get(path, seen(response), headers=HTMX).status_code == 204


def test_part_brings_the_newest_messages_only(contact, path, owner, login):
    page = login(owner).get(path)
    MessageFactory.create_batch(51, contact=contact)
    assert len(bodies(login(owner).get(path, seen(page), headers=HTMX))) == 50


def test_agreement_that_moves_on_is_brought(contact, path, owner, login):
    browser = login(owner)
    known = seen(browser.get(path))
    agreement = AgreementFactory(contact=contact, active=True)
    response = browser.get(path, known, headers=HTMX)
    assert bodies(response) == []
    part = parsed(response)
    assert part.select_one("#acuerdos [data-kind=agreement]")["data-id"] == str(agreement.pk)
    assert part.select_one("#estado")["data-status"] == "active"


def test_dots_of_other_things_are_brought(contact, path, owner, login):
    browser = login(owner)
    known = seen(browser.get(path))
    assert known["puntos"] == "00"
    ContactFactory(listing__owner=owner, owner_unread=True)
    NoticeFactory(recipient=owner)
    response = browser.get(path, known, headers=HTMX)
    assert bodies(response) == []
    assert seen(response)["puntos"] == "11"


@pytest.mark.parametrize("since", ["", "x", "-1", "²", "9" * 40])
def test_strange_beginnings_bring_the_newest(contact, path, owner, login, since):
    assert len(bodies(login(owner).get(path, {"desde": since}, headers=HTMX))) == 1


@pytest.mark.parametrize("role", ["unverified", "moderator", "superuser"])
def test_strangers_learn_nothing(path, login, request, role):
    browser = login(request.getfixturevalue(role))
    assert browser.get(path, {"desde": "0"}, headers=HTMX).status_code == 404
    assert browser.post(path, {"body": "Hola"}, headers=HTMX).status_code == 404


def test_message_is_sent_without_leaving_the_page(contact, path, owner, member, login):
    browser = login(owner)
    page = browser.get(path)
    write(contact, member, "¿Vienes?")
    key = str(uuid4())
    sent = seen(page) | {"body": "Sí", "client_key": key}
    response = browser.post(path, sent, headers=HTMX)
    assert response.status_code == 200
    assert bodies(response) == ["¿Vienes?", "Sí"]
    assert swapped(response) == ["estado", "acuerdos", "novedades", "aparte", "escribir"]
    form = parsed(response).select_one("form[data-message-form]")
    assert form["data-hx-post"] == path
    assert form.select_one("textarea").get_text(strip=True) == ""
    assert form.select_one("[name=client_key]")["value"] != key
    # Once more, because the answer was lost: it is shown, and not written again.
    assert bodies(browser.post(path, sent, headers=HTMX)) == ["¿Vienes?", "Sí"]
    assert contact.messages.count() == 3


def test_message_that_says_nothing_comes_back_with_a_sentence(contact, path, owner, login):
    browser = login(owner)
    response = browser.post(path, seen(browser.get(path)) | {"body": " "}, headers=HTMX)
    assert response.status_code == 200
    assert bodies(response) == []
    assert "Escribe un mensaje o añade una foto." in parsed(response).select_one("#escribir").get_text()
    assert contact.messages.count() == 1


def test_message_too_many_comes_back_with_its_text(contact, path, owner, login):
    MessageFactory.create_batch(MESSAGES_PER_HOUR, contact=contact, author=owner)
    browser = login(owner)
    response = browser.post(path, seen(browser.get(path)) | {"body": "Otra cosa"}, headers=HTMX)
    assert response.status_code == 429
    form = parsed(response).select_one("form[data-hx-status\\:429]")
    assert "Escribiste 60 mensajes en una hora." in form.get_text()
    assert form.select_one("textarea").get_text(strip=True) == "Otra cosa"


def test_refusal_gives_its_sentence(contact, path, owner, member, login):
    block(contact=contact, by=member)
    response = login(owner).post(path, {"body": "Hola"}, headers=HTMX)
    assert response.status_code == 403
    sentence = parsed(response).select_one("[data-sentence]").get_text()
    assert sentence == "Uno de los dos bloqueó al otro: no pueden escribirse."
    assert contact.messages.count() == 1


def test_suspended_side_still_reads_what_is_new(contact, path, owner, member, login):
    User.objects.filter(pk=owner.pk).update(suspended_at=timezone.now())
    browser = login(owner)
    known = seen(browser.get(path))
    MessageFactory(contact=contact, body="¿Qué pasó?")
    assert bodies(browser.get(path, known, headers=HTMX)) == ["¿Qué pasó?"]


def test_earlier_messages_neither_ask_nor_send_in_place(contact, path, owner, login):
    later = MessageFactory(contact=contact, created_at=timezone.now() + timedelta(minutes=1))
    page = parsed(login(owner).get(path, {"antes": later.pk}))
    assert page.select("[data-chat], [data-hx-post]") == []
    assert page.select_one("form[data-message-form]")["method"] == "post"
