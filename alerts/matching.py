"""Whom a new listing concerns: the providers whose promotions fit a request, and the searches that find it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, F, IntegerField, Max, Prefetch, Q, Value, When
from django.db.models.expressions import Combinable

from agreements.models import Block
from alerts.enums import Reason
from alerts.models import SavedSearch, Telling
from services.enums import Kind
from services.models import Listing, ListingQuerySet, Town
from services.search.query import SearchParameters, finds, in_towns
from services.search.vocabulary import Vocabulary

MAX_PROVIDERS = 50  # told of one request

OFFERED_HERE = "request_offered_here"
OFFERED_NEARBY = "request_offered_nearby"
OFFERED_EVERYWHERE = "request_offered_everywhere"
FOUND = "listing_found"


@dataclass(frozen=True, slots=True)
class Tip:
    """One person to be told of a listing, and why.

    Attributes:
        kind: of the notice.
        names: what its sentence names besides the listing; each becomes text in the reader's language.
        search: the saved search that found the listing, if one did.
    """

    user_id: int
    kind: str
    names: Mapping[str, object]
    search: SavedSearch | None = None


def closed_to(listing: Listing) -> set[int]:
    """Return the keys of those who are never told of a listing: its owner, and everybody with a block between them."""
    blocks = Block.objects.filter(Q(blocker=listing.owner_id) | Q(blocked=listing.owner_id))
    return {listing.owner_id, *(pk for pair in blocks.values_list("blocker", "blocked") for pk in pair)}


def providers_for(request: Listing, now: datetime) -> list[Tip]:
    """Return the providers to be told of a request, at most fifty.

    First those who serve one of its towns, then those next door; in each group the best rated, then the most recently
    active. Left out are those who know of it already or have been told enough today.
    """
    towns = list(request.towns.only("name", "slug").prefetch_related(Prefetch("neighbors", Town.objects.only("slug"))))
    is_here: Combinable = Value(1)
    offers: ListingQuerySet = Listing.objects.published().of_kind(Kind.PROMOTION).filter(service=request.service_id)
    if not request.island_wide:
        here = [town.slug for town in towns]
        nearby = [neighbor.slug for town in towns for neighbor in town.neighbors.all()]
        offers = offers.filter(in_towns({*here, *nearby}))
        is_here = Case(When(in_towns(here), then=1), default=0, output_field=IntegerField())
    owners = list(
        offers.exclude(owner__in=closed_to(request))
        .exclude(owner__in=Telling.objects.filter(listing=request).values("user"))
        .exclude(owner__in=Telling.objects.people_told_enough(Reason.OFFERS, now))
        .values("owner")
        .annotate(is_here=Max(is_here), rating=Max("owner_rating"), active_at=Max("owner__last_login"))
        .order_by("-is_here", "-rating", F("active_at").desc(nulls_last=True), "owner")
        .values_list("owner", flat=True)[:MAX_PROVIDERS]
    )
    offers_of = defaultdict(list)
    for offer in offers.filter(owner__in=owners).prefetch_related(Prefetch("towns", Town.objects.only("name", "slug"))):
        offers_of[offer.owner_id].append(offer)
    return [_best_reason(request, towns, owner, offers_of[owner]) for owner in owners]


def _best_reason(request: Listing, towns: Sequence[Town], owner: int, offers: Sequence[Listing]) -> Tip:
    """Say why a provider is told: what they serve in the request's towns, else everywhere, else next door."""
    names: dict[str, object] = {"service": request.service}
    served = [town for offer in offers for town in offer.towns.all()]
    if here := next((town for town in served if town in towns or request.island_wide), None):
        return Tip(owner, OFFERED_HERE, {**names, "town": here})
    beside = {neighbor: town for town in reversed(towns) for neighbor in town.neighbors.all()}
    near = next((town for town in served if town in beside), None)
    if near is None or any(offer.island_wide for offer in offers):
        return Tip(owner, OFFERED_EVERYWHERE, names)
    return Tip(owner, OFFERED_NEARBY, {**names, "town": near, "near": beside[near]})


def searches_for(listing: Listing, *, after: int, limit: int) -> list[SavedSearch]:
    """Return the next saved searches, in the order of their keys, whose service and town fit a listing."""
    searches = SavedSearch.objects.awake().about(listing).filter(pk__gt=after).exclude(user__in=closed_to(listing))
    return list(searches.select_related("service", "town").order_by("pk")[:limit])


def found_by(listing: Listing, searches: Sequence[SavedSearch], vocabulary: Vocabulary) -> list[Tip]:
    """Return the people whose searches find a listing, each once, as the search page would."""
    tips: dict[int, Tip] = {}
    for search in searches:
        if search.user_id not in tips and finds(parameters_of(search, vocabulary), listing):
            tips[search.user_id] = Tip(search.user_id, FOUND, {"search": search}, search)
    return list(tips.values())


def parameters_of(search: SavedSearch, vocabulary: Vocabulary) -> SearchParameters:
    """Return a saved search as the search page understands it today: a synonym added since counts."""
    return SearchParameters(
        kind=Kind(search.kind),
        q=search.q,
        groups=tuple(vocabulary.analyse(search.q)),
        service=search.service,
        town=search.town,
        max_price=search.max_price,
    )
