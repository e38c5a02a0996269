"""A search: what the address asks for, and the listings that answer it.

One query reads the keys of at most 1,001 listings in their order. Count, pages and relevance all come from it, so no
page counts or sorts more than that, however deep it is. Why and how fast: docs/decisions/0002-search.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from operator import or_

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.db.models.functions import Coalesce, Left
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from services.enums import Kind
from services.models import Listing, ListingQuerySet, Service, Town
from services.models.listing import MAX_PRICE
from services.search import text
from services.search.vocabulary import Catalogue, Group

PAGE_SIZE = 20
MAX_PAGE = 50
LIMIT = PAGE_SIZE * MAX_PAGE
MAX_QUERY = 200  # characters
MAX_HEAD = 300  # characters of ``search_text`` that surely hold all before the bar

NEWEST = ("-published_at", "-pk")
BEST_RATED = ("-owner_rating", *NEWEST)


class Order(StrEnum):
    RELEVANCE = "relevancia"
    NEWEST = "recientes"
    BEST_RATED = "valoradas"


ORDER_LABELS = {
    Order.RELEVANCE: _("Más parecidas"),
    Order.NEWEST: _("Más recientes"),
    Order.BEST_RATED: _("Mejor valoradas"),
}


@dataclass(frozen=True)
class SearchParameters:
    """A search that can be answered: everything unknown or out of range is gone, and ``problems`` says what."""

    kind: Kind
    q: str = ""
    groups: tuple[Group, ...] = ()
    service: Service | None = None
    town: Town | None = None
    max_price: int | None = None
    order: Order = Order.NEWEST
    page: int = 1
    problems: tuple[str | Promise, ...] = ()

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the plain list, newest first, is asked for."""
        return bool(self.q or self.service or self.town or self.max_price is not None or self.order != Order.NEWEST)


@dataclass
class SearchResults:
    """One page of what was found; ``count`` is exact up to 1,000, where ``has_more`` says that there are more."""

    page: Page[int]
    listings: list[Listing]
    count: int
    has_more: bool
    problems: list[str | Promise] = field(default_factory=list)


def orders_for(kind: Kind, *, has_words: bool) -> list[Order]:
    """Return the orders that a search may ask for; the first is what it gets unasked."""
    orders = [Order.RELEVANCE] if has_words else []
    orders.append(Order.NEWEST)
    if kind == Kind.PROMOTION:
        orders.append(Order.BEST_RATED)
    return orders


def parse(data: Mapping[str, str], kind: Kind, catalogue: Catalogue) -> SearchParameters:
    """Return the search that an address asks for.

    Args:
        data: q, servicio, pueblo, precio_max, orden, pagina, as they came.

    Raises:
        UnknownSlug: the service or the town does not exist.
    """
    problems: list[str | Promise] = []
    q = " ".join(data.get("q", "").replace("\0", " ").split())[:MAX_QUERY]
    groups = tuple(catalogue.vocabulary.analyse(q))
    service, town = data.get("servicio", ""), data.get("pueblo", "")

    typed_price = data.get("precio_max", "").strip()
    max_price = _whole_number(typed_price.replace("$", "").replace(",", "").strip(), 0, MAX_PRICE)
    if typed_price and max_price is None:
        problems.append(_("El precio máximo tiene que ser un número entero, como 150; no lo tomamos en cuenta."))

    typed_page = data.get("pagina", "").strip()
    page = _whole_number(typed_page, 1, MAX_PAGE)
    if typed_page and page is None:
        problems.append(_("Esa página no existe; esta es la primera."))

    orders = orders_for(kind, has_words=bool(groups))
    return SearchParameters(
        kind=kind,
        q=q,
        groups=groups,
        service=catalogue.service(service) if service else None,
        town=catalogue.town(town) if town else None,
        max_price=max_price,
        order=next((order for order in orders if order == data.get("orden")), orders[0]),
        page=page or 1,
        problems=tuple(problems),
    )


def _whole_number(typed: str, lowest: int, highest: int) -> int | None:
    if not (typed.isascii() and typed.isdigit()) or len(typed) > len(str(highest)):
        return None
    return int(typed) if lowest <= int(typed) <= highest else None


def in_towns(slugs: Iterable[str], *, or_island_wide: bool = True) -> Q:
    """Return the condition that a listing serves one of these towns."""
    tokens = [text.town_token(slug) for slug in slugs] + [text.ISLAND_TOKEN] * or_island_wide
    return reduce(or_, (Q(search_text__contains=f" {token} ") for token in tokens))


def _answering(group: Group) -> Q:
    return reduce(
        or_,
        (Q(*(("search_text__contains", pattern) for pattern in patterns)) for patterns in group.alternatives),
    )


def matching(parameters: SearchParameters) -> ListingQuerySet:
    """Return all that a search finds, unordered and unbounded: slice it before reading."""
    listings: ListingQuerySet = Listing.objects.published().of_kind(parameters.kind)
    if parameters.service:
        listings = listings.filter(service=parameters.service)
    if parameters.town:
        listings = listings.filter(in_towns([parameters.town.slug]))
    if parameters.max_price is not None:
        listings = listings.alias(cheapest=Coalesce("price_min", "price_max")).filter(
            cheapest__lte=parameters.max_price
        )
    for group in parameters.groups:
        listings = listings.filter(_answering(group))
    return listings


def finds(parameters: SearchParameters, listing: Listing) -> bool:
    """Return whether a search finds this one listing: what ``matching`` says of its row.

    The words are looked for in memory first, because most of many searches fail there; that costs no query.
    """
    if not all(group.is_in(listing.search_text) for group in parameters.groups):
        return False
    return matching(parameters).filter(pk=listing.pk).exists()


def relevance(search_text: str, groups: Iterable[Group]) -> int:
    """Return how many parts of a query are answered by the title or the service itself, not only further down."""
    head = search_text.partition(text.HEAD_END)[0]
    return sum(group.is_in(head) for group in groups)


def _keys_in_order(parameters: SearchParameters) -> list[int]:
    """Return the primary keys of the first listings found: one more than are shown, if there are more."""
    order = BEST_RATED if parameters.order == Order.BEST_RATED else NEWEST
    found = matching(parameters).order_by(*order)
    if parameters.order != Order.RELEVANCE:
        return list(found.values_list("pk", flat=True)[: LIMIT + 1])
    rows = list(found.values_list("pk", Left("search_text", MAX_HEAD))[: LIMIT + 1])
    # Among the newest; sorting keeps the newest first where relevance is the same.
    rows.sort(key=lambda row: -relevance(row[1], parameters.groups))
    return [pk for pk, _head in rows]


def cards(keys: Sequence[int]) -> list[Listing]:
    """Return these listings in this order with all that a card shows; one that is gone meanwhile is left out."""
    listings = Listing.objects.published().for_cards().in_bulk(keys)
    return [listings[key] for key in keys if key in listings]


def newest(parameters: SearchParameters, limit: int) -> list[Listing]:
    """Return the newest ``limit`` listings that a search finds, with all that a card shows."""
    return cards(list(matching(parameters).order_by(*NEWEST).values_list("pk", flat=True)[:limit]))


def search(parameters: SearchParameters) -> SearchResults:
    """Return the page of results that ``parameters`` ask for, or the last one there is."""
    keys = _keys_in_order(parameters)
    paginator = Paginator(keys[:LIMIT], PAGE_SIZE)
    page = paginator.get_page(parameters.page)
    problems = list(parameters.problems)
    if page.number != parameters.page:
        problems.append(_("No hay tantas páginas; esta es la última."))
    return SearchResults(
        page, cards(list(page.object_list)), count=min(len(keys), LIMIT), has_more=len(keys) > LIMIT, problems=problems
    )
