"""Writes the promotions and requests of the demo's people, in batches."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from django.db import transaction
from django.utils import timezone

from alerts.actions import leave_untold
from palitas.demo import texts
from palitas.demo.members import Advance, Member
from palitas.demo.people import email_ending
from services.enums import Kind, Status
from services.models import Listing, Service, Town
from services.models.listing import slug_of
from services.search.text import search_text

BATCH = 2000
# The trades of the former site come first in the catalogue and are asked for most.
POPULAR, POPULAR_WEIGHT = 21, 3
ISLAND_WIDE_SHARE = 0.08
NEEDED_BY_SHARE = 0.6
# How old listings are: the mean and the most, well before promotions are asked after and requests run out.
AGES = {
    Kind.PROMOTION: (timedelta(days=20), timedelta(days=90)),
    Kind.REQUEST: (timedelta(days=6), timedelta(days=25)),
}
DAYS_TO_NEED = (3, 45)


@dataclass(frozen=True)
class Draft:
    """A listing that is not written yet, and the towns it will have."""

    listing: Listing
    towns: list[Town]


class ListingSeeder:
    """Makes the listings of a seed; number ``n`` of a kind is the same each time it is made by the same members."""

    def __init__(self, *, seed: int, members: list[Member], services: list[Service], now: datetime) -> None:
        """``services`` are those of ``trades``: the first listings take them in turn, so that each has one."""
        self.seed = seed
        self.services = services
        self.now = now
        self.members = members
        self.by_service: dict[int, list[Member]] = defaultdict(list)
        self.by_group: dict[str, list[Member]] = defaultdict(list)
        for member in members:
            self.by_service[member.trade.pk].append(member)
            self.by_group[member.trade.group].append(member)
        weights = (POPULAR_WEIGHT if service.order <= POPULAR else 1 for service in services)
        self.cumulative_weights = list(accumulate(weights))
        towns = Town.objects.defer("svg_path").prefetch_related("neighbors")
        self.towns = {town.slug: town for town in towns}
        self.neighbors = {town.slug: list(town.neighbors.all()) for town in towns}

    def written(self, kind: Kind) -> int:
        """Return how many listings of a kind this seed's people have."""
        count: int = Listing.objects.of_kind(kind).filter(owner__email__endswith=email_ending(self.seed)).count()
        return count

    def top_up(self, kind: Kind, count: int, *, advance: Advance) -> int:
        """Write those up to number ``count`` that are missing; returns how many."""
        first = self.written(kind)
        for start in range(first, count, BATCH):
            drafts = [self.draft(kind, number) for number in range(start, min(start + BATCH, count))]
            write(drafts)
            advance(len(drafts))
        return max(0, count - first)

    def draft(self, kind: Kind, number: int) -> Draft:
        """Make listing ``number`` of a kind."""
        rng = Random(f"{self.seed}/{kind}/{number}")
        service = self._service(rng, number)
        member = self._owner(rng, kind, service)
        town = self.towns[member.person.town]
        make_text = texts.promotion_text if kind == Kind.PROMOTION else texts.request_text
        text = make_text(rng, slug=service.slug, service=service.name_es, person=member.person, town=town.name)
        island_wide = kind == Kind.PROMOTION and rng.random() < ISLAND_WIDE_SHARE
        towns = [] if island_wide else self._towns(rng, kind, town)
        mean, most = AGES[kind]
        listing = Listing(
            owner_id=member.user_id,
            kind=kind,
            service=service,
            title=text.title,
            slug=slug_of(text.title),
            description=text.description,
            price_min=text.price_min,
            price_max=text.price_max,
            island_wide=island_wide,
            status=Status.PUBLISHED,
            published_at=self.now - min(mean * rng.expovariate(1), most),
        )
        if kind == Kind.REQUEST and rng.random() < NEEDED_BY_SHARE:
            listing.needed_by = timezone.localdate(self.now) + timedelta(days=rng.randint(*DAYS_TO_NEED))
        listing.search_text = search_text(listing, service, towns)
        return Draft(listing, towns)

    def _service(self, rng: Random, number: int) -> Service:
        if number < len(self.services):
            return self.services[number]
        return rng.choices(self.services, cum_weights=self.cumulative_weights)[0]

    def _owner(self, rng: Random, kind: Kind, service: Service) -> Member:
        """Return who publishes it: somebody of that trade or a related one; anybody may need something."""
        if kind == Kind.REQUEST:
            return rng.choice(self.members)
        return rng.choice(self.by_service[service.pk] or self.by_group[service.group] or self.members)

    def _towns(self, rng: Random, kind: Kind, base: Town) -> list[Town]:
        if kind == Kind.REQUEST:
            return [base]
        neighbors = self.neighbors[base.slug]
        towns = [base, *rng.sample(neighbors, rng.randint(0, min(4, len(neighbors))))]
        return sorted(towns, key=lambda town: town.slug)


@transaction.atomic
def write(drafts: list[Draft]) -> None:
    """Write listings with their towns; the demo's people get no notices and no mail of each other's."""
    Listing.objects.bulk_create([draft.listing for draft in drafts])
    through = Listing.towns.through
    through.objects.bulk_create(
        [through(listing_id=draft.listing.pk, town_id=town.pk) for draft in drafts for town in draft.towns]
    )
    leave_untold([draft.listing for draft in drafts], now=timezone.now())
