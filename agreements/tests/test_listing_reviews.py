"""Reviews on the page of a listing."""

import pytest

from agreements.actions.counters import recount
from agreements.models import Review
from agreements.tests.factories import AgreementFactory, ContactFactory, ReviewFactory
from services.tests.factories import PromotionFactory, ServiceRequestFactory


def review_of(person, **words) -> Review:
    listing = PromotionFactory(owner=person, paused=True)
    review = ReviewFactory(agreement=AgreementFactory(contact=ContactFactory(listing=listing), closed=True), **words)
    recount(person.pk)
    return review


@pytest.mark.parametrize("factory", [PromotionFactory, ServiceRequestFactory])
def test_listing_shows_its_owner_s_newest_five_and_leads_to_all(client, owner, factory):
    listing = factory(owner=owner)
    for number in range(6):
        review_of(owner, body=f"Reseña número {number}.", rating=4)
    review_of(owner, body="Escondida.", hidden=True)
    review_of(owner, body="Retirada.", removed=True)
    page = client.get(listing.get_absolute_url()).content.decode()
    assert [number for number in range(6) if f"Reseña número {number}." in page] == [1, 2, 3, 4, 5]
    assert "Escondida." not in page
    assert "Retirada." not in page
    assert f'<a href="{owner.get_absolute_url()}#resenas">Ver las 6 reseñas de Pilar</a>' in page
    assert "4.0 de 5 estrellas, 6 reseñas" in page


def test_listing_of_somebody_without_reviews_says_so(client, owner):
    page = client.get(PromotionFactory(owner=owner).get_absolute_url()).content.decode()
    assert "Pilar todavía no tiene reseñas." in page
    assert "Ver las" not in page


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_reviews_cost_a_listing_s_page_the_same(client, owner, rows, django_assert_num_queries):
    listing = PromotionFactory(owner=owner)
    path = listing.get_absolute_url()
    client.get(path)
    for _row in range(rows):
        review_of(owner, photo_count=2)
    with django_assert_num_queries(5):
        client.get(path)
