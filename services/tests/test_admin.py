import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry

from services.enums import Status
from services.models import Service
from services.search import index
from services.tests.factories import (
    PictureFactory,
    PromotionFactory,
    ServiceFactory,
    ServiceRequestFactory,
    TownFactory,
)

# Django's own templates read variables that nobody sets.
pytestmark = pytest.mark.ignore_template_errors

SERVICES = "/admin/services/service/"
PROMOTIONS = "/admin/promotions/promotion/"
FORM = {
    "name_es": "Tapicería",
    "name_en": "Upholstery",
    "slug": "tapiceria",
    "group": "hogar",
    "icon": "sofa",
    "keywords": "tapicero\n  tapizar   muebles \n\ntapicero",
    "is_active": "on",
    "order": "7",
}


def test_moderator_adds_a_service_with_clean_synonyms(moderator, login):
    response = login(moderator).post(f"{SERVICES}add/", FORM)
    assert response.status_code == 302
    service = Service.objects.get(slug="tapiceria")
    assert service.keywords == "tapicero\ntapizar muebles"
    assert LogEntry.objects.get().user == moderator


def test_moderator_changes_synonyms_but_not_the_slug(moderator, login):
    service = ServiceFactory()
    changed = FORM | {"name_es": "Plomería", "slug": "otra", "keywords": "plomera"}
    assert login(moderator).post(f"{SERVICES}{service.pk}/change/", changed).status_code == 302
    service.refresh_from_db()
    assert (service.slug, service.keywords) == ("plomeria", "plomera")


def test_wrong_service_comes_back_with_what_was_typed(moderator, login):
    ServiceFactory()
    response = login(moderator).post(f"{SERVICES}add/", FORM | {"slug": "plomeria"})
    assert response.status_code == 200
    assert list(response.context["errors"]) != []
    assert "Tapicería" in response.content.decode()
    assert Service.objects.count() == 1


def test_list_of_services_counts_published_listings_by_kind(moderator, login):
    PromotionFactory.create_batch(2)
    PromotionFactory(draft=True)
    ServiceRequestFactory()
    rows = login(moderator).get(SERVICES).context["cl"].result_list
    assert [(row.slug, row.promotions, row.requests) for row in rows] == [("plomeria", 2, 1)]


def test_listings_are_found_by_number_email_and_words(moderator, login):
    wanted = PromotionFactory(title="Destapes de tubería", owner__email="pilar@example.com")
    other = PromotionFactory(title="Corte de grama", towns=[TownFactory(slug="cayey", name="Cayey")])
    index.refresh_many([wanted, other])
    browser = login(moderator)

    def found(query: str) -> list:
        return list(browser.get(PROMOTIONS, {"q": query}).context["cl"].result_list)

    assert found(str(wanted.pk)) == found("pilar@example.com") == found("TUBERIAS destape") == [wanted]
    assert found("9" * 40) == found("nadie@example.com") == found("grama tubería") == []
    assert set(found("")) == {wanted, other}


def test_listing_page_shows_photos_and_why_it_was_removed(moderator, login):
    listing = PromotionFactory(removed=True, photo_count=2)
    page = login(moderator).get(f"{PROMOTIONS}{listing.pk}/change/").content.decode()
    assert "No es un servicio." in page
    for photo in listing.photos.all():
        assert f'src="/media/public/{listing.owner_id}/{photo.picture_id}/400.webp?firma=' in page
    assert "Ver en el sitio" not in page


def test_published_listing_links_to_its_page(moderator, login):
    listing = PromotionFactory()
    page = login(moderator).get(f"{PROMOTIONS}{listing.pk}/change/").content.decode()
    assert f'<a href="{listing.get_absolute_url()}">Ver en el sitio</a>' in page


@pytest.mark.parametrize(
    ("choice", "expected"), [("en-uso", ["claimed"]), ("en-espera", ["unclaimed"]), ("desechadas", ["discarded"])]
)
def test_pictures_are_filtered_by_use(superuser, login, choice, expected):
    claimed = PictureFactory(claimed=True)
    names = {
        claimed: "claimed",
        PictureFactory(): "unclaimed",
        PictureFactory(claimed=True, discarded_at=claimed.created_at): "discarded",
    }
    rows = login(superuser).get("/admin/services/picture/", {"uso": choice}).context["cl"].result_list
    assert [names[row] for row in rows] == expected


@pytest.mark.parametrize(("who", "count"), [("moderator", 1), ("superuser", 2)])
def test_a_draft_is_none_of_a_moderators_business(moderator, superuser, login, who, count):
    draft = PromotionFactory(status=Status.DRAFT)
    PromotionFactory(status=Status.PAUSED)
    browser = login({"moderator": moderator, "superuser": superuser}[who])
    assert len(browser.get(PROMOTIONS).context["cl"].result_list) == count
    # Django leads away from a row that is not there.
    assert browser.get(f"{PROMOTIONS}{draft.pk}/change/").status_code == (302 if who == "moderator" else 200)


def test_list_shows_prices_as_a_range(moderator, login):
    PromotionFactory(price_min=40, price_max=1500)
    PromotionFactory(price_min=None, price_max=120)
    PromotionFactory(price_min=40, price_max=None)
    PromotionFactory(price_min=None, price_max=None)
    page = login(moderator).get(PROMOTIONS).content.decode()
    for prices in ("40–1,500", "–120", "40–", "–"):
        assert f'<td class="field-prices">{prices}</td>' in page


def test_fields_of_the_list_of_services_have_names(login, superuser):
    ServiceFactory()
    page = BeautifulSoup(login(superuser).get("/admin/services/service/").content, "html.parser")
    named = {box["name"]: box.get("aria-label") for box in page.select("#result_list tbody [name^=form-0-]")}
    assert named == {"form-0-is_active": "Activo", "form-0-order": "Orden"}
