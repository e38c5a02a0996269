"""What the admin pages of every room share: bounded counting, nothing written by hand, thumbnails."""

import re
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _

THUMBNAIL_WIDTH = 72
# A primary key as people type it, small enough for 64 bits: SQLite fails on larger numbers.
PRIMARY_KEY = re.compile(r"[0-9]{1,18}")


class BoundedPaginator(Paginator):
    """Counts at most ``LIMIT`` rows: who looks for one row among more than that narrows the list instead."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[: self.LIMIT].count() if isinstance(rows, QuerySet) else len(rows)


class FilteredList(ChangeList):
    """Shows the list without filters when the database refuses one: a NUL, a year that no date has."""

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (DataError, OverflowError) as error:
            raise IncorrectLookupParameters from error


class BigTableAdmin(admin.ModelAdmin):
    """Lists of tables that may have a million rows: by primary key, never counted whole, never sorted otherwise."""

    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002 - Django's names
        return FilteredList


class ReadOnly:
    """For admin pages and inlines on which nothing is typed: the rows are written by the site alone."""

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


def thumbnail(picture: Any) -> str:
    """Return a small image of a ``services.Picture`` that links to the large one; a dash when there is none.

    Not for the column that links to the row: a link holds no other.
    """
    if picture is None:
        return "–"
    return format_html(
        '<a href="{}"><img src="{}" width="{}" height="{}" alt="{}" loading="lazy"></a>',
        picture.large_url,
        picture.small_url,
        THUMBNAIL_WIDTH,
        round(THUMBNAIL_WIDTH * picture.height / picture.width),
        _("Ver la foto en grande"),
    )


def admin_link(address: str, label: object) -> str:
    """Return a link inside admin."""
    return format_html('<a href="{}">{}</a>', address, label)
