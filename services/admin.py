"""The catalogue, the pictures and, to be registered by the rooms above, the listings in admin."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from accounts.admin_base import PRIMARY_KEY, BigTableAdmin, ReadOnly, admin_link, thumbnail
from services.enums import Kind, Status
from services.models import Listing, Photo, Picture, Service, Town
from services.search.text import stems


class ServiceForm(forms.ModelForm):
    class Meta:
        model = Service
        fields = ("name_es", "name_en", "slug", "group", "icon", "keywords", "is_active", "order")

    def clean_keywords(self) -> str:
        """Keep each synonym once, without the blanks around it."""
        lines = (" ".join(line.split()) for line in self.cleaned_data["keywords"].splitlines())
        return "\n".join(dict.fromkeys(line for line in lines if line))


def _published(kind: Kind) -> Coalesce:
    """Return how many published listings of ``kind`` a service has, counted in the partial index made for them."""
    listings = Listing.objects.filter(service=OuterRef("pk"), kind=kind, status=Status.PUBLISHED)
    return Coalesce(Subquery(listings.order_by().values("service").annotate(total=Count("pk")).values("total")), 0)


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin):
    """The trades. A synonym counts in search as soon as it is saved."""

    form = ServiceForm
    list_display = ("name_es", "name_en", "group", "synonyms", "promotions", "requests", "is_active", "order")
    list_editable = ("is_active", "order")
    list_filter = ("is_active", "group")
    list_per_page = 200
    search_fields = ("name_es", "name_en", "slug", "keywords")
    ordering = ("order", "name_es")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        counts = {"promotions": _published(Kind.PROMOTION), "requests": _published(Kind.REQUEST)}
        return super().get_queryset(request).annotate(**counts)

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> type[forms.BaseModelFormSet]:
        """Name the fields of the list for whoever does not see the heads of its columns."""
        formset = super().get_changelist_formset(request, **kwargs)
        for name in self.list_editable:
            field = formset.form.base_fields[name]
            field.widget.attrs["aria-label"] = field.label
        return formset

    def get_readonly_fields(self, _request: HttpRequest, obj: Service | None = None) -> tuple[str, ...]:
        """Links on other sites name the slug: it never changes."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, _request: HttpRequest, obj: Service | None = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name_es",)}

    @admin.display(description=_("sinónimos"))
    def synonyms(self, service: Service) -> int:
        return len(service.keyword_list)

    @admin.display(description=_("promociones publicadas"))
    def promotions(self, service: Any) -> int:
        return int(service.promotions)

    @admin.display(description=_("solicitudes publicadas"))
    def requests(self, service: Any) -> int:
        return int(service.requests)


@admin.register(Town)
class TownAdmin(ReadOnly, admin.ModelAdmin):
    """The 78 municipios, as ``seed_catalog`` loads them."""

    list_display = ("name", "slug", "fips", "latitude", "longitude")
    list_per_page = 100
    search_fields = ("name", "slug")
    fields = (*list_display, "neighbors")
    show_full_result_count = False


class InUseFilter(admin.SimpleListFilter):
    title = _("uso")
    parameter_name = "uso"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("en-uso", _("En uso")),
            ("en-espera", _("Sin usar todavía")),
            ("desechadas", _("Desechadas")),
        ]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture] | None:
        match self.value():
            case "en-uso":
                return queryset.filter(claimed_at__isnull=False, discarded_at=None)
            case "en-espera":
                return queryset.filter(claimed_at=None, discarded_at=None)
            case "desechadas":
                return queryset.filter(discarded_at__isnull=False)
        return None


@admin.register(Picture)
class PictureAdmin(ReadOnly, BigTableAdmin):
    """Every picture that people have sent, private ones too, newest first; for superusers alone."""

    list_display = ("image", "owner", "width", "height", "created_at", "claimed_at", "discarded_at")
    list_display_links = ("created_at",)
    list_filter = (InUseFilter,)
    list_select_related = ("owner",)
    search_fields = ("=owner__email",)
    search_help_text = _("Correo completo de la persona.")
    fields = ("image", "owner", "width", "height", "created_at", "claimed_at", "discarded_at")
    readonly_fields = fields
    ordering: ClassVar[tuple[str, ...]] = ("-created_at", "-pk")

    @admin.display(description=_("foto"))
    def image(self, picture: Picture) -> str:
        return thumbnail(picture)


class PhotoInline(ReadOnly, admin.TabularInline):
    model = Photo
    fields = ("image", "alt", "position")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Photo]:
        return super().get_queryset(request).select_related("picture")

    @admin.display(description=_("foto"))
    def image(self, photo: Photo) -> str:
        return thumbnail(photo.picture)


class ListingAdmin(ReadOnly, BigTableAdmin):
    """A listing of either kind. Its words are its owner's: moderators remove a listing, nobody rewrites it here."""

    list_display = ("image", "title", "service", "person", "status", "prices", "photo_count")
    list_display_links = ("title",)
    list_filter = ("status", ("published_at", admin.DateFieldListFilter), "island_wide", "service")
    list_select_related = ("service", "owner")
    search_fields = ("search_text",)
    search_help_text = _("Palabras del anuncio, su número, o el correo completo de la persona.")
    fieldsets = (
        (None, {"fields": ("person", "title", "service", "description", "status", "page")}),
        (_("Moderación"), {"fields": ("removed_reason", "removed_from")}),
        (_("Dónde y cuánto"), {"fields": ("island_wide", "towns", "price_min", "price_max", "needed_by")}),
        (_("Fechas"), {"fields": ("created_at", "updated_at", "published_at", "archive_reason")}),
    )
    readonly_fields = ("person", "page")
    view_on_site = False  # A moderator on the site is an ordinary member: only published listings have a page for all.
    inlines = (PhotoInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        """Return what has been published; a draft is its owner's alone, and superusers'."""
        listings = super().get_queryset(request).prefetch_related("photos__picture")
        return listings if request.user.is_superuser else listings.exclude(status=Status.DRAFT)

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Listing], search_term: str
    ) -> tuple[QuerySet[Listing], bool]:
        """Look for a number, an owner's e-mail, or the words that the site's own search would look for."""
        term = search_term.strip()
        if PRIMARY_KEY.fullmatch(term):
            return queryset.filter(pk=int(term)), False
        if "@" in term:
            return queryset.filter(owner__email=term.lower()), False
        for stem in stems(term):
            queryset = queryset.filter(search_text__contains=f" {stem}")
        return queryset, False

    @admin.display(description=_("foto"))
    def image(self, listing: Listing) -> str:
        return thumbnail(listing.cover)

    @admin.display(description=_("precio"))
    def prices(self, listing: Listing) -> str:
        low, high = (localize(price) if price is not None else "" for price in (listing.price_min, listing.price_max))
        return f"{low}–{high}"

    @admin.display(description=_("fotos"))
    def photo_count(self, listing: Listing) -> int:
        return len(listing.photos.all())

    @admin.display(description=_("persona"))
    def person(self, listing: Listing) -> str:
        return admin_link(reverse("admin:accounts_user_change", args=[listing.owner_id]), listing.owner)

    @admin.display(description=_("página"))
    def page(self, listing: Listing) -> str:
        return admin_link(listing.get_absolute_url(), _("Ver en el sitio")) if listing.is_published else "–"
