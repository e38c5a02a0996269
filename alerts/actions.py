"""Saving searches, and telling people of new listings."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.enums import NEWS_LIFETIME, QUIET_TIME, Reason
from alerts.matching import Tip, found_by, providers_for, searches_for
from alerts.models import MAX_SEARCHES, Matching, SavedSearch, Telling
from notices.actions import notify
from services.enums import Kind
from services.models import Listing, Service, Town
from services.search.vocabulary import Catalogue, Vocabulary

LISTINGS_A_RUN = 100  # of each kind
SEARCHES_A_STEP = 500  # asked, and their people told, in one transaction


@transaction.atomic
def save_search(
    *,
    user: User,
    kind: Kind,
    now: datetime,
    q: str = "",
    service: Service | None = None,
    town: Town | None = None,
    max_price: int | None = None,
    name: str = "",
) -> SavedSearch:
    """Save a search, of which the person is told from now on. Prices are whole dollars.

    The same search again is the one there is: it goes on if it was paused, and takes the new name if there is one.

    Raises:
        ValidationError: the person has twenty; with a sentence.
    """
    _hold([user.pk])
    own = SavedSearch.objects.filter(user=user)
    if same := own.filter(kind=kind, q=q, service=service, town=town, max_price=max_price).first():
        same.is_paused = False
        same.name = name or same.name
        same.save(update_fields=["is_paused", "name"])
        return same
    if own.count() >= MAX_SEARCHES:
        raise ValidationError(
            _("Puedes guardar hasta %(limit)s búsquedas. Borra una para guardar esta.") % {"limit": MAX_SEARCHES}
        )
    return SavedSearch.objects.create(
        user=user, kind=kind, q=q, service=service, town=town, max_price=max_price, name=name, created_at=now
    )


def tell_of_new_listings(now: datetime) -> int:
    """Tell people of the listings that have been public for ten minutes; returns how many notices were written."""
    listings = due_listings(now)
    vocabulary = Catalogue.load().vocabulary if listings else Vocabulary()
    return sum(_tell_of(listing, vocabulary, now) for listing in listings)


def due_listings(now: datetime) -> list[Listing]:
    """Return the public listings of which somebody may still have to be told, the oldest first."""
    told = Matching.objects.filter(listing=OuterRef("pk"), published_at=OuterRef("published_at"), done_at__isnull=False)
    due = (
        Listing.objects.published()
        .filter(published_at__gt=now - NEWS_LIFETIME, published_at__lte=now - QUIET_TIME)
        .exclude(Exists(told))
        .select_related("service")
        .order_by("published_at", "pk")
    )
    # Each kind for itself, because each has its own index.
    return [listing for kind in Kind for listing in due.of_kind(kind)[:LISTINGS_A_RUN]]


def _tell_of(listing: Listing, vocabulary: Vocabulary, now: datetime) -> int:
    told = _begin(listing, now)
    markers = Matching.objects.filter(**_publication(listing), done_at=None)
    while marker := markers.first():
        told += _ask_searches(marker, listing, vocabulary, now)
    return told


def _publication(listing: Listing) -> dict[str, Any]:
    """Return what a marker stands for: a listing that was put away and published anew is news again."""
    return {"listing": listing, "published_at": listing.published_at}


@transaction.atomic
def _begin(listing: Listing, now: datetime) -> int:
    """Put the marker down; whoever does tells the providers whom a request concerns."""
    _marker, is_first = Matching.objects.get_or_create(**_publication(listing))
    if not is_first or listing.kind != Kind.REQUEST:
        return 0
    return _tell(listing, Reason.OFFERS, providers_for(listing, now), now)


def _ask_searches(marker: Matching, listing: Listing, vocabulary: Vocabulary, now: datetime) -> int:
    """Tell the people of the next saved searches, unless another worker does at this moment."""
    searches = searches_for(listing, after=marker.asked_up_to, limit=SEARCHES_A_STEP)
    tips = found_by(listing, searches, vocabulary)
    asked_up_to = searches[-1].pk if searches else marker.asked_up_to
    done_at = now if len(searches) < SEARCHES_A_STEP else None
    with transaction.atomic():
        here = Matching.objects.filter(pk=marker.pk, asked_up_to=marker.asked_up_to, done_at=None)
        if not here.update(asked_up_to=asked_up_to, done_at=done_at):
            return 0
        return _tell(listing, Reason.SEARCHES, tips, now)


def _tell(listing: Listing, reason: Reason, tips: Sequence[Tip], now: datetime) -> int:
    """Write the notices, unless the listing has gone meanwhile; nobody is told twice or more often than the limit."""
    people = _hold([tip.user_id for tip in tips])
    if not Listing.objects.published().filter(pk=listing.pk).exists():
        return 0
    told_today = dict(
        Telling.objects.of_last_day(reason, now).filter(user__in=people).values_list("user").annotate(Count("pk"))
    )
    knowing = set(Telling.objects.filter(listing=listing, user__in=people).values_list("user", flat=True))
    chosen = [
        tip
        for tip in tips
        if tip.user_id in people.keys() - knowing and told_today.get(tip.user_id, 0) < settings.MATCHING_NOTICES_PER_DAY
    ]
    Telling.objects.bulk_create(
        Telling(user_id=tip.user_id, listing=listing, reason=reason, created_at=now) for tip in chosen
    )
    SavedSearch.objects.filter(pk__in=[tip.search.pk for tip in chosen if tip.search]).update(last_told_at=now)
    for tip in chosen:
        _notify(people[tip.user_id], listing, tip, now)
    return len(chosen)


def _notify(person: User, listing: Listing, tip: Tip, now: datetime) -> None:
    with translation.override(person.language):
        names = {name: str(value) for name, value in tip.names.items()}
    path = listing.get_absolute_url()
    notify(recipient=person, kind=tip.kind, context={"title": listing.title, **names}, path=path, now=now)


def _hold(keys: Collection[int]) -> dict[int, User]:
    """Return those of these people who are in good standing, by key, and let nobody else count for them meanwhile.

    Held in the order of the keys, so that two workers never wait for each other.
    """
    people = User.objects.in_good_standing().filter(pk__in=keys).select_for_update(no_key=True).order_by("pk")
    return {person.pk: person for person in people}


def leave_untold(listings: Iterable[Listing], *, now: datetime) -> None:
    """Let nobody be told of these listings, which no person has just published."""
    Matching.objects.bulk_create(
        Matching(**_publication(listing), done_at=now)
        for listing in listings
        if listing.published_at and listing.published_at > now - NEWS_LIFETIME
    )


def sweep_markers(now: datetime) -> int:
    """Delete the markers of listings that are no news any more; returns how many."""
    return Matching.objects.filter(published_at__lte=now - NEWS_LIFETIME).delete()[0]
