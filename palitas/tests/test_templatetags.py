"""Prices, towns, people and languages in templates."""

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.utils import translation

from accounts.tests.factories import UserFactory
from palitas.templatetags.palitas import device, hue, initials, price, price_range, town_names
from services.models import Listing
from services.tests.factories import PromotionFactory, TownFactory

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "text"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME}", "Chrome · Android"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/140.0.0.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8.5.0", "Otro navegador"),
        ("", "Otro navegador"),
    ],
)
def test_device_is_named_as_its_owner_would(user_agent, text):
    assert device(user_agent) == text


@pytest.mark.parametrize(("dollars", "text"), [(0, "$0"), (40, "$40"), (1500, "$1,500"), (1_000_000, "$1,000,000")])
def test_price_is_written_with_thousands(dollars, text):
    assert price(dollars) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (None, None, "A convenir"),
        (40, None, "Desde $40"),
        (None, 1200, "Hasta $1,200"),
        (40, 120, "$40–$120"),
        (80, 80, "$80"),
        (0, 20, "$0–$20"),
    ],
)
def test_price_range_says_what_is_known(low, high, text):
    assert price_range(Listing(price_min=low, price_max=high)) == text


@pytest.fixture
def towns(db):
    return [
        TownFactory(name=name, slug=slug)
        for name, slug in [("Añasco", "anasco"), ("Coamo", "coamo"), ("Jayuya", "jayuya"), ("Ponce", "ponce")]
    ]


@pytest.mark.parametrize(
    ("how_many", "limit", "text"),
    [
        (0, 3, ""),
        (1, 3, "Añasco"),
        (2, 3, "Añasco y Coamo"),
        (3, 3, "Añasco, Coamo y Jayuya"),
        (4, 3, "Añasco, Coamo, Jayuya y 1 más"),
        (4, 1, "Añasco y 3 más"),
    ],
)
def test_town_names_shows_a_few(towns, how_many, limit, text):
    assert town_names(PromotionFactory(towns=towns[:how_many]), limit) == text


def test_town_names_of_an_island_wide_listing(db):
    assert town_names(PromotionFactory(island_wide=True)) == "Toda la isla"


def test_avatar_stands_for_its_person(db):
    user = UserFactory(first_name="Ángel", last_name="de Jesús")
    assert initials(user) == "ÁD"
    assert hue(user) == hue(user)
    assert hue(user) in range(6)


def language_url(path: str, arguments: str) -> str:
    request = RequestFactory().get(path)
    return Template("{% load palitas %}{% language_url " + arguments + " %}").render(RequestContext(request))


@pytest.mark.parametrize(
    ("path", "arguments", "expected"),
    [
        ("/promociones/", '"en"', "/en/promociones/"),
        ("/promociones/?q=plomero", '"en"', "/en/promociones/"),
        ("/promociones/?q=plomero", '"en" with_query=True', "/en/promociones/?q=plomero"),
        ("/no-existe/", '"en"', "/no-existe/"),
    ],
)
def test_language_url_leads_to_the_same_page(path, arguments, expected):
    with translation.override("es-pr"):
        assert language_url(path, arguments).replace("&amp;", "&") == expected


def test_language_url_leads_back_to_spanish():
    with translation.override("en"):
        assert language_url("/en/promociones/", '"es-pr"') == "/promociones/"
