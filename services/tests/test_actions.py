from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from services.actions import create_listing, publish_listing, update_listing
from services.enums import Kind, Status
from services.models import Listing, Picture
from services.pictures.chosen import ChosenPicture, PicturesTaken
from services.tests.factories import (
    PictureFactory,
    PromotionFactory,
    ServiceFactory,
    ServiceRequestFactory,
    TownFactory,
)
from services.transitions import StatusMoved

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def create(owner, **fields):
    defaults = {
        "owner": owner,
        "kind": Kind.PROMOTION,
        "service": ServiceFactory(),
        "title": "Destapes",
        "publish": False,
        "now": NOW,
    }
    return create_listing(**{**defaults, **fields})


def update(listing, **fields):
    defaults = {
        "by": listing.owner,
        "publish": False,
        "now": NOW,
        "pictures": [],
        "towns": list(listing.towns.all()),
        "service": listing.service,
        "title": listing.title,
        "description": listing.description,
        "island_wide": listing.island_wide,
        "price_min": listing.price_min,
        "price_max": listing.price_max,
    }
    update_listing(listing=listing, **{**defaults, **fields})


def test_create_writes_all_parts(owner):
    ponce, pictures = TownFactory(), PictureFactory.create_batch(2, owner=owner)
    listing = create(
        owner,
        title="Destapes de ñame",
        description="Rápido.",
        towns=[ponce],
        price_min=40,
        price_max=90,
        pictures=[ChosenPicture(pictures[1], "Después"), ChosenPicture(pictures[0])],
        publish=True,
    )
    listing = Listing.objects.get(pk=listing.pk)
    assert (listing.status, listing.published_at, listing.slug) == (Status.PUBLISHED, NOW, "destapes-de-name")
    assert list(listing.towns.all()) == [ponce]
    assert [(photo.picture, photo.position, photo.alt) for photo in listing.photos.all()] == [
        (pictures[1], 0, "Después"),
        (pictures[0], 1, ""),
    ]
    assert Picture.objects.filter(claimed_at=NOW).count() == 2
    assert "destap" in listing.search_text


def test_create_is_undone_when_a_picture_is_taken(owner):
    taken = PictureFactory(owner=owner, claimed=True)
    with pytest.raises(PicturesTaken):
        create(owner, pictures=[ChosenPicture(PictureFactory(owner=owner)), ChosenPicture(taken)])
    assert not Listing.objects.exists()
    assert Picture.objects.filter(claimed_at=None).count() == 1


def test_create_for_the_island_forgets_the_towns(owner):
    listing = create(owner, island_wide=True, towns=[TownFactory()])
    assert not listing.towns.exists()


def test_update_changes_what_it_is_told(owner):
    listing = PromotionFactory(owner=owner)
    caguas = TownFactory(slug="caguas", name="Caguas")
    update(listing, title="Filtraciones", towns=[caguas], price_min=None)
    fresh = Listing.objects.get(pk=listing.pk)
    assert (fresh.title, fresh.slug, fresh.price_min, fresh.updated_at) == ("Filtraciones", "filtraciones", None, NOW)
    assert list(fresh.towns.all()) == [caguas]
    assert "filtraci" in fresh.search_text


def test_update_orders_keeps_and_drops_photos(owner):
    listing = PromotionFactory(owner=owner, photo_count=3)
    first, second, third = (photo.picture for photo in listing.photos.all())
    new = PictureFactory(owner=owner)
    update(listing, pictures=[ChosenPicture(third, "La mejor"), ChosenPicture(new), ChosenPicture(first)])
    assert [(photo.picture, photo.alt) for photo in listing.photos.all()] == [
        (third, "La mejor"),
        (new, ""),
        (first, ""),
    ]
    assert list(Picture.objects.discarded()) == [second]


def test_update_publishes_a_draft(owner):
    listing = PromotionFactory(owner=owner, draft=True)
    update(listing, publish=True)
    assert (listing.status, listing.published_at) == (Status.PUBLISHED, NOW)


@pytest.mark.parametrize("status", ["removed", "deleted"])
def test_update_leaves_what_nobody_edits(owner, status):
    listing = PromotionFactory(owner=owner, **{status: True})
    with pytest.raises(StatusMoved):
        update(listing, title="Otro")
    assert Listing.objects.get(pk=listing.pk).title != "Otro"


def test_update_is_refused_when_the_status_moved_after_the_form_was_checked(owner):
    listing = PromotionFactory(owner=owner, draft=True)
    Listing.objects.filter(pk=listing.pk).update(status=Status.PUBLISHED, published_at=NOW)
    with pytest.raises(StatusMoved, match="ya está publicado"):
        update(listing, description="")
    assert Listing.objects.get(pk=listing.pk).description


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"description": ""}, "Falta la descripción."),
        ({"towns": []}, "Faltan los pueblos."),
        ({"needed_by": date(2026, 11, 19)}, "Ya pasó la fecha en que se necesitaba."),
        (
            {"service__is_active": False, "service__slug": "vieja", "service__name_es": "Vieja"},
            "Ese servicio ya no está en el catálogo: escoge otro.",
        ),
    ],
)
def test_publish_listing_says_what_is_missing(owner, fields, sentence):
    listing = ServiceRequestFactory(owner=owner, draft=True, **fields)
    with pytest.raises(ValidationError) as refused:
        publish_listing(listing=listing, by=owner, now=NOW)
    assert refused.value.messages == [sentence]
    assert Listing.objects.get(pk=listing.pk).status == Status.DRAFT


def test_publish_listing_publishes_a_complete_one(owner):
    listing = ServiceRequestFactory(owner=owner, draft=True, needed_by=date(2026, 11, 20))
    publish_listing(listing=listing, by=owner, now=NOW)
    assert listing.status == Status.PUBLISHED
