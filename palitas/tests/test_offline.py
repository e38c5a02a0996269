"""What the service worker is told: whose pages they are, when to forget them, and what belongs to a release."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.test import Client

from agreements.tests.factories import AgreementFactory, ContactFactory
from palitas.pages import connection

MARK = "X-Session-Mark"


def test_pages_carry_the_mark_of_their_session_and_it_names_nobody(client, login, member, owner):
    first, second, other = (login(person).get("/acerca/")[MARK] for person in (member, member, owner))
    assert client.get("/acerca/")[MARK] == "none"
    assert len({first, second, other}) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", mark) for mark in (first, second, other))


def test_mark_stays_for_the_session_and_stands_on_errors_too(login, member):
    browser = login(member)
    marks = {browser.get(path)[MARK] for path in ("/acerca/", "/tablero/", "/en/contactos/", "/no-existe/")}
    assert len(marks) == 1
    assert MARK not in browser.get("/robots.txt")


def test_redirect_carries_no_mark(login, member):
    response = login(member).get(f"/perfil/{member.pk}/")
    assert (response.status_code, MARK in response) == (302, False)


def test_session_page_tells_the_worker_who_it_is_and_gives_a_token(client, login, member, owner):
    browser = login(member)
    response = browser.get("/sesion/")
    found = response.json()
    assert sorted(found) == ["person", "token"]
    assert (response["Cache-Control"], len(found["token"])) == ("no-store", 64)
    assert found["person"] == login(member).get("/sesion/").json()["person"]
    assert found["person"] != login(owner).get("/sesion/").json()["person"]
    assert client.get("/sesion/").json()["person"] == ""


def test_token_of_the_session_page_sends_a_message(member):
    contact = ContactFactory(opener=member)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    data = {"body": "Llegué.", "csrfmiddlewaretoken": browser.get("/sesion/").json()["token"]}
    assert browser.post(contact.get_absolute_url(), {**data, "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert browser.post(contact.get_absolute_url(), data).status_code == 302
    assert contact.messages.filter(author=member, body="Llegué.").count() == 1


def test_logout_makes_the_browser_forget(login, member):
    response = login(member).post("/cuenta/logout/")
    assert (response.status_code, response["Clear-Site-Data"]) == (302, '"cache", "storage"')


@pytest.mark.parametrize("path", ["/", "/cuenta/logout/", "/tablero/"])
def test_nothing_else_makes_the_browser_forget(login, member, path):
    assert "Clear-Site-Data" not in login(member).get(path)


def test_worker_is_at_the_root_and_always_asked_for_anew(client):
    response = client.get("/sw.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "no-cache"
    site, script = re.fullmatch(
        r'const SITE = (\{.*\});\nimportScripts\("(.*)"\);\n', response.content.decode()
    ).groups()
    assert script == "/static/js/worker.js"
    shell = json.loads(site)["shell"]
    assert shell[-2:] == ["/sin-conexion/", "/en/sin-conexion/"]
    for url in [script, *shell[:-2]]:
        assert finders.find(url.removeprefix("/static/")), url


def test_shell_has_all_that_a_page_of_the_site_loads(login, member):
    shell = {f"/static/{name}" for name in connection.SHELL}
    contact = ContactFactory(opener=member)
    agreement = AgreementFactory(contact=contact)
    for path in ("/tablero/", contact.get_absolute_url(), agreement.get_absolute_url()):
        page = BeautifulSoup(login(member).get(path).content, "html.parser")
        loaded = {tag.get("href") or tag.get("src") for tag in page.select("link[rel=stylesheet], script[src]")}
        assert loaded - shell == set(), path


@pytest.fixture
def fresh_release():
    connection.worker_source.cache_clear()
    yield
    connection.worker_source.cache_clear()


@pytest.mark.usefixtures("fresh_release")
def test_worker_changes_with_any_file_of_the_release(client, monkeypatch):
    def version() -> str:
        connection.worker_source.cache_clear()
        return json.loads(client.get("/sw.js").content.decode().split("\n")[0].removeprefix("const SITE = ")[:-1])[
            "version"
        ]

    before = version()
    assert version() == before
    real = connection.static
    monkeypatch.setattr(connection, "static", lambda name: real(name).replace("logo.", "logo.0123456789ab."))
    assert version() != before


@pytest.mark.parametrize(
    ("path", "heading"), [("/sin-conexion/", "Sin conexión"), ("/en/sin-conexion/", "No connection")]
)
def test_offline_page_is_the_same_for_everybody(client, login, member, path, heading):
    pages = [browser.get(path).content.decode() for browser in (client, login(member))]
    assert pages[0] == pages[1]
    assert f"<h1>{heading}</h1>" in pages[0]
    assert member.first_name not in pages[0]


@pytest.mark.parametrize("headers", [{"purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}])
def test_page_that_is_put_aside_leaves_things_unread(login, member, owner, headers):
    contact = ContactFactory(listing__owner=owner, opener=member)
    agreement = AgreementFactory(contact=contact)
    browser = login(owner)
    for page in (contact, agreement):
        assert browser.get(page.get_absolute_url(), headers=headers).status_code == 200
    contact.refresh_from_db()
    assert contact.owner_unread
    browser.get(contact.get_absolute_url())
    contact.refresh_from_db()
    assert not contact.owner_unread


def test_message_form_tells_the_worker_whose_message_it_is(login, member):
    contact = ContactFactory(opener=member)
    browser = login(member)
    page = BeautifulSoup(browser.get(contact.get_absolute_url()).content, "html.parser")
    person = browser.get("/sesion/").json()["person"]
    assert page.select_one("form[data-message-form] [name=person]")["value"] == person
    assert page.select_one("ol[data-outbox]")["data-outbox"] == person
