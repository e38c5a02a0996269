"""Search in place: the address, the Back button, focus, and what a screen reader is told."""

import re

import pytest
from playwright.sync_api import expect

from services.catalog_data import load_catalog
from services.models import Service, Town
from services.tests.factories import PromotionFactory, ServiceRequestFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CARDS = "#resultados article"


@pytest.fixture
def listings(db) -> None:
    """21 plumbers of whom one is in Ponce, and a request."""
    load_catalog()
    plumbing = Service.objects.get(slug="plomeria")
    town = {slug: Town.objects.get(slug=slug) for slug in ("ponce", "yauco")}
    PromotionFactory(service=plumbing, title="Destapes en Ponce", towns=[town["ponce"]])
    PromotionFactory.create_batch(20, service=plumbing, title="Destapes en Yauco", towns=[town["yauco"]])
    ServiceRequestFactory(service=plumbing, title="Se busca plomero", towns=[town["ponce"]])


def test_filters_change_the_results_in_place(open_tab, listings):
    tab = open_tab()
    page = tab.page
    page.goto("/promociones/")
    page.evaluate("window.sameDocument = true")
    page.focus("#search-pueblo")
    page.select_option("#search-pueblo", "ponce")
    expect(page.locator(CARDS)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/promociones/\?pueblo=ponce$"))
    expect(page).to_have_title("Promociones en Ponce · PalitasPR")
    expect(page.locator("h1")).to_have_text("Promociones en Ponce")
    expect(page.locator("[data-announcer]")).to_have_text("1 resultado")
    expect(page.locator("#search-pueblo")).to_be_focused()
    expect(page.locator("#otro-idioma")).to_have_attribute("href", "/en/promociones/?pueblo=ponce")
    page.fill("#search-q", "destapes")
    page.press("#search-q", "Enter")
    expect(page).to_have_url(re.compile(r"/promociones/\?q=destapes&pueblo=ponce$"))
    # Taking a filter away: the form follows, and the focus does not fall out of the page.
    page.locator(".chip-on", has_text="Ponce").click()
    expect(page).to_have_url(re.compile(r"/promociones/\?q=destapes$"))
    expect(page.locator("#search-pueblo")).to_have_value("")
    expect(page.locator("[data-focus]")).to_be_focused()
    page.click("#orden-recientes")
    expect(page.locator("[name=orden]")).to_have_value("recientes")
    expect(page.locator("#orden-recientes")).to_be_focused()
    page.click("[rel=next]")
    expect(page.locator(CARDS)).to_have_count(1)
    assert page.evaluate("window.sameDocument")
    assert tab.problems() == []


def test_back_shows_the_search_before(open_tab, listings):
    page = open_tab().page
    page.goto("/promociones/")
    page.select_option("#search-pueblo", "ponce")
    expect(page.locator(CARDS)).to_have_count(1)
    page.click("#ver-solicitudes")
    expect(page).to_have_url(re.compile(r"/solicitudes/\?pueblo=ponce$"))
    expect(page.locator(CARDS)).to_have_attribute("data-kind", "request")
    expect(page.locator(".site-nav [aria-current]")).to_have_text("Solicitudes")
    page.click(f"{CARDS} a")
    page.wait_for_url(re.compile("se-busca-plomero"))
    page.go_back()
    expect(page.locator(".site-header")).to_be_visible()  # the page, not its part
    expect(page.locator(CARDS)).to_have_attribute("data-kind", "request")
    page.go_back()
    expect(page.locator(CARDS)).to_have_attribute("data-kind", "promotion")
    page.go_back()
    expect(page.locator(CARDS)).to_have_count(20)
    expect(page.locator("#search-pueblo")).to_have_value("")
    page.fill("#search-q", "yauco")
    page.press("#search-q", "Enter")
    expect(page).to_have_url(re.compile(r"/promociones/\?q=yauco$"))


def test_search_without_scripts_is_a_plain_form(open_tab, listings):
    page = open_tab(java_script_enabled=False).page
    page.goto("/promociones/")
    page.select_option("#search-pueblo", "ponce")
    page.click("[role=search] [type=submit]")
    assert page.locator(CARDS).count() == 1
    page.locator(".chip-on").click()
    assert page.locator(CARDS).count() == 20


def test_a_search_that_fails_says_so_and_keeps_what_is_shown(open_tab, listings):
    tab = open_tab()
    page = tab.page
    page.goto("/promociones/")
    page.route("**/promociones/?*", lambda route: route.abort())
    page.select_option("#search-pueblo", "ponce")
    expect(page.locator(".toast")).to_have_text("No hay conexión. Inténtalo otra vez en un rato.")
    assert page.locator(CARDS).count() == 20
    page.click(".toast [data-close]")
    expect(page.locator(".toast")).to_have_count(0)
    assert len(tab.take_troubles()) == 2  # the request, and htmx's line in the console
