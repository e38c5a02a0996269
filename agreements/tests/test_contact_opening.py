"""Opening a contact from a listing: members, visitors who log in on the way, and everybody who may not."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.browser import log_in, mailed_code, sign_up
from accounts.tests.factories import UserFactory
from agreements.models import Block, Contact, Message
from agreements.tests.factories import ContactFactory, MessageFactory
from notices.models import Notice, OutboxMail
from services.enums import Status
from services.models import Listing
from services.tests.pages import PAGES, errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("pages", PAGES)]

TEXT = "Se me tapó el fregadero.\n¿Puedes venir?"
HIDDEN = ("draft", "paused", "archived", "removed", "deleted")


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def typed_in(response) -> str:
    return soup(response).select_one("main textarea[name=body]").get_text().replace("\r\n", "\n").removeprefix("\n")


def box_of(response) -> BeautifulSoup | None:
    return soup(response).select_one("section[aria-labelledby=escribir]")


def nothing_opened() -> bool:
    return not any(model.objects.exists() for model in (Contact, Message, Notice, OutboxMail))


@pytest.fixture
def listing(pages, owner) -> Listing:
    return pages.factory(owner=owner, title="Destapes en Ponce")


@pytest.fixture
def path(pages, listing) -> str:
    return pages.action(listing, "contactar")


def test_member_writes_from_the_page_of_the_listing(pages, listing, path, owner, member, login):
    browser = login(member)
    form = box_of(browser.get(pages.detail(listing))).select_one("form")
    assert (form["action"], form["method"]) == (path, "post")
    response = browser.post(path, {"body": f"  {TEXT}\r\n"})
    contact = Contact.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/contactos/{contact.pk}/")
    assert (contact.listing_id, contact.opener, contact.owner, contact.kind) == (listing.pk, member, owner, pages.kind)
    assert (contact.owner_unread, contact.opener_unread, contact.both_wrote) == (True, False, False)
    message = contact.messages.get()
    assert (message.author, message.body) == (member, TEXT)


def test_provider_is_the_owner_of_a_promotion_and_the_writer_about_a_request(pages, path, owner, member, login):
    login(member).post(path, {"body": TEXT})
    contact = Contact.objects.get()
    people = (owner, member) if pages.kind == "promotion" else (member, owner)
    assert (contact.provider, contact.client) == people


def test_owner_is_told_on_the_site_and_by_mail(path, owner, member, login):
    login(member).post(path, {"body": TEXT})
    notice, mail = Notice.objects.get(), OutboxMail.objects.get()
    assert (notice.recipient, notice.kind, notice.path) == (
        owner,
        "contact_opened",
        f"/contactos/{Contact.objects.get().pk}/",
    )
    assert notice.sentence == "Carlos Ortiz te escribió sobre “Destapes en Ponce”."
    assert mail.recipient == owner.email
    assert TEXT in mail.text
    assert member.email not in mail.text + mail.html


def test_form_has_a_page_of_its_own(path, member, login):
    page = soup(login(member).get(path))
    assert page.select_one("h1").get_text() == "Escríbele a Pilar"
    assert page.select_one("main form")["action"] == path


def test_english_page_leads_to_the_english_conversation(path, member, login):
    assert login(member).post(f"/en{path}", {"body": TEXT})["Location"] == f"/en/contactos/{Contact.objects.get().pk}/"


def test_opening_again_leads_to_the_same_contact_and_keeps_the_new_text(pages, listing, path, member, login):
    browser = login(member)
    first = browser.post(path, {"body": TEXT})["Location"]
    again = browser.post(path, {"body": "Y otra cosa."})
    assert (again.status_code, again["Location"]) == (302, first)
    assert (Contact.objects.count(), Message.objects.count(), OutboxMail.objects.count()) == (1, 1, 1)
    page = browser.get(first)
    assert typed_in(page) == "Y otra cosa."
    assert "Tu texto está abajo, sin enviar." in page.content.decode()
    assert typed_in(browser.get(first)) == "Y otra cosa."
    browser.post(first, {"body": "Y otra cosa."})
    assert typed_in(browser.get(first)) == ""
    assert browser.get(path)["Location"] == first
    link = box_of(browser.get(pages.detail(listing))).select_one("a")
    assert (link["href"], link.get_text(strip=True)) == (first, "Ver la conversación")


def test_impatient_second_click_leaves_nothing_in_the_box(path, member, login):
    browser = login(member)
    first = browser.post(path, {"body": TEXT})["Location"]
    assert browser.post(path, {"body": TEXT.replace("\n", "\r\n")})["Location"] == first
    assert typed_in(browser.get(first)) == ""
    assert Message.objects.count() == 1


def test_contact_about_what_is_no_longer_published_is_still_found(listing, path, member, login):
    contact = ContactFactory(listing=listing, opener=member)
    Listing.objects.filter(pk=listing.pk).update(status=Status.ARCHIVED)
    assert login(member).get(path)["Location"] == f"/contactos/{contact.pk}/"
    page = login(member).get(f"/contactos/{contact.pk}/")
    assert "Ya no está publicado" in page.content.decode()
    assert soup(page).select_one(".listing-line a") is None


@pytest.mark.parametrize("trait", HIDDEN)
def test_what_is_not_published_cannot_be_written_about(pages, owner, member, superuser, login, trait):
    path = pages.action(pages.factory(owner=owner, **{trait: True}), "contactar")
    for browser in (Client(), login(member), login(superuser)):
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"body": TEXT}).status_code == 404
    assert nothing_opened()


def test_listing_of_the_other_kind_and_unknown_numbers_are_not_found(pages, listing, member, login):
    other = {"/promociones/": "/solicitudes/", "/solicitudes/": "/promociones/"}[pages.path]
    ContactFactory(listing=listing, opener=member)
    for path in (f"{other}{listing.pk}/contactar/", f"{pages.path}{10**30}/contactar/"):
        assert login(member).post(path, {"body": TEXT}).status_code == 404
    assert not Message.objects.exists()


def test_listings_of_suspended_people_cannot_be_written_about(path, owner, member, login):
    User.objects.filter(pk=owner.pk).update(suspended_at=timezone.now())
    assert login(member).post(path, {"body": TEXT}).status_code == 404


def test_visitor_logs_in_and_finds_the_text(pages, listing, path, member):
    browser = Client()
    box = box_of(browser.get(pages.detail(listing)))
    assert "Lo que escribas se guarda." in box.get_text()
    response = browser.post(path, {"body": TEXT})
    assert (response.status_code, response["Location"]) == (302, f"/cuenta/login/?next={path}")
    assert nothing_opened()
    login_page = soup(browser.get(response["Location"]))
    assert login_page.select_one("main [name=next]")["value"] == path
    response = browser.post(
        "/cuenta/login/", {"login": member.email, "password": "bizcocho-de-guayaba-7", "next": path}
    )
    assert response["Location"] == path
    assert typed_in(browser.get(path)) == TEXT
    assert typed_in(browser.get(pages.detail(listing))) == TEXT
    response = browser.post(path, {"body": TEXT})
    assert response["Location"] == f"/contactos/{Contact.objects.get().pk}/"
    assert Message.objects.get().body == TEXT
    assert browser.session["drafts"] == {}


def test_visitor_signs_up_and_finds_the_text(path):
    browser = Client()
    next_page = browser.post(path, {"body": TEXT})["Location"]
    link = soup(browser.get(next_page)).select_one("main a[href*=signup]")["href"]
    assert unquote(link) == f"/cuenta/signup/?next={path}"
    assert soup(browser.get(link)).select_one("main [name=next]")["value"] == path
    sign_up(browser, next=path)
    assert browser.post("/cuenta/confirm-email/", {"code": mailed_code()})["Location"] == path
    assert typed_in(browser.get(path)) == TEXT
    assert browser.post(path, {"body": TEXT}).status_code == 302
    assert Message.objects.get().body == TEXT


def test_visitor_who_has_a_contact_finds_the_text_in_it(listing, path, member):
    contact = ContactFactory(listing=listing, opener=member)
    browser = Client()
    browser.post(path, {"body": TEXT})
    log_in(browser, member.email)
    response = browser.get(path, follow=True)
    assert response.redirect_chain == [(f"/contactos/{contact.pk}/", 302)]
    assert typed_in(response) == TEXT
    assert not Message.objects.exists()


def test_text_of_one_person_is_gone_after_they_leave(path, member):
    browser = Client()
    browser.post(path, {"body": TEXT})
    browser.logout()
    log_in(browser, member.email)
    assert typed_in(browser.get(path)) == ""


def test_visitor_s_texts_are_kept_apart_and_limited(pages, member):
    paths = [pages.action(pages.factory(), "contactar") for _ in range(6)]
    browser = Client()
    for number, path in enumerate(paths):
        browser.post(path, {"body": f"Texto {number}" + "x" * 9000})
    assert typed_in(browser.get(paths[0])) == ""
    for number in range(1, 6):
        assert typed_in(browser.get(paths[number])).startswith(f"Texto {number}x")
    assert len(typed_in(browser.get(paths[1]))) == 4000


def test_own_listing_is_refused(pages, listing, path, owner, login):
    for response in (login(owner).get(path), login(owner).post(path, {"body": TEXT})):
        assert response.status_code == 403
        assert "Este anuncio es tuyo: no puedes escribirte." in response.content.decode()
    assert box_of(login(owner).get(pages.detail(listing))) is None
    assert nothing_opened()


@pytest.mark.parametrize(
    ("role", "sentence"),
    [("suspended", "Tu cuenta está suspendida"), ("unverified", "Confirma primero tu correo electrónico.")],
)
def test_who_may_not_act_is_refused(pages, listing, path, login, request, role, sentence):
    browser = login(request.getfixturevalue(role))
    for response in (browser.get(path), browser.post(path, {"body": TEXT})):
        assert response.status_code == 403
        assert sentence in response.content.decode()
    assert sentence in box_of(browser.get(pages.detail(listing))).get_text()
    assert nothing_opened()


@pytest.mark.parametrize("blocker_is_owner", [True, False])
def test_block_is_refused_both_ways(pages, listing, path, owner, member, login, blocker_is_owner):
    one, other = (owner, member) if blocker_is_owner else (member, owner)
    Block.objects.create(blocker=one, blocked=other)
    browser = login(member)
    for response in (browser.get(path), browser.post(path, {"body": TEXT})):
        assert response.status_code == 403
        assert "Uno de los dos bloqueó al otro" in response.content.decode()
    box = box_of(browser.get(pages.detail(listing)))
    assert box.select_one("form") is None
    assert nothing_opened()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Escribe un mensaje."),
        (" \r\n\u200b ", "Escribe un mensaje."),
        ("x" * 2001, "Un mensaje puede tener hasta 2,000 letras: este tiene 2001."),
    ],
)
def test_bad_text_comes_back_with_a_sentence(path, member, login, body, sentence):
    response = login(member).post(path, {"body": body})
    assert errors_of(response) == {"body": [sentence]}
    assert typed_in(response) == body.replace("\r\n", "\n")
    assert nothing_opened()


def test_other_methods_are_refused(path, member, login):
    for method in ("put", "delete", "patch"):
        assert getattr(login(member), method)(path).status_code == 405


def test_program_that_fills_in_everything_is_told_nothing(listing, path, member, login):
    for browser in (Client(), login(member)):
        response = browser.post(path, {"body": TEXT, "website": "https://spam.example"})
        assert (response.status_code, response["Location"]) == (302, listing.get_absolute_url())
        assert "drafts" not in browser.session
    assert nothing_opened()


@pytest.mark.parametrize(("days", "limit"), [(0, 5), (8, 20)])
def test_new_contacts_of_a_day_are_limited(pages, path, login, days, limit):
    opener = UserFactory(date_joined=timezone.now() - timedelta(days=days))
    yesterday = timezone.now() - timedelta(hours=24, minutes=1)
    today = timezone.now() - timedelta(hours=23)
    ContactFactory.create_batch(2, opener=opener, created_at=yesterday)
    ContactFactory.create_batch(limit - 1, opener=opener, created_at=today)
    browser = login(opener)
    assert browser.post(path, {"body": TEXT}).status_code == 302
    refused = browser.post(pages.action(pages.factory(), "contactar"), {"body": TEXT})
    assert refused.status_code == 429
    page = BeautifulSoup(refused.content, "html.parser")
    assert "Llegaste al máximo de contactos nuevos por hoy." in page.select_one("[role=alert]").get_text()
    assert page.select_one("main textarea").get_text().strip() == TEXT
    assert Contact.objects.count() == limit + 2
    # The contact that there is can still be found.
    assert browser.post(path, {"body": "Otra vez"}).status_code == 302


def test_message_of_a_contact_is_escaped(path, member, login):
    response = login(member).post(path, {"body": "<b>hola</b> & adiós"}, follow=True)
    assert "&lt;b&gt;hola&lt;/b&gt; &amp; adiós" in response.content.decode()


def test_mail_is_in_the_language_of_its_reader(path, owner, member, login):
    User.objects.filter(pk=owner.pk).update(language="en")
    login(member).post(path, {"body": TEXT})
    assert f"/en/contactos/{Contact.objects.get().pk}/" in OutboxMail.objects.get().text


def test_page_of_a_listing_asks_no_more_for_contacts_that_there_are(
    pages, listing, member, login, django_assert_max_num_queries
):
    MessageFactory.create_batch(3, contact=ContactFactory(listing=listing, opener=member))
    browser = login(member)
    with django_assert_max_num_queries(12):
        browser.get(pages.detail(listing))
