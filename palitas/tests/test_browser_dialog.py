"""Steps that cannot be taken back ask first: in a dialog, or on a page of their own without scripts."""

import pytest
from playwright.sync_api import expect

from agreements.models import Block
from agreements.tests.factories import ContactFactory
from services.enums import Status
from services.tests.factories import PromotionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_dialog_asks_before_a_promotion_is_deleted(open_tab, owner):
    promotion = PromotionFactory(owner=owner)
    tab = open_tab(owner)
    page = tab.page
    page.goto(promotion.get_absolute_url())
    title = page.title()
    link = page.locator(".owner-actions a", has_text="Borrar")
    link.click()
    dialog = page.locator("#dialog")
    expect(dialog.locator("h1")).to_have_text("¿Borrar esta promoción?")
    expect(dialog.locator("a", has_text="Cancelar")).to_be_focused()
    assert tab.problems() == []
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    assert page.title() == title
    link.click()
    dialog.locator("[type=submit]").click()
    page.wait_for_url("**/tablero/**")
    promotion.refresh_from_db()
    assert promotion.status == Status.DELETED


def test_page_asks_where_there_are_no_scripts(open_tab, owner):
    promotion = PromotionFactory(owner=owner)
    page = open_tab(owner, java_script_enabled=False).page
    page.goto(promotion.get_absolute_url())
    page.locator(".owner-actions a", has_text="Borrar").click()
    page.locator("main a", has_text="Cancelar").click()
    page.wait_for_url("**" + promotion.get_absolute_url())
    page.locator(".owner-actions a", has_text="Borrar").click()
    page.click("main [type=submit]")
    promotion.refresh_from_db()
    assert promotion.status == Status.DELETED


def test_dialog_asks_before_a_person_is_blocked(open_tab, owner, member):
    contact = ContactFactory(listing__owner=owner, opener=member)
    tab = open_tab(owner)
    page = tab.page
    page.goto(contact.get_absolute_url())
    button = page.locator("#aparte [data-dialog=bloquear]")
    button.click()
    dialog = page.locator("#bloquear")
    expect(dialog.locator("h2")).to_have_text("¿Bloquear a Carlos?")
    assert tab.problems() == []
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert Block.objects.count() == 0
    button.click()
    dialog.locator("[type=submit]").click()
    expect(page.locator("#escribir")).to_contain_text("no pueden escribirse")
    assert Block.objects.get().blocked == member
