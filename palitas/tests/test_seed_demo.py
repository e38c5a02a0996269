from io import StringIO
from random import Random

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Profile, User
from palitas.demo import drawing, photos
from palitas.demo.logins import CLIENT, LOGINS, MODERATOR, PASSWORD, PROVIDER
from palitas.demo.people import EMAIL_DOMAIN
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.catalog_data import load_catalog
from services.enums import Status
from services.models import Listing, Photo, Picture, Service
from services.search import index
from services.tests.factories import PromotionFactory

PEOPLE = {"email__endswith": f"-1@{EMAIL_DOMAIN}"}
OWN = {f"owner__{name}": value for name, value in PEOPLE.items()}


@pytest.fixture
def catalog(db) -> None:
    load_catalog()


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch) -> None:
    monkeypatch.setattr(drawing, "DRAWN", 0.2)


def seed(**options) -> str:
    """Seed a handful and return what the command printed."""
    out = StringIO()
    call_command(
        "seed_demo",
        **{"users": 4, "promotions": 6, "requests": 3, "agreements": 0, "photos": False, **options},
        stdout=out,
    )
    return out.getvalue()


def snapshot() -> list[tuple]:
    """Return everything that a seed decides; keys and times are the database's and the clock's."""
    listings = Listing.objects.filter(**OWN).order_by("pk").prefetch_related("towns")
    people = User.objects.filter(**PEOPLE).order_by("pk").select_related("profile__base_town")
    return [
        *((one.email, str(one), str(one.phone), one.profile.bio, str(one.profile.base_town)) for one in people),
        *(
            (one.owner.email, one.kind, one.title, one.description, one.price_min, one.price_max, one.search_text)
            for one in listings
        ),
        *(tuple(town.slug for town in one.towns.all()) for one in listings),
    ]


def test_seed_demo_writes_the_numbers_asked_for(catalog):
    printed = seed()
    assert printed.startswith("Demo: 4 people, 6 promotions, 3 requests, 0 agreements and 0 pictures added.\n")
    assert User.objects.filter(**PEOPLE).count() == 4
    assert Promotion.objects.filter(**OWN, status=Status.PUBLISHED).count() == 6
    assert ServiceRequest.objects.filter(**OWN, status=Status.PUBLISHED).count() == 3


def test_seed_demo_gives_every_service_a_promotion(catalog):
    services = Service.objects.count()
    seed(promotions=services, requests=0)
    assert Promotion.objects.filter(**OWN).values("service").distinct().count() == services


def test_seed_demo_is_the_same_for_the_same_seed(catalog):
    seed()
    first = snapshot()
    User.objects.filter(**PEOPLE).delete()
    seed()
    assert snapshot() == first


def test_seed_demo_has_other_people_for_another_seed(catalog):
    seed()
    first = snapshot()
    seed(seed=2)
    assert snapshot() == first
    assert User.objects.filter(email__endswith=f"-2@{EMAIL_DOMAIN}").count() == 4
    assert Listing.objects.filter(owner__email__endswith=f"-2@{EMAIL_DOMAIN}").count() == 9


def test_seed_demo_adds_nothing_the_second_time(catalog):
    seed(photos=True, users=2, promotions=2, requests=1)
    before = (User.objects.count(), Listing.objects.count(), Picture.objects.count())
    printed = seed(photos=True, users=2, promotions=2, requests=1)
    assert printed.startswith("Demo: 0 people, 0 promotions, 0 requests, 0 agreements and 0 pictures added.\n")
    assert (User.objects.count(), Listing.objects.count(), Picture.objects.count()) == before


def test_seed_demo_goes_on_where_a_smaller_one_ended(catalog):
    seed()
    first = snapshot()[:4]
    printed = seed(users=5, promotions=7)
    assert printed.startswith("Demo: 1 people, 1 promotions, 0 requests, 0 agreements and 0 pictures added.\n")
    assert snapshot()[:4] == first


def test_seed_demo_once_leaves_a_site_with_listings_alone(catalog):
    PromotionFactory()
    printed = seed(once=True)
    assert PASSWORD in printed
    assert Listing.objects.count() == 1
    assert not User.objects.filter(email__endswith=EMAIL_DOMAIN).exists()


def test_seed_demo_once_fills_an_empty_site(catalog):
    seed(once=True)
    assert Promotion.objects.filter(**OWN).count() == 6


def test_seed_demo_writes_what_search_would_write(catalog):
    seed()
    assert index.refresh_many(Listing.objects.all()) == 0


def test_seed_demo_requests_are_open_for_days_to_come(catalog):
    seed(requests=40)
    today = timezone.localdate()
    days = [request.needed_by for request in ServiceRequest.objects.filter(**OWN)]
    assert None in days
    assert min(day for day in days if day) > today


def test_seed_demo_people_have_confirmed_their_address(catalog):
    seed()
    assert all(user.has_verified_email for user in User.objects.filter(**PEOPLE))


def test_seed_demo_logins_open_the_site_and_admin(catalog):
    printed = seed()
    assert f"Password    {PASSWORD}" in printed
    for login in LOGINS:
        assert login.email in printed
        response = Client().post("/cuenta/login/", {"login": login.email, "password": PASSWORD})
        assert (response.status_code, response.url) == (302, "/tablero/")
    assert [user.email for user in User.objects.filter(groups__name="Moderadores")] == [MODERATOR.email]
    assert [user.email for user in User.objects.filter(is_staff=True)] == [MODERATOR.email]


def test_seed_demo_logins_show_each_status_of_an_owners_listing(catalog):
    seed()
    assert [one.status for one in Listing.objects.filter(owner__email=CLIENT.email).order_by("pk")] == [
        Status.PUBLISHED,
        Status.PUBLISHED,
        Status.DRAFT,
    ]
    assert [one.status for one in Listing.objects.filter(owner__email=PROVIDER.email).order_by("pk")] == [
        Status.PUBLISHED,
        Status.PUBLISHED,
        Status.PAUSED,
        Status.DRAFT,
    ]


def test_seed_demo_prints_the_port(catalog, monkeypatch):
    monkeypatch.setenv("PORT", "8123")
    assert "http://localhost:8123/" in seed()


def test_seed_demo_in_production_lets_nobody_log_in(catalog, settings):
    settings.DEVELOPMENT = False
    printed = seed()
    assert PASSWORD not in printed
    assert not User.objects.filter(email__in=[login.email for login in LOGINS]).exists()
    assert User.objects.filter(**PEOPLE).count() == 4
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_seed_demo_refuses_an_empty_catalogue(db):
    with pytest.raises(CommandError, match="seed_catalog"):
        seed()
    assert not User.objects.exists()


def test_seed_demo_refuses_listings_without_people(catalog):
    with pytest.raises(CommandError, match="--users"):
        seed(users=0)


@pytest.mark.parametrize("option", ["--users", "--promotions", "--requests", "--agreements"])
@pytest.mark.parametrize("value", ["-1", "muchos"])
def test_seed_demo_refuses_what_is_no_number_of_things(catalog, option, value):
    with pytest.raises(CommandError, match=option):
        call_command("seed_demo", f"{option}={value}")
    assert not User.objects.exists()


def test_seed_demo_photos_are_stored_like_those_that_people_send(catalog):
    seed(photos=True, users=2, promotions=2, requests=0)
    covered = Promotion.objects.filter(**OWN, photos__isnull=False).distinct()
    assert covered.count() == 2
    for photo in Photo.objects.filter(listing__in=covered).select_related("picture", "listing__service"):
        assert photo.picture.owner_id == photo.listing.owner_id
        assert photo.picture.claimed_at is not None
        assert photo.alt.startswith(photo.listing.service.name_es)
        assert all(default_storage.exists(key) for key in photo.picture.keys)
    provider = Profile.objects.get(user__email=PROVIDER.email)
    assert None not in {provider.picture, provider.cover}
    assert provider.gallery.count() == 4
    assert not Picture.objects.filter(claimed_at=None).exists()


def test_seed_demo_adds_photos_to_listings_that_came_without(catalog):
    seed(users=1, promotions=1, requests=0)
    seed(users=1, promotions=1, requests=0, photos=True)
    assert Photo.objects.filter(listing__in=Promotion.objects.filter(**OWN)).exists()


def test_listing_albums_stop_at_the_newest(catalog, monkeypatch):
    monkeypatch.setattr(photos, "MOST_LISTINGS", 2)
    seed(requests=0)
    newest = Promotion.objects.filter(**OWN).order_by("-published_at")
    assert len(photos.listing_albums(1)) == 2
    assert photos.listing_albums(1)[0].owner == newest[0].owner


def test_albums_are_drawn_the_same_for_the_same_dice(catalog):
    seed(users=1, promotions=1, requests=0)
    listing = Promotion.objects.filter(**OWN).get()
    first, second = (photos.listing_album(listing, Random(7)).draw() for _ in range(2))
    assert [image.tobytes() for image in first] == [image.tobytes() for image in second]
