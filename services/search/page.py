"""The search page of both kinds of listing. Each app shows it at its own address."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from services.enums import Kind
from services.fragments import render_page
from services.models.listing import URL_NAMESPACES
from services.search import suggestions
from services.search.query import (
    ORDER_LABELS,
    Order,
    SearchParameters,
    SearchResults,
    orders_for,
    parse,
    search,
)
from services.search.vocabulary import Catalogue, UnknownSlug


def listing_search(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Show the listings of one kind that the address asks for; to htmx, what of the page depends on the address."""
    catalogue = Catalogue.load()
    try:
        parameters = parse(request.GET, kind, catalogue)
    except UnknownSlug as error:
        raise Http404(_("Ese servicio o ese pueblo no existe.")) from error
    results = search(parameters)
    other = Kind.REQUEST if kind == Kind.PROMOTION else Kind.PROMOTION
    context = {
        "is_promotion": kind == Kind.PROMOTION,
        "parameters": parameters,
        "results": results,
        "typed_price": request.GET.get("precio_max", ""),
        "services": sorted(
            (service for service in catalogue.services if service.is_active or service == parameters.service),
            key=lambda service: service.name,
        ),
        "towns": catalogue.towns,
        "orders": _order_links(parameters),
        "order_asked": _query(parameters).get("orden", ""),
        "chips": _chips(parameters),
        "address": _address(parameters),
        "page_query": urlencode(_query(parameters)),
        "other_kind_url": _address(replace(parameters, kind=other, order=Order.NEWEST), orden=""),
        "is_landing": not parameters.is_filtered and parameters.page == 1,
        **_suggested(parameters, results, catalogue),
    }
    return render_page(request, "search/listing_search.html", context, partial="fragment")


def _query(parameters: SearchParameters, **changes: str) -> dict[str, str]:
    """Return what the address of a search says, without its page."""
    default = orders_for(parameters.kind, has_words=bool(parameters.groups))[0]
    values = {
        "q": parameters.q,
        "servicio": parameters.service.slug if parameters.service else "",
        "pueblo": parameters.town.slug if parameters.town else "",
        "precio_max": "" if parameters.max_price is None else str(parameters.max_price),
        "orden": "" if parameters.order == default else str(parameters.order),
    }
    return {name: value for name, value in (values | changes).items() if value}


def _address(parameters: SearchParameters, **changes: str) -> str:
    """Return the address of this search with ``changes``; an empty change leaves something out."""
    query = urlencode(_query(parameters, **changes))
    return reverse(f"{URL_NAMESPACES[parameters.kind]}:search") + (f"?{query}" if query else "")


def _order_links(parameters: SearchParameters) -> list[dict[str, Any]]:
    orders = orders_for(parameters.kind, has_words=bool(parameters.groups))
    return [
        {
            "name": order.value,
            "label": ORDER_LABELS[order],
            "url": _address(parameters, orden="" if order == orders[0] else str(order)),
            "is_current": order == parameters.order,
        }
        for order in orders
    ]


def _chips(parameters: SearchParameters) -> list[dict[str, str]]:
    """Return each filter in use with the address of the same search without it."""
    labels = {
        "q": f"“{parameters.q}”" if parameters.q else "",
        "servicio": parameters.service.name if parameters.service else "",
        "pueblo": parameters.town.name if parameters.town else "",
        "precio_max": ""
        if parameters.max_price is None
        else _("Hasta %(price)s") % {"price": f"${parameters.max_price:,}"},
    }
    return [{"label": label, "url": _address(parameters, **{name: ""})} for name, label in labels.items() if label]


def _suggested(parameters: SearchParameters, results: SearchResults, catalogue: Catalogue) -> Mapping[str, Any]:
    """Return what the page offers beside few results, or instead of none."""
    is_few = results.count < suggestions.FEW_RESULTS
    is_empty = not results.count
    corrected = suggestions.correction(parameters, catalogue.vocabulary) if is_few else ""
    known = suggestions.known_part(parameters) if is_empty and not corrected else ""
    town = suggestions.place_of(parameters, catalogue) if is_empty else None
    words = suggestions.without_place(parameters)
    neighbours = suggestions.neighbours_with_results(parameters, town) if town else []
    wanted = {
        "servicio": suggestions.service_of(parameters),
        "pueblo": town.slug if town else "",
        "q": words,
    }
    form = "requests_app:create" if parameters.kind == Kind.PROMOTION else "promotions:create"
    prefilled = urlencode({name: value for name, value in wanted.items() if value})
    return {
        "corrected": corrected,
        "corrected_url": _address(parameters, q=corrected) if corrected else "",
        "known": known,
        "known_url": _address(parameters, q=known) if known else "",
        "place": town,
        "neighbours": [
            {
                "town": neighbour.town,
                "count": neighbour.count,
                "url": _address(parameters, q=words, pueblo=neighbour.town.slug),
            }
            for neighbour in neighbours
        ],
        "create_url": reverse(form) + (f"?{prefilled}" if prefilled else ""),
    }
