"""The search page of promotions."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from services.enums import Kind
from services.search.page import listing_search


@login_not_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the promotions that the address asks for."""
    return listing_search(request, Kind.PROMOTION)
