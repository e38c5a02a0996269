"""Without connection: the pages that one has seen, and messages that wait. The network of real Chromium is cut."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from agreements.actions.contacts import block
from agreements.models import Contact, Message
from agreements.tests.factories import AgreementFactory, ContactFactory
from notices.models import OutboxMail

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WAITING = "[data-outbox] > li"
NO_PAGE = "Esta página no está guardada en tu teléfono."
STORED = """async () => {
    const found = {};
    for (const name of await caches.keys()) {
        if (!name.startsWith("own-")) continue;
        const requests = await (await caches.open(name)).keys();
        found[name.slice(4)] = requests.map((request) => new URL(request.url).pathname);
    }
    return found;
}"""


NOTHING_WAITS = "async () => (await messages()).length === 0"
IS_STORED = "async (path) => Boolean(await caches.match(path, {ignoreVary: true}))"


@pytest.fixture
def contact(owner, member) -> Contact:
    return ContactFactory(listing__owner=owner, opener=member)


def until(page: Page, script: str, argument: str = "") -> None:
    """Wait until ``script`` gives true. Playwright's own waiting is refused by the content policy."""
    for _ in range(100):
        if page.evaluate(script, argument):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{script} {argument}")


def visit(page: Page, path: str) -> None:
    """Open a page with the worker in charge, which has put it aside when this returns."""
    page.goto("/acerca/")
    until(page, "Boolean(navigator.serviceWorker.controller)")
    page.goto(path)
    until(page, IS_STORED, path)


def cut(page: Page) -> None:
    page.context.set_offline(True)


def reconnect(page: Page) -> None:
    page.context.set_offline(False)


def write(page: Page, text: str) -> None:
    page.fill("[data-message-form] textarea", text)
    page.click("#enviar")


def stored(page: Page) -> dict[str, list[str]]:
    return page.evaluate(STORED)


def sent(contact: Contact) -> list[str]:
    return list(Message.objects.filter(contact=contact, author=contact.opener).values_list("body", flat=True))


def test_page_that_was_seen_is_there_with_its_age(open_tab, contact, member):
    User.objects.filter(pk=contact.owner_id).update(first_name="D'Ángela", last_name="<Ríos> & Soto")
    tab = open_tab(member)
    visit(tab.page, contact.get_absolute_url())
    cut(tab.page)
    tab.page.goto(contact.get_absolute_url())
    expect(tab.page.locator("h1")).to_contain_text("D'Ángela <Ríos> & Soto")
    expect(tab.page.locator("[data-stored-note]")).to_have_text("Guardada ahora; sin conexión.")
    tab.page.goto("/servicios/")
    expect(tab.page.locator("main")).to_contain_text(NO_PAGE)
    expect(tab.page.locator("[data-shelf] a").last).to_have_text("D'Ángela <Ríos> & Soto")
    tab.page.goto("/en/servicios/")
    expect(tab.page.locator("h1")).to_have_text("No connection")
    tab.take_troubles()


def test_age_is_said_in_hours(open_tab, contact, member):
    tab = open_tab(member)
    path = contact.get_absolute_url()
    visit(tab.page, path)
    tab.page.evaluate(
        """async () => {
            const [name] = (await caches.keys()).filter((name) => name.startsWith("own-"));
            const cache = await caches.open(name);
            const old = await cache.match(location.href, {ignoreVary: true});
            const headers = new Headers(old.headers);
            headers.set("X-Stored-At", Date.now() - 2 * 3600 * 1000);
            await cache.put(location.href, new Response(await old.text(), {headers}));
        }"""
    )
    cut(tab.page)
    tab.page.goto(path)
    expect(tab.page.locator("[data-stored-note]")).to_have_text("Guardada hace 2 horas; sin conexión.")
    tab.take_troubles()


def test_pages_of_one_person_are_never_shown_to_another(open_tab, contact, member):
    stranger = ContactFactory().opener
    tab = open_tab(member)
    path = contact.get_absolute_url()
    visit(tab.page, path)
    tab.page.locator("summary.menu-person").click()
    tab.page.locator(".menu-sheet form[action='/cuenta/logout/'] button").click()
    tab.page.wait_for_url("/")
    assert set(stored(tab.page)) <= {"none"}
    tab.log_in(stranger)
    visit(tab.page, "/tablero/")
    cut(tab.page)
    tab.page.goto(path)
    expect(tab.page.locator("main")).to_contain_text(NO_PAGE)
    assert "Pilar" not in tab.page.content()
    tab.take_troubles()


def test_another_login_without_a_logout_forgets_too(open_tab, contact, member):
    stranger = ContactFactory().opener
    tab = open_tab(member)
    path = contact.get_absolute_url()
    visit(tab.page, path)
    first = set(stored(tab.page))
    tab.log_in(stranger)
    visit(tab.page, "/tablero/")
    second = stored(tab.page)
    assert len(second) == 1
    assert not first & set(second)
    cut(tab.page)
    tab.page.goto(path)
    expect(tab.page.locator("main")).to_contain_text(NO_PAGE)
    tab.take_troubles()


def test_pages_of_the_account_and_errors_are_not_kept(open_tab, contact, member):
    tab = open_tab(member)
    visit(tab.page, "/tablero/")
    for path in ("/cuenta/email/", "/cuenta/datos/", "/no-existe/"):
        tab.page.goto(path)
    tab.page.goto("/avisos/")
    until(tab.page, IS_STORED, "/avisos/")
    (paths,) = stored(tab.page).values()
    # The dashboard may have had the open conversation put aside by now.
    assert sorted(set(paths) - {contact.get_absolute_url()}) == ["/avisos/", "/tablero/"]
    tab.take_troubles()


def test_open_contacts_and_agreements_are_put_aside_unread(open_tab, contact, owner):
    agreement = AgreementFactory(contact=contact)
    tab = open_tab(owner)
    visit(tab.page, "/tablero/")
    until(tab.page, IS_STORED, agreement.get_absolute_url())
    visit(tab.page, "/contactos/")
    until(tab.page, IS_STORED, contact.get_absolute_url())
    contact.refresh_from_db()
    assert contact.owner_unread
    cut(tab.page)
    tab.page.goto(contact.get_absolute_url())
    expect(tab.page.locator("h1")).to_contain_text("Carlos Ortiz")
    tab.take_troubles()


def test_message_written_without_connection_is_sent_once(open_tab, contact, member):
    tab = open_tab(member)
    page, path = tab.page, contact.get_absolute_url()
    visit(page, path)
    other_tab = page.context.new_page()
    other_tab.goto(path)
    mails = OutboxMail.objects.count()
    cut(page)
    write(page, "Llego a las tres.")
    expect(page.locator(WAITING)).to_contain_text("Por enviar")
    expect(page.locator(WAITING)).to_contain_text("Llego a las tres.")
    write(page, "Y llevo la escalera.")
    expect(page.locator(WAITING)).to_have_count(2)
    assert tab.violations() == []
    assert sent(contact) == []
    reconnect(page)
    # Both tabs hear of the connection, and both are loaded anew.
    for one in (page, other_tab):
        expect(one.locator(WAITING)).to_have_count(0, timeout=20_000)
        expect(one.locator("#chat")).to_contain_text("Y llevo la escalera.", timeout=20_000)
    for one in (page, other_tab):
        one.goto(path)
    expect(page.locator("#chat > .chat-own")).to_have_count(2)
    assert sent(contact) == ["Llego a las tres.", "Y llevo la escalera."]
    assert OutboxMail.objects.count() - mails == 2
    tab.take_troubles()


def test_message_whose_answer_is_lost_is_not_doubled(open_tab, contact, member):
    tab = open_tab(member)
    page, path = tab.page, contact.get_absolute_url()
    visit(page, path)
    key = page.locator("[name=client_key]").first.input_value()
    page.fill("[data-message-form] textarea", "Ya salí.")
    cut(page)
    page.click("#enviar")
    expect(page.locator(WAITING)).to_have_count(1)
    # The server had it all along.
    Message.objects.create(
        contact=contact, author=member, body="Ya salí.", client_key=key, created_at=contact.created_at
    )
    reconnect(page)
    expect(page.locator(WAITING)).to_have_count(0, timeout=20_000)
    assert sent(contact) == ["Ya salí."]
    tab.take_troubles()


def test_refused_message_stays_with_its_text(open_tab, contact, member, owner):
    tab = open_tab(member)
    page, path = tab.page, contact.get_absolute_url()
    visit(page, path)
    cut(page)
    write(page, "¿Sigue en pie?")
    expect(page.locator(WAITING)).to_have_count(1)
    block(contact=contact, by=owner)
    reconnect(page)
    page.goto(path)
    state = page.locator(f"{WAITING} [data-state]")
    expect(state).to_have_text("No se envió: Uno de los dos bloqueó al otro: no pueden escribirse.")
    expect(page.locator(f"{WAITING} [data-body]")).to_have_text("¿Sigue en pie?")
    page.click(f"{WAITING} [data-drop]")
    expect(page.locator(WAITING)).to_have_count(0)
    assert sent(contact) == []
    tab.take_troubles()


def test_message_of_one_person_is_never_sent_by_another(open_tab, contact, member, owner):
    tab = open_tab(member)
    page, path = tab.page, contact.get_absolute_url()
    visit(page, path)
    cut(page)
    write(page, "Solo para Pilar.")
    expect(page.locator(WAITING)).to_have_count(1)
    page.context.clear_cookies()
    tab.log_in(owner)
    reconnect(page)
    until(page, NOTHING_WAITS)
    tab.log_in(member)
    page.goto(path)
    expect(page.locator("h1")).to_contain_text("Pilar Santiago")
    expect(page.locator(WAITING)).to_have_count(0)
    assert sent(contact) == []
    tab.take_troubles()


def test_logout_drops_what_waits(open_tab, contact, member):
    tab = open_tab(member)
    page, path = tab.page, contact.get_absolute_url()
    visit(page, path)
    cut(page)
    write(page, "Mejor no.")
    expect(page.locator(WAITING)).to_have_count(1)
    page.locator("summary.menu-person").click()
    page.locator(".menu-sheet form[action='/cuenta/logout/'] button").click()
    page.wait_for_url(re.compile("logout|chrome-error"))
    reconnect(page)
    page.goto(path)
    expect(page.locator("h1")).to_contain_text("Pilar Santiago")
    expect(page.locator(WAITING)).to_have_count(0)
    assert sent(contact) == []
    tab.take_troubles()
