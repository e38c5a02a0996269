"""The numbers that a provider wants: of the last thirty days and of all time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from agreements.enums import Status
from agreements.models import Agreement, Contact
from services.audience import audience
from services.enums import Kind
from services.models import DailyViews

PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, as it stands in the last thirty days and ever; dollars are whole."""

    name: str
    icon: str
    label: str
    recent: int
    ever: int
    is_dollars: bool = False


def provider_figures(user: User, now: datetime) -> list[Figure]:
    """Return how often one's promotions were seen, how many people wrote, accepted, and what was earned. Three queries.

    An accepted amendment counts once, with the version it replaced.
    """
    audience.flush()
    since = now - PERIOD
    views = DailyViews.objects.filter(listing__owner=user, listing__kind=Kind.PROMOTION).aggregate(
        recent=Sum("count", filter=Q(day__gt=timezone.localdate(since)), default=0), ever=Sum("count", default=0)
    )
    as_provider = Q(owner=user, kind=Kind.PROMOTION) | Q(opener=user, kind=Kind.REQUEST)
    contacts = Contact.objects.filter(as_provider).aggregate(
        recent=Count("pk", filter=Q(created_at__gt=since)), ever=Count("pk")
    )
    accepted = Q(accepted_at__isnull=False) & ~Q(status=Status.SUPERSEDED)
    closed = Q(status=Status.CLOSED)
    agreements = Agreement.objects.filter(provider=user).aggregate(
        accepted_recent=Count("pk", filter=accepted & Q(accepted_at__gt=since)),
        accepted=Count("pk", filter=accepted),
        earned_recent=Sum("price", filter=closed & Q(ended_at__gt=since), default=0),
        earned=Sum("price", filter=closed, default=0),
    )
    return [
        Figure("views", "eye", _("Vistas de tus promociones"), views["recent"], views["ever"]),
        Figure("contacts", "message-circle", _("Contactos"), contacts["recent"], contacts["ever"]),
        Figure("accepted", "handshake", _("Acuerdos aceptados"), agreements["accepted_recent"], agreements["accepted"]),
        Figure("earned", "wallet", _("Ganado"), agreements["earned_recent"], agreements["earned"], is_dollars=True),
    ]
