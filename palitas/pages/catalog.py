"""The landing pages: services and towns, and what is new in each."""

from collections import Counter
from itertools import groupby

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from palitas.pages.counts import count, town_counts
from services.enums import Kind
from services.models import Listing, Service, Town
from services.search.query import LIMIT, NEWEST, SearchParameters, cards, matching, newest

NEWEST_PROMOTIONS = 8
NEWEST_REQUESTS = 4
POPULAR_SERVICES = 12

# In the order of the page; a group that a moderator invents comes last, under its own name.
GROUPS = {
    "hogar": _("Hogar"),
    "exterior": _("Patio y exterior"),
    "belleza": _("Belleza"),
    "eventos": _("Fiestas y eventos"),
    "autos": _("Autos y transporte"),
    "cuido": _("Cuido y familia"),
    "mascotas": _("Mascotas"),
    "profesional": _("Negocio, clases y tecnología"),
}


@login_not_required
@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    """Show every service, by group."""
    places = {slug: place for place, slug in enumerate(GROUPS)}
    services = sorted(
        Service.objects.active().defer("keywords"),
        key=lambda service: (places.get(service.group, len(places)), service.group, service.order, service.name),
    )
    groups = [
        (slug, GROUPS.get(slug, slug.capitalize()), list(group))
        for slug, group in groupby(services, key=lambda service: service.group)
    ]
    return render(request, "pages/service_list.html", {"groups": groups})


@login_not_required
@require_safe
def service_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is new of one service, and where it is offered."""
    service = get_object_or_404(Service.objects.active(), slug=slug)
    offered = matching(SearchParameters(Kind.PROMOTION, service=service)).order_by(*NEWEST)
    keys = list(offered.values_list("pk", flat=True)[:LIMIT])
    context = {
        "breadcrumbs": [(_("Servicios"), reverse("service_list")), (service.name, "")],
        "service": service,
        "towns": count(Listing.objects.filter(pk__in=keys)).put_on(Town.objects.only("name", "slug")),
        "promotions": cards(keys[:NEWEST_PROMOTIONS]),
        "requests": newest(SearchParameters(Kind.REQUEST, service=service), NEWEST_REQUESTS),
    }
    return render(request, "pages/service_detail.html", context)


@login_not_required
@require_safe
def town_list(request: HttpRequest) -> HttpResponse:
    """Show the map of the 78 towns and the same as a list."""
    return render(request, "pages/town_list.html", {"towns": town_counts().put_on(Town.objects.all())})


@login_not_required
@require_safe
def town_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is new in one town, what is offered most there, and its neighbours."""
    town = get_object_or_404(Town.objects.defer("svg_path"), slug=slug)
    # One bounded query gives both the newest promotions and the services that are offered most among them.
    offered = matching(SearchParameters(Kind.PROMOTION, town=town)).order_by(*NEWEST)
    rows = list(offered.values_list("pk", "service")[:LIMIT])
    most_offered = Counter(service for _pk, service in rows).most_common(POPULAR_SERVICES)
    services = Service.objects.active().defer("keywords").in_bulk([pk for pk, _count in most_offered])
    context = {
        "breadcrumbs": [(_("Pueblos"), reverse("town_list")), (town.name, "")],
        "town": town,
        "services": [services[pk] for pk, _count in most_offered if pk in services],
        "neighbors": town.neighbors.only("name", "slug"),
        "promotions": cards([pk for pk, _service in rows[:NEWEST_PROMOTIONS]]),
        "requests": newest(SearchParameters(Kind.REQUEST, town=town), NEWEST_REQUESTS),
    }
    return render(request, "pages/town_detail.html", context)
