"""Photos of a form without JavaScript: a form that comes back keeps them, and nobody else can use them."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import UserFactory
from services.models import Listing, Picture
from services.pictures.actions import sweep
from services.tests.factories import PictureFactory, PromotionFactory, ServiceRequestFactory
from services.tests.pages import errors_of, good_data
from services.tests.pictures import drawing, encoded, upload

NEW = "/promociones/nueva/"
GONE = "Una de las fotos ya no está disponible. Envíala otra vez."

pytestmark = pytest.mark.django_db


@dataclass
class ReturnedPhotos:
    """The photos of a form as a browser would send them again."""

    fields: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return self.fields.get("kept_photos", [])


def photos_in(response) -> ReturnedPhotos:
    page = BeautifulSoup(response.content, "html.parser")
    returned = ReturnedPhotos()
    for item in page.select(".photo-grid-form > li"):
        assert "firma=" in item.select_one("img")["src"]
        for box in item.select("input[name]"):
            if box["type"] != "checkbox" or box.has_attr("checked"):
                returned.fields.setdefault(box["name"], []).append(box["value"])
    return returned


def photos_of(listing) -> list[str]:
    return [str(photo.picture_id) for photo in listing.photos.all()]


def test_photos_of_a_refused_form_are_published_when_only_the_wrong_field_is_sent_again(owner, login):
    browser = login(owner)
    refused = browser.post(NEW, good_data(price_min="12.50", photos=[upload(), upload(image_format="PNG")]))
    assert list(errors_of(refused)) == ["price_min"]
    kept = photos_in(refused)
    assert len(kept.ids) == 2
    for thumbnail in BeautifulSoup(refused.content, "html.parser").select(".photo-grid-form img"):
        shown = browser.get(thumbnail["src"])
        assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
        assert b"".join(shown.streaming_content).startswith(b"RIFF")

    accepted = browser.post(NEW, good_data(**kept.fields))
    assert accepted.status_code == 302
    assert photos_of(Listing.objects.get()) == kept.ids
    assert Picture.objects.filter(claimed_at=None).count() == 0
    assert sweep(timezone.now() + timedelta(days=2)) == 0


def test_photos_survive_several_refusals_and_more_are_added(owner, login):
    browser = login(owner)
    kept = photos_in(browser.post(NEW, good_data(title="", photos=[upload()])))
    kept = photos_in(browser.post(NEW, good_data(title="", photos=[upload()], **kept.fields)))
    assert len(kept.ids) == 2
    assert browser.post(NEW, good_data(photos=[upload()], **kept.fields)).status_code == 302
    assert photos_of(Listing.objects.get())[:2] == kept.ids
    assert Listing.objects.get().photos.count() == 3


def test_good_photos_are_kept_beside_a_bad_one(owner, login):
    files = [upload(), upload(b"<svg/>", "dibujo.svg"), upload(image_format="WEBP"), upload(b"", "nada.jpg")]
    response = login(owner).post(NEW, good_data(photos=files))
    assert errors_of(response) == {
        "photos": [
            "«dibujo.svg» no es una foto de las que aceptamos: JPEG, PNG, WebP, AVIF, HEIC.",
            "«nada.jpg» no es una foto de las que aceptamos: JPEG, PNG, WebP, AVIF, HEIC.",
        ]
    }
    kept = photos_in(response)
    assert len(kept.ids) == 2
    assert login(owner).post(NEW, good_data(**kept.fields)).status_code == 302
    assert Listing.objects.get().photos.count() == 2


def test_every_format_reaches_the_page(owner, login):
    formats = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "HEIF")
    files = [upload(image_format=image_format) for image_format in formats]
    response = login(owner).post(NEW, good_data(photos=files), follow=True)
    assert response.status_code == 200
    page = BeautifulSoup(response.content, "html.parser")
    assert len(page.select(".gallery-track img")) == 6


def test_form_says_the_limits(owner, login):
    page = BeautifulSoup(login(owner).get(NEW).content, "html.parser")
    assert page.select_one("#id_photos_helptext").get_text() == (
        "Hasta 8 fotos JPEG, PNG, WebP, AVIF, HEIC, de hasta 15 MB y 40 megapíxeles (MP) cada una."
    )
    box = page.select_one("input[name=photos]")
    assert box.has_attr("multiple")
    assert "image/heic" in box["accept"].split(",")


def test_photos_of_somebody_else_are_refused_and_not_shown(owner, member, login):
    theirs = PictureFactory(owner=member)
    response = login(owner).post(NEW, good_data(kept_photos=[str(theirs.pk)]))
    assert errors_of(response) == {"photos": [GONE]}
    assert str(theirs.pk) not in response.content.decode()
    assert not Listing.objects.exists()
    theirs.refresh_from_db()
    assert theirs.claimed_at is None


def test_photos_of_somebody_elses_listing_stay_theirs(owner, member, login):
    theirs = PromotionFactory(owner=member, photo_count=1)
    taken = photos_of(theirs)
    response = login(owner).post(NEW, good_data(kept_photos=taken, drop_photos=taken))
    assert errors_of(response) == {"photos": [GONE]}
    assert photos_of(theirs) == taken
    assert not Picture.objects.discarded().exists()


@pytest.mark.parametrize("kept", ["", "no", "\x00", "0" * 5000, "3f2b8c1e-7a4d-4c56-9e0f-1d2a3b4c5d6e"])
def test_photos_that_never_were_are_refused(owner, login, kept):
    response = login(owner).post(NEW, good_data(kept_photos=[kept]))
    assert errors_of(response) == {"photos": [GONE]}


def test_photos_are_used_once_only(owner, login):
    browser = login(owner)
    kept = photos_in(browser.post(NEW, good_data(title="", photos=[upload()])))
    assert browser.post(NEW, good_data(**kept.fields)).status_code == 302
    again = browser.post("/solicitudes/nueva/", good_data(**kept.fields))
    assert errors_of(again) == {"photos": [GONE]}
    assert photos_in(again).ids == []
    assert Listing.objects.count() == 1


def test_photos_named_twice_are_used_once(owner, login):
    picture = str(PictureFactory(owner=owner).pk)
    assert login(owner).post(NEW, good_data(kept_photos=[picture, picture])).status_code == 302
    assert photos_of(Listing.objects.get()) == [picture]


def test_photos_older_than_a_day_are_gone(owner, login):
    browser = login(owner)
    kept = photos_in(browser.post(NEW, good_data(title="", photos=[upload()])))
    assert sweep(timezone.now() + timedelta(hours=24)) == 1
    assert errors_of(browser.post(NEW, good_data(**kept.fields))) == {"photos": [GONE]}


def test_photos_can_be_dropped_ordered_and_described(owner, login):
    browser = login(owner)
    kept = photos_in(browser.post(NEW, good_data(title="", photos=[upload(), upload(), upload()])))
    first, second, third = kept.ids
    fields = kept.fields | {
        "drop_photos": [second],
        f"order_photos_{first}": "2",
        f"order_photos_{third}": "1",
        f"alt_photos_{third}": " Antes\x00 y\ndespués ",
    }
    assert browser.post(NEW, good_data(**fields)).status_code == 302
    listing = Listing.objects.get()
    assert photos_of(listing) == [third, first]
    assert [photo.alt for photo in listing.photos.all()] == ["Antes y después", ""]
    assert Picture.objects.get(pk=second).claimed_at is None


def test_new_photos_may_bring_their_place_and_description(owner, login):
    browser = login(owner)
    kept = photos_in(browser.post(NEW, good_data(title="", photos=[upload()])))
    new = {"new_order_photos": ["3", "1"], "new_alt_photos": [" El\x00 baño ", ""]}
    fields = kept.fields | {f"order_photos_{kept.ids[0]}": "2"} | new
    assert browser.post(NEW, good_data(photos=[upload(), upload()], **fields)).status_code == 302
    photos = list(Listing.objects.get().photos.all())
    assert str(photos[1].picture_id) == kept.ids[0]
    assert [photo.alt for photo in photos] == ["", "", "El baño"]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"new_order_photos": ["primera"]}, "El orden de las fotos se escribe con números: 1, 2, 3."),
        ({"new_alt_photos": ["x" * 201]}, "La descripción de una foto puede tener hasta 200 letras."),
    ],
)
def test_new_photos_with_a_strange_place_or_description_are_refused(owner, login, sent, sentence):
    response = login(owner).post(NEW, good_data(photos=[upload()], **sent))
    assert errors_of(response) == {"photos": [sentence]}
    assert len(photos_in(response).ids) == 1


@pytest.mark.parametrize("sent", [[], ["1"], ["1", "2", "3", "4"]])
def test_places_need_not_be_as_many_as_the_new_photos(owner, login, sent):
    data = good_data(photos=[upload(), upload()], new_order_photos=sent, new_alt_photos=sent)
    assert login(owner).post(NEW, data).status_code == 302
    assert [photo.alt for photo in Listing.objects.get().photos.all()] == [*sent[:2], "", ""][:2]


@pytest.mark.parametrize(("headers", "status"), [({}, 302), ({"X-Upload": "1"}, 201)])
def test_script_that_uploads_is_told_the_address_instead_of_being_led_there(owner, login, headers, status):
    response = login(owner).post(NEW, good_data(photos=[upload()]), headers=headers)
    assert (response.status_code, response["Location"]) == (status, Listing.objects.get().get_absolute_url())


@pytest.mark.parametrize("language", ["", "/en"])
def test_script_that_uploads_is_told_that_the_session_has_ended(client, language):
    response = client.post(f"{language}{NEW}", good_data(photos=[upload()]), headers={"X-Upload": "1"})
    assert response.status_code == 401
    assert Listing.objects.count() == 0


def test_script_that_uploads_gets_a_refused_form_as_it_is(owner, login):
    response = login(owner).post(NEW, good_data(title="", photos=[upload()]), headers={"X-Upload": "1"})
    assert list(errors_of(response)) == ["title"]


def test_photos_come_back_as_they_were_typed(owner, login):
    browser = login(owner)
    kept = photos_in(browser.post(NEW, good_data(title="", photos=[upload(), upload()])))
    first, second = kept.ids
    fields = kept.fields | {f"order_photos_{second}": "1", f"alt_photos_{first}": "El baño"}
    fields[f"order_photos_{first}"] = "2"
    again = photos_in(browser.post(NEW, good_data(title="", **fields)))
    assert again.ids == [second, first]
    assert again.fields[f"alt_photos_{first}"] == ["El baño"]
    assert again.fields[f"order_photos_{first}"] == ["2"]


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("order", "primera", "El orden de las fotos se escribe con números: 1, 2, 3."),
        ("order", "1" * 5000, "El orden de las fotos se escribe con números: 1, 2, 3."),
        ("order", "-1", "El orden de las fotos se escribe con números: 1, 2, 3."),
        ("alt", "x" * 201, "La descripción de una foto puede tener hasta 200 letras."),
    ],
)
def test_photos_with_a_strange_place_or_description_are_refused(owner, login, name, typed, sentence):
    picture = str(PictureFactory(owner=owner).pk)
    response = login(owner).post(NEW, good_data(kept_photos=[picture], **{f"{name}_photos_{picture}": typed}))
    assert errors_of(response) == {"photos": [sentence]}
    assert photos_in(response).fields[f"{name}_photos_{picture}"] == [typed]


def test_ninth_photo_is_refused_and_the_eight_are_kept(owner, login):
    files = [upload(name=f"foto{number}.jpg") for number in range(1, 10)]
    response = login(owner).post(NEW, good_data(photos=files))
    assert errors_of(response) == {"photos": ["«foto9.jpg» no cabe: el límite es 8 fotos."]}
    kept = photos_in(response)
    assert len(kept.ids) == 8
    assert login(owner).post(NEW, good_data(**kept.fields)).status_code == 302


def test_more_kept_photos_than_fit_are_refused(owner, login):
    pictures = [str(picture.pk) for picture in PictureFactory.create_batch(9, owner=owner)]
    response = login(owner).post(NEW, good_data(kept_photos=pictures))
    assert errors_of(response) == {"photos": ["El límite es 8 fotos: quita las demás."]}
    assert login(owner).post(NEW, good_data(kept_photos=pictures, drop_photos=pictures[:1])).status_code == 302


def test_photos_without_a_finished_form_have_a_limit(owner, login):
    PictureFactory.create_batch(40, owner=owner)
    PictureFactory(owner=UserFactory())
    response = login(owner).post(NEW, good_data(photos=[upload()]))
    assert errors_of(response) == {
        "photos": ["Tienes 40 fotos en formularios sin terminar. Termina uno o espera a mañana."]
    }


def test_photos_in_a_hurry_have_a_limit(owner, login, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"upload": "1/h/user"}
    cache.clear()
    response = login(owner).post(NEW, good_data(photos=[upload(), upload()]))
    assert errors_of(response) == {"photos": ["Has enviado muchas fotos en poco tiempo. Espera una hora."]}
    assert len(photos_in(response).ids) == 1


def test_edit_leaves_photos_alone_that_nobody_names(owner, login):
    listing = PromotionFactory(owner=owner, photo_count=2)
    before = photos_of(listing)
    assert login(owner).post(f"/promociones/{listing.pk}/editar/", good_data()).status_code == 302
    assert photos_of(listing) == before


def test_edit_drops_a_photo_when_it_is_accepted_and_not_before(owner, login):
    listing = ServiceRequestFactory(owner=owner, photo_count=2)
    first, second = photos_of(listing)
    path = f"/solicitudes/{listing.pk}/editar/"
    refused = login(owner).post(path, good_data(title="", kept_photos=[first, second], drop_photos=[first]))
    assert photos_in(refused).fields["drop_photos"] == [first]
    assert photos_of(listing) == [first, second]
    assert login(owner).post(path, good_data(**photos_in(refused).fields)).status_code == 302
    assert photos_of(listing) == [second]
    assert [str(picture.pk) for picture in Picture.objects.discarded()] == [first]


def test_edit_adds_photos_behind_the_others(owner, login):
    listing = PromotionFactory(owner=owner, photo_count=2)
    before = photos_of(listing)
    path = f"/promociones/{listing.pk}/editar/"
    fields = photos_in(login(owner).get(path)).fields
    login(owner).post(path, good_data(photos=[upload()], **fields))
    assert photos_of(listing)[:2] == before
    assert listing.photos.count() == 3


def test_picture_too_large_for_memory_arrives_through_a_file(owner, login):
    noise = encoded(drawing(1000, 800), "PNG", compress_level=0) + b"\0" * 3_000_000
    assert login(owner).post(NEW, good_data(photos=[upload(noise, image_format="PNG")])).status_code == 302
    assert Listing.objects.get().photos.count() == 1


def test_stranger_leaves_no_picture(db):
    good_data()
    assert Client().post(NEW, {"photos": [upload()]}).status_code == 302
    assert not Picture.objects.exists()
