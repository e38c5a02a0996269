"""Creating and editing over HTTP: what is accepted, what is refused and how it comes back."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from services.enums import Status
from services.models import Listing, Picture
from services.pictures.chosen import PicturesTaken
from services.tests.factories import PictureFactory, ServiceFactory, TownFactory
from services.tests.pages import PAGES, errors_of, good_data

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("pages", PAGES)]


def value_of(response, name: str) -> str:
    field = BeautifulSoup(response.content, "html.parser").select_one(f"[name={name}]")
    return field.get_text() if field.name == "textarea" else field.get("value", "")


def test_create_publishes_and_redirects_to_the_listing(pages, owner, login):
    response = login(owner).post(f"{pages.path}nueva/", good_data())
    listing = Listing.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"{pages.path}{listing.pk}-destapes-en-ponce/"
    assert (listing.kind, listing.owner, listing.status) == (pages.kind, owner, Status.PUBLISHED)
    assert (listing.price_min, listing.price_max, listing.island_wide) == (40, 1500, False)
    assert [town.slug for town in listing.towns.all()] == ["ponce"]


def test_create_saves_a_draft_with_service_and_title_alone(pages, owner, login):
    data = good_data(description=None, towns=None, price_min="", price_max="", draft="1")
    response = login(owner).post(f"{pages.path}nueva/", data)
    assert response.status_code == 302
    listing = Listing.objects.get()
    assert (listing.status, listing.published_at) == (Status.DRAFT, None)


def test_create_for_the_whole_island_needs_no_town(pages, owner, login):
    assert login(owner).post(f"{pages.path}nueva/", good_data(towns=None, island_wide="on")).status_code == 302
    listing = Listing.objects.get()
    assert listing.island_wide
    assert not listing.towns.exists()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("service", None, "Este campo es obligatorio."),
        ("title", "", "Este campo es obligatorio."),
        ("title", "\x00\x07 \u202e", "Este campo es obligatorio."),
        ("description", "  ", "Escribe una descripción."),
        ("towns", None, "Escoge al menos un pueblo, o toda la isla."),
        ("price_min", "12.50", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ("price_min", "gratis", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ("price_min", "-5", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ("price_min", "1,5", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ("price_min", "٤٠", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ("price_max", "1000001", "El precio puede ser de hasta $1,000,000."),
        ("price_max", "9" * 5000, "El precio puede ser de hasta $1,000,000."),
        ("price_max", "39", "El precio más alto no puede ser menor que el más bajo."),
    ],
)
def test_create_refuses_with_a_sentence_at_the_field(pages, owner, login, field, typed, sentence):
    response = login(owner).post(f"{pages.path}nueva/", good_data(**{field: typed}))
    assert errors_of(response) == {field: [sentence]}
    assert not Listing.objects.exists()
    if field != "title":
        assert value_of(response, "title") == "Destapes en Ponce"
    if field.startswith("price"):
        assert value_of(response, field) == typed


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("service", "no-existe"),
        ("service", "\x00"),
        ("towns", ["atlantis"]),
        ("towns", ["\x00"]),
        ("title", "x" * 101),
        ("description", "x" * 2001),
    ],
)
def test_create_refuses_what_the_page_does_not_offer(pages, owner, login, field, typed):
    response = login(owner).post(f"{pages.path}nueva/", good_data(**{field: typed}))
    assert list(errors_of(response)) == [field]
    assert not Listing.objects.exists()


def test_create_lists_what_is_wrong_in_the_order_of_the_page(pages, owner, login):
    TownFactory()
    page = BeautifulSoup(login(owner).post(f"{pages.path}nueva/").content, "html.parser")
    named = [link["href"].removeprefix("#id_") for link in page.select(".notice-error a")]
    in_page = [box.select_one("[name]")["name"] for box in page.select(".field-invalid")]
    assert named == in_page == ["title", "service", "description", "towns"]


def test_create_counts_the_end_of_a_line_once_as_the_browser_does(pages, owner, login):
    lines = "\r\n".join(["x" * 99] * 20)  # 1,999 letters for the reader, 2,018 on the wire
    assert login(owner).post(f"{pages.path}nueva/", good_data(description=lines)).status_code == 302
    assert len(Listing.objects.get().description) == 1999


def test_create_strips_what_cannot_be_seen(pages, owner, login):
    data = good_data(title=" Destapes\x00\n  \u202een\tPonce ", description="Uno\x07\r\n\r\nDos\x00")
    login(owner).post(f"{pages.path}nueva/", data)
    listing = Listing.objects.get()
    assert (listing.title, listing.description) == ("Destapes en Ponce", "Uno\n\nDos")


def test_create_refuses_a_service_that_left_the_catalogue(pages, owner, login):
    ServiceFactory(slug="vieja", name_es="Vieja", is_active=False)
    response = login(owner).post(f"{pages.path}nueva/", good_data(service="vieja"))
    assert list(errors_of(response)) == ["service"]


def test_create_is_filled_in_by_the_address(pages, owner, login):
    good_data()
    query = {"servicio": "plomeria", "pueblo": "ponce", "q": "tubería\x00 rota"}
    page = BeautifulSoup(login(owner).get(f"{pages.path}nueva/", query).content, "html.parser")
    assert page.select_one("select[name=service] option[selected]")["value"] == "plomeria"
    assert [box["value"] for box in page.select("input[name=towns][checked]")] == ["ponce"]
    assert page.select_one("input[name=title]")["value"] == "tubería rota"


def test_create_is_not_broken_by_a_strange_address(pages, owner, login):
    query = {"servicio": "\x00", "pueblo": ["x", "\x00"], "q": "x" * 500}
    assert login(owner).get(f"{pages.path}nueva/", query).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("who", "sentence"), [("unverified", "Confirma tu correo"), ("suspended", "Tu cuenta está suspendida")]
)
def test_create_is_for_members(pages, login, request, who, sentence, method):
    data = good_data(photos=None)
    response = getattr(login(request.getfixturevalue(who)), method)(f"{pages.path}nueva/", data)
    assert response.status_code == 403
    assert sentence in response.content.decode()
    assert not Listing.objects.exists()
    assert not Picture.objects.exists()


def test_create_sends_strangers_to_log_in(pages, client):
    response = client.get(f"{pages.path}nueva/")
    assert response.status_code == 302
    assert response["Location"].startswith("/cuenta/login/")


def test_edit_shows_what_there_is(pages, owner, login):
    listing = pages.factory(owner=owner, photo_count=2)
    page = BeautifulSoup(login(owner).get(pages.action(listing, "editar")).content, "html.parser")
    assert page.select_one("[name=title]")["value"] == listing.title
    assert page.select_one("[name=price_min]")["value"] == "40"
    assert page.select_one("select[name=service] option[selected]")["value"] == "plomeria"
    assert [box["value"] for box in page.select("input[name=towns][checked]")] == ["ponce"]
    assert len(page.select("input[name=kept_photos]")) == 2
    assert page.select_one("button[name=draft]") is None


def test_edit_makes_the_same_queries_whatever_it_shows(pages, owner, login, django_assert_num_queries):
    towns = [TownFactory(slug=f"t{number}", name=f"T{number}") for number in range(16)]
    browser = login(owner)
    for number in (1, 3, 8):
        listing = pages.factory(owner=owner, photo_count=number, towns=towns[: 2 * number])
        with django_assert_num_queries(9):
            browser.get(pages.action(listing, "editar"))


def test_edit_saves_and_redirects(pages, owner, login):
    listing = pages.factory(owner=owner)
    response = login(owner).post(pages.action(listing, "editar"), good_data(title="Filtraciones", price_min=""))
    listing.refresh_from_db()
    assert response["Location"] == f"{pages.path}{listing.pk}-filtraciones/"
    assert (listing.title, listing.price_min, listing.status) == ("Filtraciones", None, Status.PUBLISHED)


def test_edit_asks_a_published_listing_for_everything_even_as_a_draft(pages, owner, login):
    listing = pages.factory(owner=owner)
    response = login(owner).post(pages.action(listing, "editar"), good_data(description="", draft="1"))
    assert errors_of(response) == {"description": ["Escribe una descripción."]}


@pytest.mark.parametrize("trait", ["draft", "paused", "archived"])
@pytest.mark.parametrize("as_draft", [True, False])
def test_edit_publishes_only_when_asked(pages, owner, login, trait, as_draft):
    listing = pages.factory(owner=owner, **{trait: True})
    before = listing.status
    data = good_data(draft="1") if as_draft else good_data()
    assert login(owner).post(pages.action(listing, "editar"), data).status_code == 302
    listing.refresh_from_db()
    assert listing.status == (before if as_draft else Status.PUBLISHED)


def test_edit_keeps_a_service_that_left_the_catalogue(pages, owner, login):
    old = ServiceFactory(slug="vieja", name_es="Vieja", is_active=False)
    listing = pages.factory(owner=owner, service=old)
    assert login(owner).post(pages.action(listing, "editar"), good_data(service="vieja")).status_code == 302


def test_edit_of_a_removed_listing_has_come_too_late(pages, owner, login):
    listing = pages.factory(owner=owner, removed=True)
    for response in (
        login(owner).get(pages.action(listing, "editar")),
        login(owner).post(pages.action(listing, "editar"), good_data()),
    ):
        assert response.status_code == 409
        assert "La moderación retiró este anuncio" in response.content.decode()


def test_edit_that_lost_a_race_for_a_photo_says_so(pages, owner, login, monkeypatch):
    listing = pages.factory(owner=owner)
    picture = PictureFactory(owner=owner)

    def faster(**_options):
        raise PicturesTaken

    monkeypatch.setattr("services.actions.take", faster)
    response = login(owner).post(pages.action(listing, "editar"), good_data(kept_photos=[str(picture.pk)]))
    assert errors_of(response) == {"photos": ["Una de las fotos ya no está disponible. Envíala otra vez."]}


def test_needed_by_is_of_requests_only(pages, owner, login):
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert login(owner).post(f"{pages.path}nueva/", good_data(needed_by=tomorrow.isoformat())).status_code == 302
    assert Listing.objects.get().needed_by == (tomorrow if pages.kind == "request" else None)
