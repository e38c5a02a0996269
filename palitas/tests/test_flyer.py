"""The flyer of a profile: what is printed, for whom, and that its code can be read."""

import dataclasses
import io
from decimal import Decimal

import pytest
import typst
import zxingcpp
from bs4 import BeautifulSoup
from django.core.cache import caches
from PIL import Image
from pypdf import PdfReader

from palitas.pages import flyer as pages
from palitas.sharing import flyer as sheet
from palitas.sharing.kept import flyer_key
from palitas.sharing.qr import qr_code
from services.tests.factories import PictureFactory, PromotionFactory, ServiceFactory, TownFactory

LETTER = (0, 0, 612, 792)


@pytest.fixture
def provider(owner):
    profile = owner.profile
    profile.headline = "Plomera <b>en</b> Ponce"
    profile.rating_average, profile.reviews_count, profile.palitas_count = Decimal("4.57"), 7, 1
    profile.save()
    PromotionFactory(owner=owner)
    PromotionFactory(owner=owner, towns=[TownFactory(slug="adjuntas", name="Adjuntas")])
    PromotionFactory(
        owner=owner,
        draft=True,
        service=ServiceFactory(slug="unas", name_es="Uñas"),
        towns=[TownFactory(slug="x", name="X")],
    )
    return owner


def path_of(person, ending="") -> str:
    return f"{person.get_absolute_url()}volante/{ending}"


def text_of(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf))
    assert [tuple(page.mediabox) for page in reader.pages] == [LETTER]
    return " ".join(reader.pages[0].extract_text().split())


def codes_in(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


def test_flyer_says_what_a_person_offers(provider, settings):
    settings.SITE_URL = "https://www.palitas.example"
    flyer = sheet.flyer_of(provider)
    assert flyer == sheet.Flyer(
        name="Pilar Santiago",
        headline="Plomera <b>en</b> Ponce",
        services=("Plomería",),
        places="Adjuntas, Ponce",
        figures=("4.6 · 7 reseñas", "1 palita hecha"),
        url=f"https://www.palitas.example/perfil/{provider.pk}/",
        photo="",
        language="es",
    )
    assert flyer.short_address == f"palitas.example/perfil/{provider.pk}"


def test_many_towns_are_counted_and_the_whole_island_is_one(owner):
    towns = [TownFactory(slug=f"t{number}", name=f"T{number}") for number in range(8)]
    PromotionFactory(owner=owner, towns=towns)
    assert sheet.flyer_of(owner).places == "T0, T1, T2, T3, T4, T5 y 2 más"
    PromotionFactory(owner=owner, island_wide=True)
    assert sheet.flyer_of(owner).places == "Toda la isla"


def test_page_shows_the_flyer(client, provider):
    page = BeautifulSoup(client.get(path_of(provider)).content, "html.parser")
    flyer = sheet.flyer_of(provider)
    assert page.select_one(".flyer h1").get_text() == flyer.name
    assert flyer.headline in page.select_one(".flyer-person").get_text()
    assert page.select_one(".flyer svg path")["d"] == flyer.qr.path
    strips = page.select(".flyer-strips p")
    assert [" ".join(strip.get_text().split()) for strip in strips] == [f"{flyer.name} {flyer.short_address}"] * 9
    assert page.select_one("meta[name=robots]")["content"] == "noindex"


def test_pdf_is_one_sheet_with_the_same_words(client, provider):
    response = client.get(path_of(provider, "pdf/"))
    assert response["Content-Type"] == "application/pdf"
    text = text_of(response.content)
    flyer = sheet.flyer_of(provider)
    for words in (flyer.name, flyer.headline, *flyer.services, flyer.places, *flyer.figures, flyer.short_address):
        assert words in text
    assert text.count(flyer.name) == 10


@pytest.mark.parametrize(
    "name",
    ["W" * 140, "Uñas 💅🏽 🇵🇷", "سباك", "#panic() $x$", "\u202eabc\u0000"],
    ids=["wide", "emoji", "rtl", "markup", "control"],
)
def test_hostile_names_stay_on_one_sheet(provider, name):
    flyer = dataclasses.replace(
        sheet.flyer_of(provider), name=name, headline=name, services=("Mantenimiento de piscinas",) * 5
    )
    assert flyer.short_address in text_of(sheet.render(flyer))


def test_code_on_the_sheet_is_read(provider, monkeypatch):
    flyer = dataclasses.replace(sheet.flyer_of(provider), url="https://palitas.example/perfil/123456/")
    compile_pdf = typst.compile
    monkeypatch.setattr(sheet.typst, "compile", lambda *args, **rest: compile_pdf(*args, format="png", ppi=72, **rest))
    assert codes_in(Image.open(io.BytesIO(sheet.render(flyer)))) == [flyer.url]


@pytest.mark.parametrize("url", ["https://palitas.example/perfil/1/", f"https://palitas.example/{'x' * 200}"])
def test_code_leaves_a_quiet_zone(url):
    code = qr_code(url)
    image = Image.new("1", (code.side * 4, code.side * 4), 1)
    for module in code.path.removeprefix("M").split("M"):
        x, y = (int(number) + 4 for number in module.removesuffix("h1v1h-1z").split())
        image.paste(0, (x * 4, y * 4, x * 4 + 4, y * 4 + 4))
    assert codes_in(image.convert("L")) == [url]
    assert image.getbbox() == (0, 0, *image.size)
    assert code.view_box == f"-4 -4 {code.side} {code.side}"


def test_english_flyer_is_english_and_leads_to_english_pages(client, provider, settings):
    settings.SITE_URL = "https://palitas.example"
    profile = provider.get_absolute_url()
    page = BeautifulSoup(client.get(f"/en{path_of(provider)}").content, "html.parser")
    assert page.select_one(".flyer-services").get_text().strip() == "Plumbing"
    assert f"palitas.example/en/perfil/{provider.pk}" in page.select_one(".flyer-door").get_text()
    response = client.get(f"/en/perfil/{provider.pk}/")
    assert (response.status_code, response["Location"]) == (302, f"/en{profile}")


def test_former_name_in_the_address_redirects(client, owner):
    for ending in ("", "pdf/"):
        response = client.get(f"/perfil/{owner.pk}-otra/volante/{ending}")
        assert (response.status_code, response["Location"]) == (302, path_of(owner, ending))


def test_sheet_is_set_once_until_it_changes(client, provider, monkeypatch):
    made = []
    monkeypatch.setattr(pages.sheet, "render", lambda flyer: made.append(flyer) or b"%PDF")
    for _time in range(3):
        assert client.get(path_of(provider, "pdf/")).content == b"%PDF"
    assert len(made) == 1
    type(provider.profile).objects.update(headline="Otra cosa")
    client.get(path_of(provider, "pdf/"))
    assert [flyer.headline for flyer in made] == ["Plomera <b>en</b> Ponce", "Otra cosa"]


def test_kept_sheet_of_somebody_suspended_is_refused(client, login, member, provider, monkeypatch):
    monkeypatch.setattr(pages.sheet, "render", lambda _flyer: b"%PDF")
    client.get(path_of(provider, "pdf/"))
    assert caches["drawings"].get(flyer_key(provider.pk))
    type(provider).objects.filter(pk=provider.pk).update(is_active=False)
    for browser in (client, login(member)):
        assert [browser.get(path_of(provider, ending)).status_code for ending in ("", "pdf/")] == [404, 404]


def test_only_the_owner_is_offered_the_flyer(client, login, member, owner):
    link = f'href="{path_of(owner)}"'
    shown = [link in browser.get(owner.get_absolute_url()).content.decode() for browser in (client, login(member))]
    assert shown == [False, False]
    PromotionFactory(owner=owner)
    browser = login(owner)
    for path in (owner.get_absolute_url(), "/tablero/"):
        assert link in browser.get(path).content.decode()


def test_flyer_costs_the_same_for_any_number_of_listings(client, owner, django_assert_num_queries):
    for number in (1, 3):
        for place in range(number):
            PromotionFactory(owner=owner, towns=[TownFactory(slug=f"t{number}-{place}", name=f"T{number}-{place}")])
        # Person with profile, services, whether the whole island, towns.
        with django_assert_num_queries(4):
            client.get(path_of(owner))


def test_sheet_whose_photo_cannot_be_read_is_not_kept(client, owner, caplog):
    owner.profile.picture = PictureFactory(owner=owner, claimed=True)
    owner.profile.save()
    assert "Pilar Santiago" in text_of(client.get(path_of(owner, "pdf/")).content)
    assert caches["drawings"].get(flyer_key(owner.pk)) is None
    assert "could not be read" in caplog.text


def test_flyer_has_the_face_and_never_the_payment_qr(client, owner):
    profile = owner.profile
    profile.picture, profile.payment_qr = (PictureFactory(owner=owner, claimed=True) for _ in range(2))
    profile.save()
    page = client.get(path_of(owner)).content.decode()
    assert str(profile.picture_id) in page
    assert str(profile.payment_qr_id) not in page
