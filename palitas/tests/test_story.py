"""What the site is for, told over HTTP as a browser without JavaScript would: sign up, publish, be found."""

import re

import pytest

from accounts.tests.factories import PASSWORD
from palitas.tests.visitor import Visitor, photo
from services.catalog_data import load_catalog
from services.models import Listing, Picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog(db):
    load_catalog()


def sign_up(email: str, first_name: str) -> Visitor:
    visitor = Visitor().open("/cuenta/signup/")
    visitor.send(
        email=email,
        first_name=first_name,
        last_name="Rodríguez Peña",
        phone="787-555-0134",
        password1=PASSWORD,
        password2=PASSWORD,
    )
    mail = Visitor().open("/correo/")
    assert email in mail.text
    code = re.search(r"\b[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}\b(?=\s)", mail.page.find("pre").get_text())
    assert code, mail.text[:400]
    visitor.send(code=code[0])
    assert visitor.path == "/tablero/"
    return visitor


def found_titles(visitor: Visitor) -> list[str]:
    return [card.find("a").get_text(strip=True) for card in visitor.page.find_all("article", {"data-kind": True})]


def test_newcomer_publishes_promotion_and_another_finds_it(catalog):
    provider = sign_up("nilda@example.com", "Nilda").open("/promociones/nueva/")
    provider.send(
        service="plomeria",
        title="Destapo tuberías el mismo día",
        description="Trabajo con cámara. Treinta años de experiencia.",
        towns=["ponce"],
        price_min="60",
        price_max="",
        photos=[photo("uno.jpg"), photo("dos.jpg")],
    )
    listing = Listing.objects.get()
    assert provider.path == listing.get_absolute_url()
    assert (listing.status, listing.photos.count()) == ("published", 2)
    client = sign_up("wilfredo@example.com", "Wilfredo")
    for query in ("q=plomero+en+Ponce", "servicio=plomeria", "pueblo=ponce", "q=TUBERIA", "q=plumber&precio_max=100"):
        client.open(f"/promociones/?{query}")
        assert found_titles(client) == ["Destapo tuberías el mismo día"], query
    for query in ("q=plomero+en+Vieques", "servicio=dj", "pueblo=culebra", "precio_max=59"):
        client.open(f"/promociones/?{query}")
        assert found_titles(client) == [], query
    client.open(f"/promociones/{listing.pk}/")
    assert "Nilda" in client.text
    assert "787" not in client.text
    assert "nilda@example.com" not in client.text


def test_newcomer_publishes_request_and_another_finds_it(catalog):
    client = sign_up("wilfredo@example.com", "Wilfredo").open("/solicitudes/nueva/")
    client.send(
        service="cuido-de-ninos",
        title="Busco niñera los viernes",
        description="Dos nenes de 4 y 6 años.",
        island_wide=True,
        price_max="150",
    )
    assert client.path == Listing.objects.get().get_absolute_url()
    provider = sign_up("nilda@example.com", "Nilda")
    for query in ("q=ninera", "q=babysitter", "servicio=cuido-de-ninos", "pueblo=vieques"):
        provider.open(f"/solicitudes/?{query}")
        assert found_titles(provider) == ["Busco niñera los viernes"], query


def test_rejected_form_keeps_its_photos_and_words(catalog):
    provider = sign_up("nilda@example.com", "Nilda").open("/promociones/nueva/")
    provider.send(
        service="unas",
        title="Uñas acrílicas a domicilio",
        description="Diseños a tu gusto.",
        towns=["ponce"],
        price_min="80",
        price_max="20",
        photos=[photo()],
    )
    assert provider.path == "/promociones/nueva/"
    assert Listing.objects.count() == 0
    assert Picture.objects.filter(claimed_at=None).count() == 1
    assert len(provider.main.select("form img")) == 1
    # Only the wrong field is typed again.
    provider.send(price_max="120")
    listing = Listing.objects.get()
    assert provider.path == listing.get_absolute_url()
    assert (listing.title, listing.photos.count()) == ("Uñas acrílicas a domicilio", 1)
    assert list(listing.towns.values_list("slug", flat=True)) == ["ponce"]
