"""The page of a listing and what its owner does there."""

import json

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from services.enums import Status
from services.models import Listing, Picture
from services.tests.factories import TownFactory
from services.tests.pages import PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("pages", PAGES)]

HIDDEN = ("draft", "paused", "archived", "removed")


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def buttons(page) -> list[str]:
    return [button.get_text(strip=True) for button in page.select(".owner-actions .button")]


def test_detail_shows_a_published_listing_to_everybody(pages, client, owner):
    ponce = TownFactory()
    listing = pages.factory(owner=owner, photo_count=2, towns=[ponce], description="Uno.\n\nDos <b>fuertes</b>.")
    page = soup(client.get(pages.detail(listing)))
    main = page.select_one("main")
    assert (main["data-kind"], main["data-id"], main["data-servicio"]) == (pages.kind, str(listing.pk), "plomeria")
    assert page.select_one("h1").get_text() == listing.title
    assert "$40–$120" in page.select_one(".price").get_text()
    assert page.select_one(f"a[href='{ponce.get_absolute_url()}']").get_text() == "Ponce"
    assert len(page.select(".gallery-track img")) == 2
    assert page.select(f"a[href='{owner.get_absolute_url()}']")
    assert "Pilar todavía no tiene reseñas" in page.get_text()
    assert "<b>fuertes</b>" in page.get_text()
    assert page.select_one(".owner-actions") is None
    assert page.select_one("meta[name=robots]") is None


def test_detail_of_the_whole_island_says_so(pages, client):
    page = soup(client.get(pages.detail(pages.factory(island_wide=True))))
    assert "Toda la isla" in page.select_one(".facts").get_text()


@pytest.mark.parametrize("trait", HIDDEN)
def test_detail_hides_what_is_not_published(pages, client, owner, member, superuser, login, trait):
    listing = pages.factory(owner=owner, title="Secreto del taller", **{trait: True})
    for browser in (client, login(member), login(superuser)):
        for address in (pages.detail(listing), f"{pages.path}{listing.pk}/"):
            response = browser.get(address)
            assert response.status_code == 404
            assert "Secreto" not in response.content.decode()
    page = soup(login(owner).get(pages.detail(listing)))
    assert page.select_one("meta[name=robots]")["content"] == "noindex"
    assert page.select_one("script[type='application/ld+json']") is None


@pytest.mark.parametrize("reason", ["suspended", "closed"])
def test_detail_hides_the_listings_of_who_may_not_publish(pages, client, reason):
    trait = {"owner__suspended": True} if reason == "suspended" else {"owner__is_active": False}
    assert client.get(pages.detail(pages.factory(**trait))).status_code == 404


def test_suspended_owner_is_told_that_nobody_sees_the_listing(pages, suspended, login):
    page = soup(login(suspended).get(pages.detail(pages.factory(owner=suspended))))
    own = page.select_one("main > .container > section")
    assert "Tu cuenta está suspendida" in own.get_text()
    assert "Nadie más lo ve." in own.get_text()
    assert own.select("form, a") == []


def test_detail_of_a_deleted_listing_is_gone_for_its_owner_too(pages, owner, login):
    listing = pages.factory(owner=owner, deleted=True)
    assert login(owner).get(pages.detail(listing)).status_code == 404


def test_detail_of_the_other_kind_is_not_found(pages, client):
    listing = pages.factory()
    other = {"/promociones/": "/solicitudes/", "/solicitudes/": "/promociones/"}[pages.path]
    assert client.get(f"{other}{listing.pk}-{listing.slug}/").status_code == 404


@pytest.mark.parametrize("pk", [0, 10**30])
def test_detail_of_an_impossible_number_is_not_found(pages, client, pk):
    assert client.get(f"{pages.path}{pk}/").status_code == 404
    assert client.get(f"{pages.path}{pk}-x/").status_code == 404


def test_short_and_outdated_addresses_redirect(pages, client):
    listing = pages.factory(title="Destapes en Ponce")
    for address in (f"{pages.path}{listing.pk}/", f"{pages.path}{listing.pk}-viejo/"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, f"{pages.path}{listing.pk}-destapes-en-ponce/")


def test_detail_in_english_keeps_english_links(pages, client):
    listing = pages.factory()
    page = soup(client.get(f"/en{pages.detail(listing)}"))
    assert page.select_one("main a[href^='/en/perfil/']")
    assert client.get(f"/en{pages.path}{listing.pk}/")["Location"] == f"/en{pages.detail(listing)}"


def test_detail_tells_machines_what_it_is(pages, client, settings):
    settings.SITE_URL = "https://palitas.example"
    listing = pages.factory(title="</script><script>alert(1)</script> & más", price_max=None, photo_count=1)
    response = client.get(pages.detail(listing))
    assert b"<script>alert" not in response.content
    page = soup(response)
    data = json.loads(page.select_one("script[type='application/ld+json']").string)
    assert data["@type"] == {"promotion": "Offer", "request": "Demand"}[pages.kind]
    assert data["name"] == listing.title
    assert data["url"] == f"https://palitas.example{pages.detail(listing)}"
    assert data["priceSpecification"] == {"@type": "PriceSpecification", "priceCurrency": "USD", "minPrice": 40}
    assert data["itemOffered"]["areaServed"] == [{"@type": "AdministrativeArea", "name": "Ponce, Puerto Rico"}]
    photo = listing.photos.get().picture_id
    assert data["image"] == [f"https://palitas.example/fotos/{photo}/1600.webp"]
    graph = {tag["property"]: tag["content"] for tag in page.select("meta[property^='og:']")}
    assert graph["og:title"] == listing.title
    assert graph["og:url"] == data["url"]
    assert graph["og:image"].startswith(f"https://palitas.example{pages.path}{listing.pk}/compartir.jpg?v=")
    assert page.select_one("link[rel=canonical]")["href"] == data["url"]


def test_detail_names_the_price_only_when_there_is_one(pages, client):
    listing = pages.factory(price_min=None, price_max=None)
    page = soup(client.get(pages.detail(listing)))
    assert "A convenir" in page.select_one(".price").get_text()
    data = json.loads(page.select_one("script[type='application/ld+json']").string)
    assert "priceSpecification" not in data


def test_detail_makes_the_same_number_of_queries_for_any_number_of_parts(pages, client, owner, login):
    towns = [TownFactory(slug=f"t{number}", name=f"T{number}") for number in range(20)]
    counts = {"stranger": set(), "owner": set()}
    browsers = {"stranger": client, "owner": login(owner)}
    for number in (1, 3, 8):
        listing = pages.factory(owner=owner, photo_count=number, towns=towns[: number * 2])
        for who, browser in browsers.items():
            browser.get(pages.detail(listing))
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(pages.detail(listing)).status_code == 200
            counts[who].add(len(queries))
    assert counts["stranger"] == {5}  # the listing, its towns, its photos, their pictures, its owner's reviews
    assert len(counts["owner"]) == 1


OFFERED = {
    "draft": ["Editar", "Publicar", "Archivar", "Borrar"],
    "published": ["Editar", "Pausar", "Archivar", "Borrar"],
    "paused": ["Editar", "Publicar", "Archivar", "Borrar"],
    "archived": ["Editar", "Publicar", "Borrar"],
    "removed": [],
}


@pytest.mark.parametrize("status", OFFERED)
def test_owner_is_offered_what_the_status_allows(pages, owner, login, status):
    listing = pages.factory(owner=owner, **({} if status == "published" else {status: True}))
    assert buttons(soup(login(owner).get(pages.detail(listing)))) == OFFERED[status]
    assert buttons(soup(login(owner).get("/tablero/"))) == OFFERED[status]


@pytest.mark.parametrize(
    ("name", "trait", "target"),
    [
        ("publicar", "draft", Status.PUBLISHED),
        ("publicar", "paused", Status.PUBLISHED),
        ("publicar", "archived", Status.PUBLISHED),
        ("pausar", "", Status.PAUSED),
        ("archivar", "", Status.ARCHIVED),
    ],
)
def test_owner_moves_the_listing_and_returns_to_it(pages, owner, login, name, trait, target):
    listing = pages.factory(owner=owner, **({trait: True} if trait else {}))
    response = login(owner).post(pages.action(listing, name))
    assert (response.status_code, response["Location"]) == (302, pages.detail(listing))
    listing.refresh_from_db()
    assert listing.status == target


def test_owner_deletes_and_returns_to_the_dashboard(pages, owner, login):
    listing = pages.factory(owner=owner, photo_count=1)
    response = login(owner).post(pages.action(listing, "borrar"))
    assert (response.status_code, response["Location"]) == (302, "/tablero/")
    listing.refresh_from_db()
    assert listing.status == Status.DELETED
    assert Picture.objects.discarded().count() == 1
    words = (listing.description, listing.search_text, listing.price_min, listing.price_max, listing.needed_by)
    assert words == ("", "", None, None, None)
    assert not listing.towns.exists()


@pytest.mark.parametrize("name", ["archivar", "borrar"])
def test_owner_is_asked_first(pages, owner, login, name):
    listing = pages.factory(owner=owner)
    page = soup(login(owner).get(pages.action(listing, name)))
    assert listing.title in page.get_text()
    assert page.select_one("main form[method=post] button[type=submit]")
    listing.refresh_from_db()
    assert listing.status == Status.PUBLISHED


@pytest.mark.parametrize("name", ["publicar", "pausar"])
def test_status_is_not_changed_by_a_get(pages, owner, login, name):
    listing = pages.factory(owner=owner)
    assert login(owner).get(pages.action(listing, name)).status_code == 405


@pytest.mark.parametrize(
    ("name", "trait", "sentence"),
    [
        ("publicar", "", "Este anuncio ya está publicado."),
        ("pausar", "paused", "Este anuncio ya está en pausa."),
        ("archivar", "archived", "Este anuncio ya está archivado."),
        ("borrar", "removed", "La moderación retiró este anuncio."),
    ],
)
def test_action_that_comes_too_late_says_so(pages, owner, login, name, trait, sentence):
    listing = pages.factory(owner=owner, **({trait: True} if trait else {}))
    browser = login(owner)
    answers = [browser.post(pages.action(listing, name))]
    if name in {"archivar", "borrar"}:
        answers.append(browser.get(pages.action(listing, name)))
    for response in answers:
        assert response.status_code == 409
        assert sentence in response.content.decode()


@pytest.mark.parametrize("name", ["editar", "publicar", "pausar", "archivar", "borrar"])
def test_actions_are_the_owners_alone(pages, owner, member, superuser, suspended, unverified, client, login, name):
    seen, unseen = pages.factory(owner=owner), pages.factory(owner=owner, draft=True)
    for stranger in (member, superuser, suspended, unverified):
        refused = login(stranger).post(pages.action(seen, name))
        assert refused.status_code == 403
        assert BeautifulSoup(refused.content, "html.parser").select_one("main").get_text(strip=True)
        assert login(stranger).post(pages.action(unseen, name)).status_code == 404
    assert client.post(pages.action(seen, name)).status_code == 302
    assert set(Listing.objects.values_list("status", flat=True)) == {Status.PUBLISHED, Status.DRAFT}


@pytest.mark.parametrize("name", ["editar", "publicar", "pausar", "archivar", "borrar"])
def test_actions_are_closed_to_owners_who_may_not_publish(pages, suspended, unverified, login, name):
    for person, sentence in ((suspended, "Tu cuenta está suspendida"), (unverified, "Confirma tu correo")):
        listing = pages.factory(owner=person, draft=True)
        response = login(person).post(pages.action(listing, name))
        assert response.status_code == 403
        assert sentence in response.content.decode()
        listing.refresh_from_db()
        assert listing.status == Status.DRAFT


def test_publish_sends_an_incomplete_draft_to_its_form(pages, owner, login):
    listing = pages.factory(owner=owner, draft=True, description="", towns=[])
    response = login(owner).post(pages.action(listing, "publicar"), follow=True)
    assert response.redirect_chain == [(pages.action(listing, "editar"), 302)]
    said = [notice.get_text(strip=True) for notice in soup(response).select(".messages .notice")]
    assert said == ["Falta la descripción.", "Faltan los pueblos."]
    listing.refresh_from_db()
    assert listing.status == Status.DRAFT


def test_actions_refuse_a_forged_form(pages, owner):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    listing = pages.factory(owner=owner)
    assert browser.post(pages.action(listing, "borrar")).status_code == 403
    listing.refresh_from_db()
    assert listing.status == Status.PUBLISHED


def test_removed_listing_tells_its_owner_why(pages, owner, login):
    listing = pages.factory(owner=owner, removed=True)
    assert "La moderación lo retiró: No es un servicio." in soup(login(owner).get(pages.detail(listing))).get_text()
