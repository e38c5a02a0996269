"""Who gets at pictures of each purpose, on the disk and in a real bucket, and when that ends."""

import re
import zipfile
from io import BytesIO
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.tests.browser import PASSWORD
from agreements.tests.factories import AgreementFactory, ContactFactory
from moderation import actions as moderation
from palitas.tests.lives import Life
from services.enums import Area
from services.models import Listing, Picture
from services.pictures import addresses
from services.pictures.actions import receive, sweep
from services.pictures.public import permanent_url
from services.tests.factories import PictureFactory
from services.tests.pages import good_data
from services.tests.pictures import upload
from services.tests.s3_server import S3Server, refusing_server

SIX_HOURS = 6 * 60 * 60

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.s3)])
def fetch(request):
    """Return a function that says whether a stranger is given the file at an address."""
    if request.param == "s3":
        request.getfixturevalue("s3")

    def is_given(url: str) -> bool:
        if url.startswith("/"):
            response = Client().get(url)
            return response.status_code == 200 and bool(b"".join(response.streaming_content))
        try:
            with urlopen(url) as answer:
                return answer.status == 200
        except HTTPError as error:
            with error:
                return False

    return is_given


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves the time by which addresses are signed; S3's own clock stays."""

    def back(seconds: int) -> None:
        then = timezone.now().timestamp() - seconds
        for module in (addresses, signing):
            monkeypatch.setattr(module.time, "time", lambda: then)

    yield back
    monkeypatch.undo()


def published(owner, login) -> Listing:
    response = login(owner).post("/promociones/nueva/", good_data(photos=upload()))
    assert response.status_code == 302
    return Listing.objects.get()


@pytest.mark.parametrize("state", ["published", "draft", "removed"])
def test_no_listing_shows_its_photo_without_a_signature(fetch, owner, moderator, login, state):
    data = good_data(photos=upload()) | ({"draft": "1"} if state == "draft" else {})
    assert login(owner).post("/promociones/nueva/", data).status_code == 302
    listing = Listing.objects.get()
    if state == "removed":
        moderation.remove_listing(listing=listing, by=moderator, reason="No es un servicio.", now=timezone.now())
    assert Listing.objects.get().status == state
    url = Picture.objects.get().medium_url
    assert fetch(url)
    assert not fetch(url.partition("?")[0])


def test_address_of_a_removed_listing_ends(fetch, owner, moderator, login, client, clock):
    listing = published(owner, login)
    picture = Picture.objects.get()
    page, permanent = (
        f"/promociones/{listing.pk}-{listing.slug}/",
        permanent_url(picture).removeprefix("http://localhost:8000"),
    )
    assert (client.get(page).status_code, client.get(permanent).status_code) == (200, 302)
    clock(SIX_HOURS)
    given_before = picture.medium_url
    clock(0)
    moderation.remove_listing(listing=listing, by=moderator, reason="No es un servicio.", now=timezone.now())
    assert (client.get(page).status_code, client.get(permanent).status_code) == (404, 404)
    assert not fetch(given_before)


def test_address_of_a_deleted_listing_ends_with_the_sweep(fetch, owner, login):
    listing = published(owner, login)
    url = Picture.objects.get().medium_url
    assert fetch(url)
    assert login(owner).post(f"/promociones/{listing.pk}/borrar/").status_code == 302
    assert sweep(timezone.now()) == 1
    assert not fetch(url)


def area_of_the_only_picture() -> str:
    return Picture.objects.get(discarded_at=None).area


def test_photos_of_messages_are_private(owner, member, login):
    contact = ContactFactory(opener=member)
    assert login(member).post(f"/contactos/{contact.pk}/", {"body": "Mira", "photos": upload()}).status_code == 302
    assert area_of_the_only_picture() == Area.PRIVATE


@pytest.mark.parametrize(
    ("trait", "who", "address", "data", "field"),
    [
        ("active", "member", "disputar", {"note": "La pared gotea."}, "photos"),
        ("closed", "member", "resena", {"rating": "5", "body": "Buen trabajo."}, "photos"),
        ("delivered", "owner", "qr", {}, "payment_qr"),
    ],
)
def test_photos_of_agreements_are_private(owner, member, login, trait, who, address, data, field):
    contact = ContactFactory(opener=member, listing__owner=owner)
    agreement = AgreementFactory(contact=contact, **{trait: True})
    browser = login({"owner": owner, "member": member}[who])
    assert browser.post(f"/acuerdos/{agreement.pk}/{address}/", {**data, field: upload()}).status_code == 302
    assert area_of_the_only_picture() == Area.PRIVATE


@pytest.mark.parametrize(
    ("field", "area"),
    [
        ("picture", Area.PUBLIC),
        ("cover", Area.PUBLIC),
        ("gallery", Area.PUBLIC),
        ("payment_qr", Area.PRIVATE),
    ],
)
def test_profile_keeps_the_payment_qr_apart(owner, login, field, area):
    assert login(owner).post("/perfil/editar/", {field: upload()}).status_code == 302
    assert area_of_the_only_picture() == area


def test_photo_sent_for_another_purpose_is_not_taken_over(owner, login):
    """A form names what it has received before; what lies in the other folder was not received by it."""
    private = PictureFactory(owner=owner, area=Area.PRIVATE)
    response = login(owner).post("/promociones/nueva/", good_data(kept_photos=str(private.pk)))
    assert response.status_code == 200
    assert "Una de las fotos ya no está disponible." in response.content.decode()
    private.refresh_from_db()
    assert private.claimed_at is None


@pytest.mark.s3
def test_erasing_an_account_empties_its_folders(s3, member, moderator):
    life = Life(member, moderator, timezone.now())
    receive(owner=life.person, upload=upload(), area=Area.PRIVATE)
    theirs = receive(owner=member, upload=upload())
    of_the_person = re.compile(rf"(public|private)/{life.person.pk}/")
    assert {key.split("/")[0] for key in s3.all_keys() if of_the_person.match(key)} == {"public", "private"}
    response = life.browser.post("/cuenta/borrar/", {"understood": "on"})
    life.browser.post(response.url, {"password": PASSWORD, "next": "/cuenta/borrar/"})
    sweep(timezone.now())
    assert [key for key in s3.all_keys() if of_the_person.match(key)] == []
    assert set(theirs.keys) <= set(s3.all_keys())


@pytest.mark.s3
def test_download_of_ones_data_reads_the_bucket(s3, member, moderator):
    life = Life(member, moderator, timezone.now())
    response = life.browser.post("/cuenta/datos/")
    response = life.browser.post(response.url, {"password": PASSWORD, "next": "/cuenta/datos/"})
    with zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))) as archive:
        assert len(archive.namelist()) == 1 + Picture.objects.filter(owner=life.person, discarded_at=None).count()
        assert archive.testzip() is None


def test_download_while_the_pictures_are_away_says_so(settings, owner, login):
    PictureFactory.create_batch(2, owner=owner, claimed=True)
    browser = login(owner)
    with refusing_server() as endpoint:
        settings.STORAGES = settings.STORAGES | {"default": S3Server(endpoint).settings()}
        asked = browser.post("/cuenta/datos/")
        response = browser.post(asked.url, {"password": PASSWORD, "next": "/cuenta/datos/"})
    assert response.status_code == 503
    assert "No podemos traer tus fotos ahora." in response.content.decode()
