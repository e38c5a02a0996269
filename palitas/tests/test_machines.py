import json
import re
from datetime import datetime
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders

from palitas import sitemaps
from services.tests.factories import PromotionFactory, ServiceFactory, ServiceRequestFactory, TownFactory

NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
SITE = "http://localhost:8000"


@pytest.fixture(autouse=True)
def one_page_for_any_key(monkeypatch):
    """PostgreSQL counts keys on from one test to the next."""
    monkeypatch.setattr(sitemaps, "ROWS_PER_PAGE", 10**9)


def locations(response) -> list[str]:
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    return [node.text for node in ElementTree.fromstring(response.content).iterfind("*/s:loc", NAMESPACE)]


def test_robots_hides_what_needs_a_login_and_shows_the_sitemap(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert lines[-1] == f"Sitemap: {SITE}/sitemap.xml"
    for path in ("/admin/", "/cuenta/", "/en/cuenta/", "/contactos/", "/tablero/"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /promociones/" not in lines


def test_sitemap_index_names_a_page_for_each_kind(client, db):
    response = client.get("/sitemap.xml", headers={"host": "10.0.0.7"})
    assert locations(response) == [
        f"{SITE}/sitemap-{section}.xml"
        for section in ("paginas", "servicios", "pueblos", "promociones", "solicitudes", "perfiles")
    ]


def test_sitemap_index_says_when_the_newest_was_published(client, db):
    promotion = PromotionFactory()
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    times = {node.find("s:loc", NAMESPACE).text: node.find("s:lastmod", NAMESPACE) for node in index}
    newest = times[f"{SITE}/sitemap-promociones.xml"]
    assert datetime.fromisoformat(newest.text) == promotion.published_at
    assert times[f"{SITE}/sitemap-solicitudes.xml"] is None


def test_sitemap_of_promotions_has_the_visible_ones_in_both_languages(client, db):
    promotion = PromotionFactory(title="Destapes")
    PromotionFactory(draft=True)
    PromotionFactory(paused=True)
    PromotionFactory(archived=True)
    PromotionFactory(removed=True)
    PromotionFactory(deleted=True)
    PromotionFactory(owner__suspended=True)
    PromotionFactory(owner__is_active=False)
    ServiceRequestFactory()
    path = f"/promociones/{promotion.pk}-destapes/"
    response = client.get("/sitemap-promociones.xml", headers={"host": "10.0.0.7"})
    assert locations(response) == [f"{SITE}{path}", f"{SITE}/en{path}"]


def test_sitemap_names_the_other_language_of_each_page(client, db):
    ServiceRequestFactory()
    url = ElementTree.fromstring(client.get("/sitemap-solicitudes.xml").content)[0]
    alternates = {link.get("hreflang"): link.get("href") for link in url.iterfind("x:link", NAMESPACE)}
    address = url.find("s:loc", NAMESPACE).text
    assert alternates == {
        "es-pr": address,
        "en": address.replace(SITE, f"{SITE}/en"),
        "x-default": address,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", url.find("s:lastmod", NAMESPACE).text)


def test_sitemap_of_profiles_has_people_with_something_published(client, member, suspended):
    promotion = PromotionFactory()
    PromotionFactory(owner=member, draft=True)
    PromotionFactory(owner=suspended)
    path = promotion.owner.get_absolute_url()
    assert locations(client.get("/sitemap-perfiles.xml")) == [f"{SITE}{path}", f"{SITE}/en{path}"]


def test_sitemap_of_the_catalogue_has_active_services_and_towns(client, db):
    ServiceFactory()
    ServiceFactory(slug="magia", name_es="Magia", is_active=False)
    TownFactory()
    assert locations(client.get("/sitemap-servicios.xml")) == [
        f"{SITE}/servicios/plomeria/",
        f"{SITE}/en/servicios/plomeria/",
    ]
    assert locations(client.get("/sitemap-pueblos.xml")) == [f"{SITE}/pueblos/ponce/", f"{SITE}/en/pueblos/ponce/"]


def test_sitemap_of_pages_leads_to_pages_that_answer(client, db):
    addresses = locations(client.get("/sitemap-paginas.xml"))
    assert len(addresses) == 20
    for address in addresses:
        assert client.get(address.removeprefix(SITE)).status_code == 200, address


def test_sitemap_pages_are_ranges_of_the_key(client, db, monkeypatch):
    monkeypatch.setattr(sitemaps, "ROWS_PER_PAGE", 1)
    promotions = [PromotionFactory(pk=pk) for pk in (1, 3)]
    index = locations(client.get("/sitemap.xml"))
    pages = [address for address in index if "promociones" in address]
    assert pages == [f"{SITE}/sitemap-promociones.xml{end}" for end in ("", "?p=2", "?p=3")]
    found = [locations(client.get(page.removeprefix(SITE))) for page in pages]
    assert found == [
        [f"{SITE}{one.get_absolute_url()}", f"{SITE}/en{one.get_absolute_url()}"] if one else []
        for one in (promotions[0], None, promotions[1])
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/sitemap-secretos.xml",
        "/sitemap-promociones.xml?p=2",
        "/sitemap-promociones.xml?p=dos",
        "/sitemap-promociones.xml?p=0",
    ],
)
def test_sitemap_refuses_pages_that_are_not_there(client, db, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("section", "queries"),
    [("promociones", 2), ("solicitudes", 2), ("perfiles", 2), ("servicios", 1), ("pueblos", 1), ("paginas", 0)],
)
def test_sitemap_page_makes_the_same_queries_whatever_the_rows(
    client, db, django_assert_num_queries, rows, section, queries
):
    PromotionFactory.create_batch(rows)
    ServiceRequestFactory.create_batch(rows)
    with django_assert_num_queries(queries):
        client.get(f"/sitemap-{section}.xml")


def test_manifest_names_icons_that_exist(client):
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    assert (manifest["name"], manifest["lang"], manifest["start_url"]) == ("PalitasPR", "es-PR", "/")
    assert [icon["purpose"] for icon in manifest["icons"]] == ["any", "maskable"] * 2
    assert [one["url"] for one in manifest["shortcuts"]] == [
        "/promociones/",
        "/contactos/",
        "/tablero/",
        "/solicitudes/nueva/",
    ]
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml", "/sitemap-pueblos.xml", "/manifest.webmanifest"])
def test_machine_pages_may_be_kept_for_an_hour_and_take_no_writes(client, db, path):
    assert client.get(path)["Cache-Control"] == "public, max-age=3600"
    assert client.post(path).status_code == 405
