from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceRequestFactory


def test_visible_to_stranger_is_the_published_one_only(member):
    published = PromotionFactory()
    PromotionFactory(draft=True)
    PromotionFactory(paused=True)
    PromotionFactory(removed=True)
    PromotionFactory(deleted=True)
    PromotionFactory(owner__suspended=True)
    PromotionFactory(owner__is_active=False)
    assert list(Listing.objects.visible_to(member)) == [Listing.objects.get(pk=published.pk)]


def test_proxies_see_their_own_kind_only(db):
    promotion, request = PromotionFactory(), ServiceRequestFactory()
    assert list(type(promotion).objects.all()) == [promotion]
    assert list(type(request).objects.all()) == [request]
