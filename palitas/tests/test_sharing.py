"""What pages say of themselves to those who show previews, and the buttons that share them."""

import gzip
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as site
from pypdf import PdfReader

from palitas.sharing.cards import listing_card, profile_card
from palitas.sharing.letters import BREAK
from services.tests.factories import PromotionFactory, ServiceFactory, ServiceRequestFactory, TownFactory

PHONE = re.compile(r"787\D{0,3}555\D?0134")


@pytest.fixture(autouse=True)
def site_url(settings):
    settings.SITE_URL = "https://palitas.example"


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def graph_of(page) -> dict[str, str]:
    tags = page.select("meta[property^='og:']")
    graph = {tag["property"]: tag["content"] for tag in tags}
    assert len(graph) == len(tags)
    return graph


@pytest.mark.parametrize(("prefix", "locale", "other"), [("", "es_PR", "en_US"), ("/en", "en_US", "es_PR")])
def test_every_kind_of_page_has_a_preview_of_its_own(client, owner, prefix, locale, other):
    promotion, request = PromotionFactory(owner=owner), ServiceRequestFactory(owner=owner)
    pages = {
        promotion.get_absolute_url(): f"/promociones/{promotion.pk}/compartir.jpg",
        request.get_absolute_url(): f"/solicitudes/{request.pk}/compartir.jpg",
        owner.get_absolute_url(): f"/perfil/{owner.pk}/compartir.jpg",
        ServiceFactory().get_absolute_url(): "/servicios/plomeria/compartir.jpg",
        TownFactory().get_absolute_url(): "/pueblos/ponce/compartir.jpg",
        "/": "/static/img/share.png",
        "/acerca/": "/static/img/share.png",
    }
    pictures = set()
    for path, picture in pages.items():
        page = soup(client.get(prefix + path))
        graph = graph_of(page)
        own = picture.endswith(".jpg")
        parts = urlsplit(graph["og:image"])
        assert (parts.netloc, parts.path) == ("palitas.example", prefix + picture if own else picture)
        if own:
            assert client.get(f"{parts.path}?{parts.query}").status_code == 200
        assert graph["og:url"] == f"https://palitas.example{prefix}{path}"
        assert (graph["og:locale"], graph["og:locale:alternate"]) == (locale, other)
        assert (graph["og:image:width"], graph["og:image:height"]) == ("1200", "630")
        assert graph["og:image:type"] == ("image/jpeg" if own else "image/png")
        assert graph["og:title"]
        assert graph["og:description"]
        assert graph["og:image:alt"]
        assert page.select_one("meta[name='twitter:card']")["content"] == "summary_large_image"
        pictures.add(graph["og:image"])
    assert len(pictures) == 6


def test_preview_of_a_listing_tells_facts_and_search_engines_its_text(client, owner):
    listing = PromotionFactory(owner=owner, title='"Destapes" <b>', price_max=None, description="Reparo liqueos.")
    page = soup(client.get(listing.get_absolute_url()))
    graph = graph_of(page)
    assert graph["og:title"] == listing.title
    assert graph["og:description"] == "Plomería · Ponce · Desde $40"
    assert (
        graph["og:image"] == f"https://palitas.example{listing_card(listing).address}?v={listing_card(listing).version}"
    )
    assert page.select_one("meta[name=description]")["content"] == "Reparo liqueos."


def test_changed_listing_has_a_new_picture_address(client, owner):
    listing = PromotionFactory(owner=owner)
    addresses = [graph_of(soup(client.get(listing.get_absolute_url())))["og:image"]]
    listing.price_min = 55
    listing.save()
    addresses.append(graph_of(soup(client.get(listing.get_absolute_url())))["og:image"])
    assert addresses[0].split("?")[0] == addresses[1].split("?")[0]
    assert addresses[0] != addresses[1]


@pytest.mark.parametrize("trait", ["draft", "paused", "archived", "removed"])
def test_private_listing_has_no_preview_and_no_share_button(login, owner, trait):
    listing = PromotionFactory(owner=owner, **{trait: True})
    page = soup(login(owner).get(listing.get_absolute_url()))
    assert graph_of(page) == {}
    assert page.select("[data-share], script[src*=share]") == []


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_page_is_shared_in_the_language_in_which_it_is_read(client, login, member, owner, prefix):
    listing = PromotionFactory(owner=owner, title="Uñas & más 100%")
    # Asked before the first English page, which leaves its language behind.
    things = {listing.get_absolute_url(): listing.title, owner.get_absolute_url(): "Pilar Santiago"}
    for path, title in things.items():
        url = f"https://palitas.example{prefix}{path}"
        for browser in (client, login(member), login(owner)):
            page = soup(browser.get(prefix + path))
            (box,) = page.select("[data-share]")
            whatsapp = urlsplit(box.select_one("a")["href"])
            assert (whatsapp.netloc, whatsapp.path) == ("wa.me", "/")
            assert parse_qs(whatsapp.query) == {"text": [f"{title} {url}"]}
            assert box.select_one("input[readonly]")["value"] == url
            # Buttons that need a script are not there without it.
            assert [button.has_attr("hidden") for button in box.select("button")] == [True, True]
            assert len(page.select("script[src*='js/share']")) == 1


def test_after_publishing_the_owner_is_asked_to_share(login, owner):
    listing = PromotionFactory(owner=owner, draft=True)
    page = soup(login(owner).post(f"/promociones/{listing.pk}/publicar/", follow=True))
    panel = page.select_one("section[aria-label='Tu anuncio']")
    assert "Compártelo" in panel.get_text()
    assert panel.select_one("[data-share] a[href^='https://wa.me/']")


def test_nothing_that_is_shared_says_how_to_reach_the_person(client, owner):
    promotion = PromotionFactory(owner=owner)
    flyer = f"{owner.get_absolute_url()}volante/"
    assert owner.phone
    texts = [
        client.get(path).content.decode() for path in (promotion.get_absolute_url(), owner.get_absolute_url(), flyer)
    ]
    (page,) = PdfReader(io.BytesIO(client.get(f"{flyer}pdf/").content)).pages
    texts += [page.extract_text(), listing_card(promotion).words, profile_card(owner).words]
    for text in texts:
        assert "Pilar" in text or promotion.title in text
        assert owner.email not in text
        assert not PHONE.search(text)


def test_what_people_write_themselves_is_shown_as_they_wrote_it(client, owner):
    listing = PromotionFactory(owner=owner, title="Llama al 787-555-0134")
    assert graph_of(soup(client.get(listing.get_absolute_url())))["og:title"] == listing.title
    assert listing_card(listing).title.replace(BREAK, "") == listing.title


def test_share_script_is_small():
    assert len(gzip.compress(Path(site.BASE_DIR, "static/js/share.js").read_bytes())) <= 700
