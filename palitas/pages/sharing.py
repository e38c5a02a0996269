"""The pictures that previews of shared links show.

Their addresses never end and need no login: what they show is what a visitor may see, whoever asks. A picture is drawn
once and kept until something on it changes; what became private is refused before anybody looks for it.
"""

from dataclasses import replace

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from accounts.models import User
from palitas.sharing import cards
from palitas.sharing.cards import Card
from palitas.sharing.drawing import PhotoUnreadable, draw
from palitas.sharing.kept import kept
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.models import Service, Town

# So long may a picture outlive its page in the cache of somebody else.
MAX_AGE = 60 * 60


@login_not_required
@require_safe
def promotion(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with the share picture of a published promotion."""
    listing = get_object_or_404(Promotion.objects.published().for_cards(), pk=pk)
    return _answer(request, cards.listing_card(listing))


@login_not_required
@require_safe
def service_request(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with the share picture of a published request."""
    listing = get_object_or_404(ServiceRequest.objects.published().for_cards(), pk=pk)
    return _answer(request, cards.listing_card(listing))


@login_not_required
@require_safe
def profile(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with the share picture of a person in good standing."""
    people = User.objects.in_good_standing().select_related("profile__base_town", "profile__picture")
    return _answer(request, cards.profile_card(get_object_or_404(people, pk=pk)))


@login_not_required
@require_safe
def service(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Answer with the share picture of a service."""
    return _answer(request, cards.service_card(get_object_or_404(Service.objects.active(), slug=slug)))


@login_not_required
@require_safe
def town(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Answer with the share picture of a town."""
    place = get_object_or_404(Town, slug=slug)
    return _answer(request, cards.town_card(place, outline=place.svg_path))


def _answer(request: HttpRequest, card: Card) -> HttpResponseBase:
    etag = quote_etag(card.version)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            response = _jpeg(kept(card.address, card.version, lambda: draw(card)))
        except PhotoUnreadable:
            # Better than nothing, but neither we nor anybody else should keep it.
            response = _jpeg(draw(replace(card, photo="")))
            patch_cache_control(response, no_store=True)
            return response
    response.headers["ETag"] = etag
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response


def _jpeg(picture: bytes) -> HttpResponse:
    return HttpResponse(picture, content_type="image/jpeg")
