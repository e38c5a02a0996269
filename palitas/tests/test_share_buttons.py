"""The share buttons in real Chromium."""

import pytest

from services.tests.factories import PromotionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CLIPBOARD = ["clipboard-read", "clipboard-write"]
# Chromium on Linux has no sheet of its own for sharing.
PHONE_SHEET = "navigator.share = (what) => { window.shared = what; return Promise.reject(new Error('closed')); };"


def test_copy_puts_the_address_on_the_clipboard_and_says_so(open_tab, owner):
    listing = PromotionFactory(owner=owner)
    tab = open_tab(permissions=CLIPBOARD)
    tab.page.goto(listing.get_absolute_url())
    box = tab.page.locator("[data-share]")
    assert not box.locator("input").is_visible()
    assert not box.locator("[data-share-native]").is_visible()
    box.locator("[data-share-copy]").click()
    box.locator("[role=status]", has_text="Enlace copiado.").wait_for()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied == box.locator("input").input_value()
    assert copied.endswith(listing.get_absolute_url())


def test_copy_that_is_refused_shows_the_address_selected(open_tab, owner):
    tab = open_tab()
    tab.page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));")
    tab.page.goto(owner.get_absolute_url())
    tab.page.locator("[data-share-copy]").click()
    field = tab.page.locator("[data-share-url]")
    field.wait_for()
    assert tab.page.evaluate("getSelection().toString()") == field.input_value()


def test_the_phone_shares_title_and_address(open_tab, owner):
    listing = PromotionFactory(owner=owner)
    tab = open_tab()
    tab.page.add_init_script(PHONE_SHEET)
    tab.page.goto(listing.get_absolute_url())
    tab.page.locator("[data-share-native]").click()
    url = tab.page.locator("[data-share-url]").input_value()
    assert tab.page.evaluate("window.shared") == {"title": listing.title, "url": url}


def test_without_scripts_the_address_can_be_selected(open_tab, owner):
    tab = open_tab(java_script_enabled=False)
    tab.page.goto(owner.get_absolute_url())
    assert tab.page.locator("[data-share-url]").is_visible()
    assert tab.page.locator("[data-share] button:visible").count() == 0
