"""The figures that profiles and listings keep as copies, so that a page or a sort reads no agreement and no review."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, F, Sum

from accounts.models import Profile
from agreements.enums import Status
from agreements.models import Agreement, Review
from services.models import Listing

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Counters:
    """A person's figures. ``rating_average`` is None without reviews; their listings then carry 0."""

    palitas_count: int
    reviews_count: int
    rating_average: Decimal | None

    @property
    def owner_rating(self) -> Decimal:
        return self.rating_average or Decimal(0)


def true_counters(user_ids: Collection[int]) -> dict[int, Counters]:
    """Compute people's figures from agreements and reviews, in two queries whatever their number."""
    closed = Agreement.objects.filter(provider__in=user_ids, status=Status.CLOSED).order_by()
    palitas = dict(closed.values_list("provider").annotate(count=Count("pk")))
    received = Review.objects.public().filter(subject__in=user_ids).order_by()
    # Added up here and divided in Python: engines round an average differently.
    ratings = {
        subject: (count, total)
        for subject, count, total in received.values_list("subject").annotate(count=Count("pk"), total=Sum("rating"))
    }
    counters = {}
    for user_id in user_ids:
        count, total = ratings.get(user_id, (0, 0))
        average = (Decimal(total) / count).quantize(HUNDREDTH) if count else None
        counters[user_id] = Counters(palitas.get(user_id, 0), count, average)
    return counters


@transaction.atomic
def recount(user_id: int) -> Counters:
    """Write a person's figures anew, in the transaction of what changed them."""
    _hold(user_id)
    counters = true_counters([user_id])[user_id]
    Profile.objects.filter(user=user_id).update(
        palitas_count=counters.palitas_count,
        reviews_count=counters.reviews_count,
        rating_average=counters.rating_average,
    )
    Listing.objects.filter(owner=user_id).exclude(owner_rating=counters.owner_rating).update(
        owner_rating=counters.owner_rating
    )
    return counters


def suspects(user_ids: Collection[int]) -> list[int]:
    """Return those of ``user_ids`` whose stored figures differ from the true ones, looked up without holding a row."""
    stored = _stored(user_ids)
    truth = true_counters(user_ids)
    listings = Listing.objects.filter(owner__in=user_ids).order_by().values_list("owner", "owner_rating").distinct()
    wrong = {owner for owner, rating in listings if rating != truth[owner].owner_rating}
    return [user_id for user_id in user_ids if stored[user_id] != truth[user_id] or user_id in wrong]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a person's profile says, what is true, and how many of their listings carry another rating."""

    user_id: int
    stored: Counters
    truth: Counters
    wrong_listings: int


@transaction.atomic
def difference(user_id: int, *, fix: bool) -> Difference | None:
    """Look at one person's figures while nobody else writes them, and write the true ones if asked to."""
    _hold(user_id)
    stored, truth = _stored([user_id])[user_id], true_counters([user_id])[user_id]
    wrong = Listing.objects.filter(owner=user_id).exclude(owner_rating=truth.owner_rating).count()
    if stored == truth and not wrong:
        return None
    if fix:
        recount(user_id)
    return Difference(user_id, stored, truth, wrong)


def _hold(user_id: int) -> None:
    """Write the profile's row, so that two recounts of one person follow one another and the second sees the first."""
    Profile.objects.filter(user=user_id).update(reviews_count=F("reviews_count"))


def _stored(user_ids: Collection[int]) -> dict[int, Counters]:
    rows = Profile.objects.filter(user__in=user_ids).values_list(
        "user", "palitas_count", "reviews_count", "rating_average"
    )
    return {user_id: Counters(palitas, reviews, rating) for user_id, palitas, reviews, rating in rows}
