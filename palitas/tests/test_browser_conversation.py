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
