"""The dashboard: a member's own listings and what can be done with each."""

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import is_member
from services.enums import Status
from services.listing_views import owner_actions
from services.models import Listing
from services.permissions import refusal

PAGE_SIZE = 20
# What needs its owner first comes first.
STATUS_ORDER = (Status.REMOVED, Status.DRAFT, Status.PUBLISHED, Status.PAUSED, Status.ARCHIVED)


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """List the member's own promotions and requests by status, twenty a page."""
    may_change = is_member.test(request.user)
    rank = Case(
        *(When(status=status, then=Value(place)) for place, status in enumerate(STATUS_ORDER)),
        output_field=IntegerField(),
    )
    listings = (
        Listing.objects.owned_by(request.user)
        .select_related("service")
        .prefetch_related("towns", "photos__picture")
        .order_by(rank, "-updated_at", "-pk")
    )
    page = Paginator(listings, PAGE_SIZE).get_page(request.GET.get("pagina"))
    rows = [
        {"listing": listing, "status": listing.status, "actions": owner_actions(listing) if may_change else []}
        for listing in page
    ]
    context = {"page": page, "rows": rows, "refusal": "" if may_change else refusal(request.user)}
    return render(request, "pages/dashboard.html", context)
