"""The dashboard: what waits for a member, and what is theirs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import User, shown_name
from accounts.permissions import is_member
from agreements.models import Agreement, Contact
from palitas.pages.figures import PERIOD, provider_figures
from palitas.pages.waiting import waiting_for
from services.enums import Kind
from services.listing_views import owner_actions
from services.models import DailyViews, Listing
from services.permissions import refusal

NEWEST = 5
PAGE_SIZE = 20
PROMOTIONS, REQUESTS, AGREEMENTS = "promociones", "solicitudes", "acuerdos"
KINDS = {PROMOTIONS: Kind.PROMOTION, REQUESTS: Kind.REQUEST}
TITLES = {PROMOTIONS: _("Mis promociones"), REQUESTS: _("Mis solicitudes"), AGREEMENTS: _("Mis acuerdos")}


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show what waits for the person and the newest of what is theirs.

    ``?seccion=promociones``, ``solicitudes`` or ``acuerdos`` lists all of one, twenty a page.
    """
    user, now = cast("User", request.user), timezone.now()
    section = request.GET.get("seccion")
    if section in TITLES:
        return _section(request, section, user, now)
    may_change = is_member.test(user)
    figures = provider_figures(user, now)
    parts = {
        "promotions": _listing_rows(_own_listings(user, Kind.PROMOTION, now)[: NEWEST + 1], may_change=may_change),
        "requests": _listing_rows(_own_listings(user, Kind.REQUEST, now)[: NEWEST + 1], may_change=may_change),
        "contacts": _contact_rows(user),
        "agreements": _agreement_rows(_own_agreements(user)[: NEWEST + 1], user),
    }
    is_provider = bool(parts["promotions"]) or any(figure.ever for figure in figures)
    context = {
        "refusal": "" if may_change else refusal(user),
        "may_change": may_change,
        "is_newcomer": not any(parts.values()),
        "tasks": waiting_for(user, now),
        "figures": figures if is_provider else [],
        **{name: {"rows": rows[:NEWEST], "has_more": len(rows) > NEWEST} for name, rows in parts.items()},
    }
    return render(request, "pages/dashboard.html", context)


def _section(request: HttpRequest, section: str, user: User, now: datetime) -> HttpResponse:
    may_change = is_member.test(user)
    is_agreements = section == AGREEMENTS
    own: QuerySet[Any] = _own_agreements(user) if is_agreements else _own_listings(user, KINDS[section], now)
    page: Page[Any] = Paginator(own, PAGE_SIZE).get_page(request.GET.get("pagina"))
    rows = _agreement_rows(page, user) if is_agreements else _listing_rows(page, may_change=may_change)
    context = {
        "section": section,
        "title": TITLES[section],
        "page": page,
        "rows": rows,
        "query": urlencode({"seccion": section}),
        "refusal": "" if may_change else refusal(user),
    }
    return render(request, "pages/dashboard_section.html", context)


def _own_listings(user: User, kind: Kind, now: datetime) -> QuerySet[Listing]:
    """Return one's listings of a kind, newest first, with their views of the last thirty days."""
    views = DailyViews.objects.filter(listing=OuterRef("pk"), day__gt=timezone.localdate(now - PERIOD))
    total = views.values("listing").annotate(total=Sum("count")).values("total")
    listings: QuerySet[Listing] = (
        Listing.objects.owned_by(user)
        .of_kind(kind)
        .annotate(views=Coalesce(Subquery(total), 0))
        .for_cards()
        .order_by("-created_at", "-pk")
    )
    return listings


def _listing_rows(listings: Iterable[Listing], *, may_change: bool) -> list[dict[str, Any]]:
    return [{"listing": listing, "actions": owner_actions(listing) if may_change else []} for listing in listings]


def _own_agreements(user: User) -> QuerySet[Agreement]:
    return Agreement.objects.of(user).order_by("-created_at", "-pk")


def _agreement_rows(agreements: Iterable[Agreement], user: User) -> list[dict[str, Any]]:
    return [
        {
            "agreement": agreement,
            "is_provider": agreement.provider_id == user.pk,
            "other": shown_name(agreement.other_name(user)),
        }
        for agreement in agreements
    ]


def _contact_rows(user: User) -> list[dict[str, Any]]:
    shown = Q(owner=user, owner_hidden=False) | Q(opener=user, opener_hidden=False)
    contacts = Contact.objects.filter(shown).newest_first().for_rows()[: NEWEST + 1]
    return [
        {"contact": contact, "other": contact.other_side(user), "is_unread": contact.is_unread_by(user)}
        for contact in contacts
    ]
