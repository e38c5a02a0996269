"""What this room keeps about people: what they search for, and of what they were told."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from accounts.personal_data.registry import Keeper, Section
from alerts import matching
from alerts.models import Matching, SavedSearch, Telling
from notices.models import Notice
from notices.personal_data import address_before_slug, forget_in_sent_mail
from services.models import Listing

CHUNK = 100
KINDS = (matching.OFFERED_HERE, matching.OFFERED_NEARBY, matching.OFFERED_EVERYWHERE, matching.FOUND)


def sections(user: User) -> dict[str, Section]:
    """Return the saved searches; what came of them is among the notices."""
    return {"busquedas_guardadas": _searches(user)}


def _searches(user: User) -> Iterator[dict[str, Any]]:
    for search in SavedSearch.objects.of(user).select_related("service", "town"):
        yield {
            "nombre": search.name,
            "clase": search.get_kind_display(),
            "palabras": search.q,
            "servicio": search.service.name if search.service else None,
            "pueblo": search.town.name if search.town else None,
            "precio_hasta": search.max_price,
            "en_pausa": search.is_paused,
            "guardada": search.created_at,
            "ultimo_aviso": search.last_told_at,
        }


def erase(user: User, now: datetime) -> None:  # noqa: ARG001 - what every eraser takes
    """Delete the searches, and what others were told of the person's listings, which are gone too."""
    SavedSearch.objects.filter(user=user).delete()
    Telling.objects.filter(user=user).delete()
    told_of = Listing.objects.filter(owner=user, tellings__isnull=False).distinct().order_by("pk")
    last = 0
    while batch := list(told_of.filter(pk__gt=last)[:CHUNK]):
        _forget_listings(batch)
        last = batch[-1].pk
    Telling.objects.filter(listing__owner=user).delete()
    Matching.objects.filter(listing__owner=user).delete()


def _forget_listings(listings: list[Listing]) -> None:
    pages = [address_before_slug(listing) for listing in listings]
    people = list(User.objects.filter(tellings__listing__in=listings).distinct())
    about = Q()
    for page in pages:
        about |= Q(path__startswith=page)
    Notice.objects.filter(about, recipient__in=people, kind__in=KINDS).delete()
    forget_in_sent_mail([person.email for person in people], pages)


KEEPER = Keeper("alerts", sections=sections, erase=erase)
