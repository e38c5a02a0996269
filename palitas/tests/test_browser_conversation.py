"""A conversation between two browsers, and in one without scripts."""

import pytest
from playwright.sync_api import expect

from agreements.actions.contacts import block
from agreements.models import Contact, Message
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BUBBLES = "#chat > li[id^=mensaje-]"
ASK = "document.dispatchEvent(new Event('visibilitychange'))"  # as on coming back to the tab


@pytest.fixture
def contact(owner, member) -> Contact:
    contact = ContactFactory(listing__owner=owner, opener=member)
    MessageFactory.create_batch(30, contact=contact)
    return contact


def test_two_people_write_to_each_other(open_tab, contact, owner, member):
    path = contact.get_absolute_url()
    pilar, carlos = open_tab(owner, width=1280), open_tab(member)
    for tab in (pilar, carlos):
        tab.page.goto(path)
        expect(tab.page.locator(BUBBLES).last).to_be_in_viewport()
        expect(tab.page.locator("#enviar")).to_be_in_viewport()
        expect(tab.page.locator("h1")).to_be_in_viewport(ratio=1)
    pilar.page.evaluate("window.sameDocument = true")
    pilar.page.fill("textarea", "Salgo ahora.")
    pilar.page.press("textarea", "Shift+Enter")
    pilar.page.keyboard.type("Llego a las tres.")
    pilar.page.press("textarea", "Enter")
    expect(pilar.page.locator(BUBBLES)).to_have_count(31)
    expect(pilar.page.locator(BUBBLES).last).to_contain_text("Llego a las tres.")
    expect(pilar.page.locator(BUBBLES).last).to_be_in_viewport()
    expect(pilar.page.locator("textarea")).to_have_value("")
    expect(pilar.page.locator("textarea")).to_be_focused()
    carlos.page.evaluate(ASK)
    expect(carlos.page.locator(BUBBLES)).to_have_count(31)
    expect(carlos.page.locator(BUBBLES).last).to_be_in_viewport()
    expect(carlos.page.locator(".chat-day")).to_have_count(1)
    AgreementFactory(contact=contact)
    carlos.page.evaluate(ASK)
    expect(carlos.page.locator("#acuerdos [data-status=pending]")).to_have_count(1)
    expect(carlos.page.locator("main")).to_have_attribute("data-status", "pending")
    assert Message.objects.latest("pk").body == "Salgo ahora.\nLlego a las tres."
    assert pilar.page.evaluate("window.sameDocument")
    assert pilar.problems() == []
    assert carlos.problems() == []


def test_what_is_refused_keeps_the_text(open_tab, contact, owner, member):
    tab = open_tab(owner)
    page = tab.page
    page.goto(contact.get_absolute_url())
    page.click("#enviar")
    expect(page.locator("#escribir .errorlist")).to_have_text("Escribe un mensaje o añade una foto.")
    block(contact=contact, by=member)
    page.fill("textarea", "¿Me oyes?")
    page.press("textarea", "Control+Enter")
    expect(page.locator(".toast")).to_have_text("Uno de los dos bloqueó al otro: no pueden escribirse.")
    expect(page.locator("textarea")).to_have_value("¿Me oyes?")
    assert len(tab.take_troubles()) == 1  # the refusal


def test_conversation_without_scripts_is_a_plain_form(open_tab, contact, owner):
    page = open_tab(owner, java_script_enabled=False).page
    page.goto(contact.get_absolute_url())
    page.fill("textarea", "Salgo ahora.")
    page.click("#enviar")
    expect(page.locator(BUBBLES)).to_have_count(31)
    expect(page.locator(BUBBLES).last).to_contain_text("Salgo ahora.")


def test_conversation_asks_only_while_it_is_looked_at_and_slows_down_without_an_answer(open_tab, contact, owner):
    tab = open_tab(owner)
    page, asked = tab.page, []
    page.clock.install()
    page.goto(contact.get_absolute_url())
    page.on("request", lambda request: "desde=" in request.url and asked.append(request.url))
    with page.expect_response("**desde=**") as answer:
        page.clock.run_for(10_000)
    assert answer.value.status == 204
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})")
    page.clock.run_for(60_000)
    page.evaluate("delete document.visibilityState")
    page.context.set_offline(True)
    page.clock.run_for(60_000)
    assert len(asked) == 1
    with page.expect_response("**desde=**"):
        page.context.set_offline(False)  # which asks at once
    expect(page.locator("#chat[aria-busy]")).to_have_count(0)  # the answer has been dealt with
    asked.clear()
    page.route("**desde=**", lambda route: route.fulfill(status=503))
    with page.expect_response("**desde=**"):
        page.clock.run_for(10_000)
    expect(page.locator("#chat[aria-busy]")).to_have_count(0)
    page.clock.run_for(19_000)
    assert len(asked) == 1
    with page.expect_response("**desde=**"):
        page.clock.run_for(1_000)
    assert page.locator(".toast").count() == 0
    assert {trouble[:3] for trouble in tab.take_troubles()} == {"503"}


def test_a_session_that_has_ended_is_said_once(open_tab, contact, owner):
    tab = open_tab(owner)
    page = tab.page
    page.goto(contact.get_absolute_url())
    page.fill("textarea", "¿Me oyes?")
    page.context.clear_cookies(name="sessionid")
    page.evaluate(ASK)
    expect(page.locator(".toast")).to_have_text("Tu sesión terminó: entra otra vez.")
    expect(page.locator("textarea")).to_have_value("¿Me oyes?")
