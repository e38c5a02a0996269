"""The first page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from palitas.pages.counts import town_counts
from services.enums import Kind
from services.models import Service, Town
from services.search.query import SearchParameters, newest

POPULAR_TOWNS = 10
NEWEST_PROMOTIONS = 8
NEWEST_REQUESTS = 4


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search box, the map, the services and what is new."""
    counts = town_counts()
    towns = counts.put_on(Town.objects.all())
    context = {
        "services": Service.objects.active().defer("keywords"),
        "towns": towns,
        "popular_towns": sorted(towns, key=lambda town: -counts.of(town.pk))[:POPULAR_TOWNS],
        "promotions": newest(SearchParameters(Kind.PROMOTION), NEWEST_PROMOTIONS),
        "requests": newest(SearchParameters(Kind.REQUEST), NEWEST_REQUESTS),
    }
    return render(request, "pages/home.html", context)
