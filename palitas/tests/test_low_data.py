"""The mode of few data: who gets it, what its pages leave out, and the way out of it."""

import gzip
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client

from palitas.low_data import COOKIE
from palitas.tests.visitor import Visitor
from services.tests.factories import PromotionFactory, TownFactory

SAVE = {"save-data": "on"}
STYLES = ("base", "components", "pages")


def page(client: Client, path: str, **headers: str) -> BeautifulSoup:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def is_low(soup: BeautifulSoup) -> bool:
    return soup.html.has_attr("data-few-data")


@pytest.mark.parametrize(
    ("cookie", "header", "expected"),
    [
        (None, None, False),
        (None, "on", True),
        (None, "ON", True),
        (None, "off", False),
        ("pocos", None, True),
        ("todos", None, False),
        ("todos", "on", False),
        ("pocos", "off", True),
        ("otra cosa", None, False),
        ("otra cosa", "on", True),
    ],
)
def test_mode_follows_the_person_before_the_browser(client, db, cookie, header, expected):
    if cookie:
        client.cookies[COOKIE] = cookie
    headers = {"save-data": header} if header else {}
    assert is_low(page(client, "/acerca/", **headers)) is expected


def test_pages_vary_by_mode_and_machines_do_not(client, db):
    vary = client.get("/")["Vary"].split(", ")
    assert sorted(vary) == ["Accept-Encoding", "Accept-Language", "Cookie", "Save-Data"]
    assert "Save-Data" not in client.get("/robots.txt")["Vary"]


def test_search_loads_no_font_no_script_and_no_picture(client, db):
    PromotionFactory(photo_count=1)
    full, low = page(client, "/promociones/"), page(client, "/promociones/", **SAVE)
    assert len(full.select("script[src]")) > 0
    assert len(full.select("link[rel=preload][as=font]")) == 1
    assert len(full.select(".card-cover img")) == 1
    assert low.select("script[src], link[rel=preload], .card-cover img") == []


def test_pictures_are_there_on_request(client, db):
    promotion = PromotionFactory(photo_count=2)
    small = promotion.cover.small_url
    card = page(client, "/promociones/?q=", **SAVE)
    assert [link["href"] for link in card.select(".card-cover a.picture-off")] == [small]
    detail = promotion.get_absolute_url()
    links = page(client, detail, **SAVE).select(".gallery a")
    assert [link["href"] for link in links] == [one.picture.medium_url for one in promotion.photos.all()]
    link = card.select_one(".few-data a")
    assert link["href"] == "?q=&fotos=1"
    with_pictures = page(client, f"/promociones/{link['href']}", **SAVE)
    assert is_low(with_pictures)
    assert len(with_pictures.select(".card-cover img")) == 1
    assert with_pictures.select(".few-data a, script[src]") == []


def test_home_leaves_out_the_map_and_leads_to_the_list(client, db):
    TownFactory()
    assert len(page(client, "/").select("svg.town-map")) == 1
    low = page(client, "/", **SAVE)
    assert low.select("svg.town-map") == []
    assert len(low.select('main a[href="/pueblos/"]')) == 1


def test_switch_comes_back_to_the_same_page_without_scripts(db):
    visitor = Visitor().open("/promociones/?q=plomero")
    visitor.send(action="/datos/", button="modo")
    assert visitor.response.redirect_chain == [("/promociones/?q=plomero", 302)]
    assert is_low(visitor.page)
    cookie = visitor.client.cookies[COOKIE]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("pocos", "Lax", True)
    visitor.send(action="/datos/", button="modo")
    assert not is_low(visitor.page)


def test_switch_stands_in_the_menu_and_in_the_footer(login, member):
    soup = page(login(member), "/en/acerca/")
    assert [form["action"] for form in soup.select('form[action$="/datos/"]')] == ["/en/datos/"] * 2
    assert len(soup.select('.menu-sheet form[action="/en/datos/"]')) == 1
    assert len(soup.select('footer form[action="/en/datos/"]')) == 1


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "dashboard", "nada", ""],
)
def test_switch_leads_nowhere_else(client, db, back):
    response = client.post("/datos/", {"modo": "pocos", "next": back})
    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("data", [{}, {"modo": ""}, {"modo": "algo"}])
def test_switch_refuses_what_it_does_not_know(client, db, data):
    response = client.post("/datos/", data)
    assert (response.status_code, COOKIE in response.cookies) == (400, False)


def test_first_visit_to_search_is_light(client, db):
    PromotionFactory.create_batch(20, photo_count=1)
    html = client.get("/promociones/", headers=SAVE).content
    css = [(Path(settings.BASE_DIR) / "static" / "css" / f"{name}.css").read_bytes() for name in STYLES]
    linked = re.findall(rb'href="/static/css/(\w+)\.css"', html)
    assert linked == [name.encode() for name in STYLES]
    assert sum(len(gzip.compress(part)) for part in (html, *css)) <= 30_000
