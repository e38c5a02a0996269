"""What search engines are told to read: every public page, by kind, in both languages.

Tables are paged by ranges of their key. A page costs the same wherever it is, nothing is counted, and a range whose
rows are all gone gives a page without addresses.
"""

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery
from django.urls import reverse

from accounts.models import User
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.models import Listing, Service, Town

# Each row has one address a language.
ROWS_PER_PAGE = 1000

Addresses = list[tuple[Any, str]]


class KeyRangePage:
    def __init__(self, object_list: Addresses) -> None:
        self.object_list = object_list


class KeyRangePaginator:
    """Stands in for Django's paginator, which would load every row of the table."""

    def __init__(self, *, table: type[Model], rows: QuerySet[Any]) -> None:
        """``table`` gives the highest key, ``rows`` those of its rows that are public."""
        self.table = table
        self.rows = rows

    @property
    def num_pages(self) -> int:
        last = self.table._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        return 1 if last is None else (last - 1) // ROWS_PER_PAGE + 1

    def page(self, number: int | str) -> KeyRangePage:
        """Return a page's addresses.

        Raises:
            PageNotAnInteger: ``number`` is no number.
            EmptyPage: there is no such page.
        """
        try:
            wanted = int(number)
        except ValueError as error:
            raise PageNotAnInteger(str(number)) from error
        if not 1 <= wanted <= self.num_pages:
            raise EmptyPage(str(number))
        first = (wanted - 1) * ROWS_PER_PAGE
        rows = self.rows.filter(pk__gt=first, pk__lte=first + ROWS_PER_PAGE).order_by("pk")
        return KeyRangePage([(row, language) for row in rows for language, _name in settings.LANGUAGES])


class SiteSitemap(Sitemap):  # type: ignore[type-arg]
    """Addresses of this site in both languages, each naming the other."""

    i18n = True
    alternates = True
    x_default = True

    def get_protocol(self, protocol: str | None = None) -> str:  # noqa: ARG002 - Django's signature
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:  # noqa: ARG002 - Django's signature
        return urlsplit(settings.SITE_URL).netloc


class StaticSitemap(SiteSitemap):
    def items(self) -> list[str]:
        return [
            "home",
            "promotions:search",
            "requests_app:search",
            "service_list",
            "town_list",
            "about",
            "faq",
            "contact",
            "terms",
            "privacy",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


class ServiceSitemap(SiteSitemap):
    def items(self) -> QuerySet[Service]:
        newest = Promotion.objects.published().filter(service=OuterRef("pk")).order_by("-published_at")
        return Service.objects.active().annotate(newest_at=Subquery(newest.values("published_at")[:1]))

    def lastmod(self, item: Any) -> datetime | None:
        newest_at: datetime | None = item.newest_at
        return newest_at


class TownSitemap(SiteSitemap):
    def items(self) -> QuerySet[Town]:
        return Town.objects.defer("svg_path")


class ListingSitemap(SiteSitemap):
    model: ClassVar[type[Listing]]

    @property
    def paginator(self) -> Any:
        rows = self.model.objects.published().only("kind", "slug", "updated_at")
        return KeyRangePaginator(table=Listing, rows=rows)

    def lastmod(self, item: Listing) -> datetime:
        return item.updated_at

    def get_latest_lastmod(self) -> datetime | None:
        """Return when the newest was published; that is indexed, the time of the last change is not."""
        newest: datetime | None = (
            self.model.objects.published().order_by("-published_at").values_list("published_at", flat=True).first()
        )
        return newest


class PromotionSitemap(ListingSitemap):
    model = Promotion


class RequestSitemap(ListingSitemap):
    model = ServiceRequest


class ProfileSitemap(SiteSitemap):
    """The profiles of people who have something published; the others have nothing to find."""

    @property
    def paginator(self) -> Any:
        published = Listing.objects.published().filter(owner=OuterRef("pk"))
        rows = User.objects.in_good_standing().filter(Exists(published)).only("first_name", "last_name", "erased_at")
        return KeyRangePaginator(table=User, rows=rows)


SITEMAPS: dict[str, Any] = {
    "paginas": StaticSitemap,
    "servicios": ServiceSitemap,
    "pueblos": TownSitemap,
    "promociones": PromotionSitemap,
    "solicitudes": RequestSitemap,
    "perfiles": ProfileSitemap,
}
