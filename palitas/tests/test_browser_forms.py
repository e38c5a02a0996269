"""Forms in real Chromium: room left, mistakes in their places, the list of what is wrong."""

import pytest

from agreements.tests.factories import AgreementFactory, ContactFactory
from services.catalog_data import load_catalog
from services.models import Listing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = "/promociones/nueva/"
MAIN_BUTTON = "main form [type=submit]:not([name])"


@pytest.fixture
def form(open_tab, owner):
    load_catalog()
    tab = open_tab(owner)
    tab.page.goto(NEW)
    return tab


def shown(page) -> dict[str, str]:
    """Return the sentences beside the fields, by name; each is tied to its field."""
    tied = """(boxes) => boxes.map((box) => {
        const control = box.querySelector("[aria-invalid=true]");
        const list = box.querySelector(".errorlist");
        if (!control.getAttribute("aria-describedby").split(" ").includes(list.id)) throw new Error(list.id);
        return [control.name, list.innerText];
    })"""
    return dict(page.eval_on_selector_all(".field-invalid", tied))


def test_counter_says_what_is_left_and_what_is_too_much(form):
    page = form.page
    assert page.inner_text("#id_title_counter") == "Letras que quedan: 100"
    page.fill("[name=title]", "Ñame 🔧")
    assert page.inner_text("#id_title_counter") == "Letras que quedan: 94"
    page.fill("[name=title]", "x" * 103)
    assert page.input_value("[name=title]") == "x" * 103
    page.focus("[name=description]")
    assert shown(page) == {"title": "Letras que sobran: 3"}
    page.wait_for_selector("#id_title_counter + [role=status]:text('Letras que sobran: 3')")
    assert form.problems() == []
    page.fill("[name=title]", "x" * 100)
    assert shown(page) == {}
    assert page.locator("[name=title]").get_attribute("aria-describedby") == "id_title_helptext id_title_counter"


def test_counter_of_terms_counts_lines(open_tab, owner, member):
    load_catalog()
    contact = ContactFactory(listing__owner=owner, opener=member)
    tab = open_tab(owner)
    tab.page.goto(f"/contactos/{contact.pk}/acuerdo/")
    tab.page.fill("[name=terms]", "Uno\n\nDos\n")
    assert tab.page.inner_text("#id_terms_counter") == "Líneas que quedan: 18"
    tab.page.fill("[name=terms]", "x\n" * 22)
    tab.page.fill("[name=scheduled_for]", "2020-01-01")
    tab.page.click(MAIN_BUTTON)
    assert shown(tab.page) == {
        "price": "Escribe el precio.",
        "terms": "Líneas que sobran: 2",
        "scheduled_for": "Esa fecha ya pasó.",
        "accept_terms": "Acepta los términos del sitio para enviar la propuesta.",
    }
    assert tab.problems() == []


def test_mistakes_are_said_before_the_form_is_sent_as_the_server_would(form):
    page = form.page
    page.focus("[name=title]")
    page.focus("[name=price_min]")
    assert shown(page) == {}  # empty is not wrong yet
    page.fill("[name=price_min]", "12.50")
    page.focus("[name=price_max]")
    dollars = "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."
    assert shown(page) == {"price_min": dollars}
    page.click(MAIN_BUTTON)
    required = "Este campo es obligatorio."
    assert shown(page) == {
        "title": required,
        "service": required,
        "description": "Escribe una descripción.",
        "price_min": dollars,
    }
    assert page.evaluate("document.activeElement.matches('[data-summary]')")
    assert page.locator("[data-summary] li").all_inner_texts() == [
        f"Título: {required}",
        f"Servicio: {required}",
        "Descripción: Escribe una descripción.",
        f"Precio desde: {dollars}",
    ]
    assert form.problems() == []
    page.click("[data-summary] a >> nth=3")
    assert page.evaluate("document.activeElement.name") == "price_min"
    page.fill("[name=price_min]", "1,500")
    assert "price_min" not in shown(page)
    assert page.url.endswith(NEW)


def test_mistakes_are_english_on_english_pages(open_tab):
    load_catalog()
    tab = open_tab()
    tab.page.goto("/en/cuenta/signup/")
    tab.page.fill("[name=email]", "pilar@")
    tab.page.fill("[name=phone]", "555-0134")
    tab.page.click(MAIN_BUTTON)
    wrong = shown(tab.page)
    assert wrong["email"] == "Enter a valid email address."
    assert wrong["phone"] == "Enter a ten-digit phone number, like 787-555-0134."
    assert wrong["first_name"] == "This field is required."
    assert tab.problems() == []


def test_draft_may_be_incomplete(form):
    form.page.fill("[name=title]", "Destapes")
    form.page.select_option("[name=service]", "plomeria")
    form.page.click("[name=draft]")
    form.page.wait_for_url("**/promociones/*-destapes/")
    assert Listing.objects.get().status == "draft"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_the_server_refuses_comes_back_with_its_list_focused(open_tab, owner, scripts):
    load_catalog()
    page = open_tab(owner, java_script_enabled=scripts).page
    page.goto(NEW)
    page.fill("[name=title]", "Destapes")
    page.select_option("[name=service]", "plomeria")
    page.fill("[name=description]", "Reparo liqueos.")
    page.fill("[name=price_min]", "50")
    page.fill("[name=price_max]", "40")
    page.click(MAIN_BUTTON)
    page.wait_for_selector("main .notice-error")
    assert page.locator("[data-summary]:focus").count() == 1
    assert page.locator(".errorlist").all_inner_texts() == [
        "Escoge al menos un pueblo, o toda la isla.",
        "El precio más alto no puede ser menor que el más bajo.",
    ]
    assert page.input_value("[name=description]") == "Reparo liqueos."


def test_stars_are_asked_for_and_the_list_leads_to_them(open_tab, owner, member):
    load_catalog()
    agreement = AgreementFactory(contact=ContactFactory(listing__owner=owner, opener=member), closed=True)
    tab = open_tab(member)
    tab.page.goto(agreement.get_absolute_url())
    tab.page.click("#resenas form [type=submit]:not([name])")
    assert tab.page.inner_text("#resenas .errorlist") == "Escoge de 1 a 5 estrellas."
    tab.page.click("#resenas [data-summary] a")
    assert tab.page.evaluate("document.activeElement.name") == "rating"
    assert tab.problems() == []
    tab.page.keyboard.press("ArrowRight")
    assert tab.page.locator("#resenas .errorlist").count() == 0


def chosen(page) -> list[str]:
    return page.locator("[data-chosen] [data-name]:visible").all_inner_texts()


def test_town_is_found_by_its_first_letters_and_chosen_by_keyboard(form):
    page = form.page
    page.fill("#busca-pueblo", "anas")
    assert page.locator("[data-towns] [type=checkbox]:visible").count() == 1
    page.keyboard.press("Enter")
    assert (chosen(page), page.input_value("#busca-pueblo"), page.url.endswith(NEW)) == (["Añasco"], "", True)
    page.fill("#busca-pueblo", "juan")
    page.check("[name=towns][value=san-juan]")
    assert chosen(page) == ["Añasco", "San Juan"]
    page.fill("#busca-pueblo", "Bayamon")
    assert page.locator("[data-towns] [type=checkbox]:visible").all()[0].get_attribute("value") == "bayamon"
    page.fill("#busca-pueblo", "Nueva York")
    assert page.locator("[data-towns] [role=status]:visible").inner_text() == "Ningún pueblo se llama así."
    assert form.problems() == []
    page.click("[data-chosen] button:has-text('Añasco')")
    assert (chosen(page), page.is_checked("[name=towns][value=anasco]")) == (["San Juan"], False)
    assert page.evaluate("document.activeElement.id") == "busca-pueblo"


def test_towns_are_a_list_of_boxes_without_scripts(open_tab, owner):
    load_catalog()
    page = open_tab(owner, java_script_enabled=False).page
    page.goto(NEW)
    assert page.locator("[data-towns] [type=checkbox]").count() == 78
    assert page.locator("#busca-pueblo, [data-chosen]").count() == 0
