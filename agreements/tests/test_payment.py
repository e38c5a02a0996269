"""The payment QR: uploaded where the client waits for it, shown where the design says."""

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from agreements.actions.payment import set_payment_qr
from agreements.models import Agreement
from agreements.tests.factories import AgreementFactory, ContactFactory
from services.models import Picture
from services.pictures.chosen import ChosenPicture, PicturesTaken
from services.tests.factories import PictureFactory
from services.tests.pages import errors_of
from services.tests.pictures import upload

STATUSES = (
    "pending",
    "active",
    "delivered",
    "disputed",
    "closed",
    "rejected",
    "withdrawn",
    "expired",
    "cancelled",
    "superseded",
)


@pytest.fixture
def contact(owner, member):
    return ContactFactory(listing__owner=owner, listing__title="Pintura", opener=member)


def page(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def path(agreement, step: str = "") -> str:
    return f"/acuerdos/{agreement.pk}/" + (f"{step}/" if step else "")


def in_status(contact, status: str) -> Agreement:
    return AgreementFactory(contact=contact, **({} if status == "pending" else {status: True}))


def qr_of(person, login, agreement) -> str:
    image = page(login(person).get(path(agreement))).select_one("#pago .agreement-qr img")
    return image["src"] if image else ""


@pytest.mark.parametrize("status", STATUSES)
def test_payment_qr_is_shown_in_delivered_and_closed_alone(contact, owner, member, login, status):
    owner.profile.payment_qr = PictureFactory(owner=owner, claimed=True)
    owner.profile.save(update_fields=["payment_qr"])
    agreement = in_status(contact, status)
    assert bool(qr_of(member, login, agreement)) == (status in {"delivered", "closed"})
    shown = login(member).get(path(agreement)).content.decode()
    assert (str(owner.profile.payment_qr_id) in shown) == (status in {"delivered", "closed"})


def test_provider_is_asked_for_the_qr_where_the_client_waits_for_it(contact, owner, member, login):
    agreement = AgreementFactory(contact=contact, delivered=True)
    assert not qr_of(member, login, agreement)
    assert "El pago" not in login(member).get(path(agreement)).content.decode()
    response = login(owner).post(path(agreement, "qr"), {"payment_qr": upload()})
    assert (response.status_code, response["Location"]) == (302, path(agreement))
    owner.profile.refresh_from_db()
    first = owner.profile.payment_qr
    assert first.claimed_at
    shown = login(member).get(qr_of(member, login, agreement))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
    b"".join(shown.streaming_content)

    login(owner).post(path(agreement, "qr"), {"payment_qr": upload(image_format="PNG")})
    owner.profile.refresh_from_db()
    first.refresh_from_db()
    assert owner.profile.payment_qr != first
    assert first.discarded_at


def test_same_qr_sent_again_stays(contact, owner, login):
    agreement = AgreementFactory(contact=contact, closed=True)
    login(owner).post(path(agreement, "qr"), {"payment_qr": upload()})
    login(owner).post(path(agreement, "qr"), {})
    owner.profile.refresh_from_db()
    assert owner.profile.payment_qr.discarded_at is None
    assert Picture.objects.count() == 1


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "Escoge la foto de tu QR."),
        (
            {"payment_qr": upload(b"<svg/>", "qr.svg")},
            "«qr.svg» no es una foto de las que aceptamos: JPEG, PNG, WebP, AVIF, HEIC.",
        ),
    ],
)
def test_qr_that_is_missing_or_no_picture_comes_back(contact, owner, login, files, sentence):
    agreement = AgreementFactory(contact=contact, delivered=True)
    assert errors_of(login(owner).post(path(agreement, "qr"), files)) == {"payment_qr": [sentence]}


@pytest.mark.parametrize("status", STATUSES)
def test_qr_is_taken_from_the_provider_where_it_is_shown(contact, owner, member, login, status):
    agreement = in_status(contact, status)
    expected = 302 if status in {"delivered", "closed"} else 409
    assert login(member).post(path(agreement, "qr"), {"payment_qr": upload()}).status_code == 403
    assert not Picture.objects.exists()
    assert login(owner).post(path(agreement, "qr"), {"payment_qr": upload()}).status_code == expected
    assert Picture.objects.count() == (expected == 302)


def test_qr_that_another_form_used_is_refused(owner):
    used = PictureFactory(owner=owner, claimed=True)
    with pytest.raises(PicturesTaken):
        set_payment_qr(user=owner, photos=[ChosenPicture(used)], now=timezone.now())


def test_qr_of_nothing_takes_it_away(owner):
    picture = PictureFactory(owner=owner)
    set_payment_qr(user=owner, photos=[ChosenPicture(picture)], now=timezone.now())
    set_payment_qr(user=owner, photos=[], now=timezone.now())
    picture.refresh_from_db()
    owner.profile.refresh_from_db()
    assert (owner.profile.payment_qr, picture.discarded_at is None) == (None, False)
