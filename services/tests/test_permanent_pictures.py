"""Addresses of pictures that never end: they lead to what everybody may see, and only to that."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import GalleryPhoto
from services.pictures import addresses
from services.pictures.public import permanent_url, public_pictures
from services.tests.factories import PhotoFactory, PictureFactory, PromotionFactory


def path_of(picture, width=800) -> str:
    return urlsplit(permanent_url(picture, width)).path


def test_permanent_address_gives_the_file_whenever_it_is_asked(client, owner, monkeypatch):
    picture = PhotoFactory(listing=PromotionFactory(owner=owner)).picture
    default_storage.save(picture.key(800), ContentFile(b"RIFF-webp"))
    now = 1_800_000_000
    for hours in (0, 7, 24 * 365):
        for module in (addresses, signing):
            monkeypatch.setattr(module.time, "time", lambda moment=now + hours * 3600: moment)
        response = client.get(path_of(picture), follow=True)
        assert b"".join(response.streaming_content) == b"RIFF-webp"


def test_redirect_may_be_kept_for_less_than_its_target_lives(client, owner):
    response = client.get(path_of(PhotoFactory(listing=PromotionFactory(owner=owner)).picture))
    assert response.status_code == 302
    assert response["Cache-Control"] == "public, max-age=3600"
    assert timedelta(hours=1) < addresses.URL_LIFETIME - addresses.URL_STABLE


@pytest.mark.parametrize("trait", ["draft", "paused", "archived", "removed", "deleted"])
def test_picture_of_a_listing_that_nobody_may_see_is_not_found(client, owner, login, trait):
    picture = PhotoFactory(listing=PromotionFactory(owner=owner, **{trait: True})).picture
    for browser in (client, login(owner)):
        assert browser.get(path_of(picture)).status_code == 404


@pytest.mark.parametrize("change", [{"is_active": False}, {"suspended_at": timezone.now()}])
def test_pictures_of_somebody_suspended_or_closed_are_not_found(client, owner, change):
    profile = owner.profile
    profile.picture = PictureFactory(owner=owner, claimed=True)
    profile.save()
    pictures = [profile.picture, PhotoFactory(listing=PromotionFactory(owner=owner)).picture]
    assert [client.get(path_of(picture)).status_code for picture in pictures] == [302, 302]
    type(owner).objects.filter(pk=owner.pk).update(**change)
    assert [client.get(path_of(picture)).status_code for picture in pictures] == [404, 404]


def test_public_pictures_are_those_of_pages_and_never_the_payment_qr(owner):
    picture, cover, payment_qr, gallery, _unclaimed = (
        PictureFactory(owner=owner, claimed=number < 4) for number in range(5)
    )
    profile = owner.profile
    profile.picture, profile.cover, profile.payment_qr = picture, cover, payment_qr
    profile.save()
    GalleryPhoto.objects.create(profile=profile, picture=gallery)
    photo = PhotoFactory(listing=PromotionFactory(owner=owner)).picture
    assert {found.pk for found in public_pictures()} == {picture.pk, cover.pk, gallery.pk, photo.pk}


def test_discarded_picture_is_not_found(client, owner):
    picture = PhotoFactory(listing=PromotionFactory(owner=owner)).picture
    picture.discarded_at = timezone.now()
    picture.save()
    assert client.get(path_of(picture)).status_code == 404


@pytest.mark.parametrize("path", ["/fotos/x/800.webp", "/fotos/00000000-0000-0000-0000-000000000000/800.webp"])
def test_unknown_picture_is_not_found(client, db, path):
    assert client.get(path).status_code == 404


def test_permanent_address_asks_the_database_once(client, owner, django_assert_num_queries):
    for photos in (1, 3):
        picture = PromotionFactory(owner=owner, photo_count=photos).photos.first().picture
        with django_assert_num_queries(1):
            client.get(path_of(picture))
