"""The landing pages and what they count."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from notices import jobs
from palitas.pages import counts
from services.models import Listing, Service
from services.tests.factories import PromotionFactory, ServiceFactory, ServiceRequestFactory, TownFactory

pytestmark = pytest.mark.django_db

PAGES = ["/", "/servicios/", "/servicios/plomeria/", "/pueblos/", "/pueblos/ponce/"]


@pytest.fixture(autouse=True)
def own_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def ponce():
    return TownFactory()


@pytest.fixture
def yauco():
    return TownFactory(slug="yauco", name="Yauco")


def titles(listings):
    return [listing.title for listing in listings]


def numbers(response):
    return {town.slug: town.listing_count for town in response.context["towns"]}


@pytest.mark.parametrize("page", PAGES)
def test_page_is_open_to_everybody_in_both_languages(client, page, ponce):
    ServiceFactory()
    assert client.get(page).status_code == 200
    assert client.get(f"/en{page}").status_code == 200
    assert client.post(page).status_code == 405


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("rows", [1, 3, 20])
def test_page_makes_a_fixed_number_of_queries(client, django_assert_num_queries, page, rows, ponce, yauco):
    ponce.neighbors.add(yauco)
    for _row in range(rows):
        PromotionFactory(towns=[ponce, yauco], photo_count=1)
        ServiceRequestFactory(towns=[ponce])
    expected = {"/": 15, "/servicios/": 1, "/servicios/plomeria/": 13, "/pueblos/": 5, "/pueblos/ponce/": 12}
    with django_assert_num_queries(expected[page]):
        client.get(page)


@pytest.mark.parametrize("page", ["/servicios/nada/", "/pueblos/nada/", "/pueblos/Ponce/", "/en/servicios/nada/"])
def test_unknown_slug_is_not_found(client, page, ponce):
    ServiceFactory()
    assert client.get(page).status_code == 404


def test_service_that_is_not_active_has_no_page(client):
    PromotionFactory()
    Service.objects.update(is_active=False)
    assert client.get("/servicios/plomeria/").status_code == 404
    assert client.get("/servicios/").context["groups"] == []


@pytest.mark.parametrize("page", ["/", "/servicios/plomeria/", "/pueblos/ponce/"])
def test_page_shows_the_newest_of_both_kinds_and_nothing_hidden(client, page):
    now = timezone.now()
    for number in range(10):
        when = now - timedelta(hours=number)
        PromotionFactory(title=f"Promoción {number}", published_at=when)
        ServiceRequestFactory(title=f"Solicitud {number}", published_at=when)
    PromotionFactory(owner__suspended=True)
    ServiceRequestFactory(paused=True)
    context = client.get(page).context
    assert titles(context["promotions"]) == [f"Promoción {number}" for number in range(8)]
    assert titles(context["requests"]) == [f"Solicitud {number}" for number in range(4)]


def test_services_are_grouped_in_the_order_of_the_page(client):
    for group, name in (("otra-cosa", "Z"), ("eventos", "B"), ("hogar", "A"), ("hogar", "C")):
        ServiceFactory(slug=name.lower(), name_es=name, group=group)
    groups = client.get("/servicios/").context["groups"]
    assert [(slug, str(name), [service.name_es for service in services]) for slug, name, services in groups] == [
        ("hogar", "Hogar", ["A", "C"]),
        ("eventos", "Fiestas y eventos", ["B"]),
        ("otra-cosa", "Otra-cosa", ["Z"]),
    ]


def test_towns_count_published_listings_and_those_for_the_whole_island(client, ponce, yauco):
    PromotionFactory(towns=[ponce, yauco])
    ServiceRequestFactory(towns=[ponce])
    PromotionFactory(island_wide=True)
    PromotionFactory(towns=[yauco], owner__suspended=True)
    PromotionFactory(towns=[yauco], draft=True)
    response = client.get("/pueblos/")
    assert numbers(response) == {"ponce": 3, "yauco": 2}
    assert [town.shade for town in response.context["towns"]] == [4, 1]
    assert 'href="/pueblos/ponce/" data-shade="4" aria-label="Ponce: 3 anuncios"' in response.text


def test_map_is_shaded_by_the_listings_that_name_a_town(client, ponce, yauco):
    PromotionFactory(towns=[ponce])
    PromotionFactory.create_batch(2, island_wide=True)
    response = client.get("/pueblos/")
    assert [(town.listing_count, town.shade) for town in response.context["towns"]] == [(3, 4), (2, 0)]


def test_service_page_counts_its_own_promotions_by_town(client, ponce, yauco):
    PromotionFactory(towns=[ponce])
    PromotionFactory(towns=[ponce], service=ServiceFactory(slug="unas", name_es="Uñas"))
    ServiceRequestFactory(towns=[yauco])
    response = client.get("/servicios/plomeria/")
    assert numbers(response) == {"ponce": 1, "yauco": 0}
    assert 'href="/promociones/?servicio=plomeria&amp;pueblo=yauco"' in response.text


def test_town_page_names_the_services_offered_most_and_the_neighbours(client, ponce, yauco):
    ponce.neighbors.add(yauco)
    nails = ServiceFactory(slug="unas", name_es="Uñas")
    PromotionFactory(towns=[ponce])
    PromotionFactory.create_batch(2, towns=[ponce], service=nails)
    PromotionFactory(towns=[yauco], service=ServiceFactory(slug="dj", name_es="DJ"))
    context = client.get("/pueblos/ponce/").context
    assert [service.slug for service in context["services"]] == ["unas", "plomeria"]
    assert list(context["neighbors"]) == [yauco]


def test_town_page_without_promotions_asks_for_the_first(client, yauco):
    PromotionFactory()
    text = client.get("/pueblos/yauco/").text
    assert "Sé la primera persona que ofrece algo en Yauco" in text


def test_counts_are_kept_until_the_worker_counts_again(client, ponce):
    PromotionFactory()
    assert numbers(client.get("/pueblos/")) == {"ponce": 1}
    PromotionFactory()
    assert numbers(client.get("/pueblos/")) == {"ponce": 1}
    (job,) = [job for job in jobs.registered() if job.name == "town_counts"]
    assert job.function(timezone.now()) == 1
    assert numbers(client.get("/pueblos/")) == {"ponce": 2}


def test_page_counts_no_more_than_the_newest(client, monkeypatch, ponce, yauco):
    monkeypatch.setattr(counts, "SAMPLE", 2)
    PromotionFactory(towns=[yauco], published_at=timezone.now() - timedelta(days=1))
    PromotionFactory.create_batch(2, towns=[ponce])
    assert numbers(client.get("/pueblos/")) == {"ponce": 2, "yauco": 0}
    counts.count_all(timezone.now())
    assert numbers(client.get("/pueblos/")) == {"ponce": 2, "yauco": 1}
    assert Listing.objects.count() == 3


@pytest.mark.parametrize(
    ("listings", "most", "shade"),
    [(0, 0, 0), (0, 9, 0), (1, 1, 4), (1, 1000, 1), (30, 1000, 2), (999, 1000, 3), (1000, 1000, 4)],
)
def test_shade_grows_with_the_logarithm(listings, most, shade):
    assert counts.shade_of(listings, most) == shade
