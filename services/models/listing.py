"""Listings: promotions and requests share one table, because eight other things refer to a listing."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from services.enums import ArchiveReason, Kind, Status
from services.models.catalog import Service, Town
from services.models.picture import Picture

MAX_PHOTOS = 8
MAX_TITLE = 100
MAX_DESCRIPTION = 2000
MAX_PRICE = 1_000_000
REQUEST_LIFETIME = timedelta(days=60)
# A promotion asks its owner whether it still holds, and is paused without an answer.
PROMOTION_LIFETIME = timedelta(days=180)
ANSWER_TIME = timedelta(days=14)

# The addresses of each kind live in the app that owns it.
URL_NAMESPACES = {Kind.PROMOTION: "promotions", Kind.REQUEST: "requests_app"}

PUBLISHED_PROMOTION = Q(kind=Kind.PROMOTION, status=Status.PUBLISHED)
PUBLISHED_REQUEST = Q(kind=Kind.REQUEST, status=Status.PUBLISHED)


def slug_of(title: str) -> str:
    """Return the part of a listing's address that follows its number; a title of emoji alone has letters there too."""
    return slugify(title)[:MAX_TITLE].strip("-") or "anuncio"


class ListingQuerySet(models.QuerySet["Listing"]):
    def published(self) -> "ListingQuerySet":
        """Return what everybody may see: published, and the owner neither closed nor suspended."""
        return self.filter(status=Status.PUBLISHED, owner__is_active=True, owner__suspended_at=None)

    def visible_to(self, user: Any) -> "ListingQuerySet":
        """Return the listings whose page ``user`` may open: the published ones and one's own that are not deleted."""
        if not user.is_authenticated:
            return self.published()
        published = Q(status=Status.PUBLISHED, owner__is_active=True, owner__suspended_at=None)
        return self.filter(published | Q(owner=user)).exclude(status=Status.DELETED)

    def owned_by(self, user: Any) -> "ListingQuerySet":
        """Return a person's own listings, the deleted ones left out."""
        return self.filter(owner=user).exclude(status=Status.DELETED)

    def of_kind(self, kind: str) -> "ListingQuerySet":
        return self.filter(kind=kind)

    def newest_first(self) -> "ListingQuerySet":
        """Sort published listings, in the order of the indexes."""
        return self.order_by("-published_at", "-pk")

    def for_cards(self) -> "ListingQuerySet":
        """Load what a result card shows, in a fixed number of queries."""
        towns = models.Prefetch("towns", Town.objects.defer("svg_path"))
        return self.select_related("service", "owner__profile").prefetch_related(towns, "photos__picture")


class ListingManager(models.Manager.from_queryset(ListingQuerySet)):  # type: ignore[misc]
    """Manager of all listings or, for a proxy, of those of one kind."""

    def __init__(self, kind: Kind | None = None) -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> ListingQuerySet:
        queryset: ListingQuerySet = super().get_queryset()
        return queryset.of_kind(self.kind) if self.kind else queryset


class Listing(models.Model):
    """What a provider offers or a client needs."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="listings", verbose_name=_("persona")
    )
    kind = models.CharField(_("clase"), max_length=10, choices=Kind.choices, editable=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="listings", verbose_name=_("servicio"))
    title = models.CharField(_("título"), max_length=MAX_TITLE)
    description = models.TextField(_("descripción"), blank=True, validators=[MaxLengthValidator(MAX_DESCRIPTION)])
    towns = models.ManyToManyField(Town, related_name="listings", verbose_name=_("pueblos"), blank=True)
    island_wide = models.BooleanField(_("toda la isla"), default=False)
    price_min = models.PositiveIntegerField(
        _("precio desde"), null=True, blank=True, validators=[MaxValueValidator(MAX_PRICE)]
    )
    price_max = models.PositiveIntegerField(
        _("precio hasta"), null=True, blank=True, validators=[MaxValueValidator(MAX_PRICE)]
    )
    needed_by = models.DateField(_("se necesita para el"), null=True, blank=True)
    status = models.CharField(_("estado"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    archive_reason = models.CharField(
        _("por qué se archivó"), max_length=10, choices=ArchiveReason.choices, blank=True, editable=False
    )
    removed_from = models.CharField(
        _("estado antes de retirarlo"), max_length=10, choices=Status.choices, blank=True, editable=False
    )
    removed_reason = models.CharField(_("razón del retiro"), max_length=500, blank=True, editable=False)
    slug = models.SlugField(max_length=MAX_TITLE, blank=True, editable=False)
    # Copied from the owner's profile, so that sorting a million rows by it needs no join.
    owner_rating = models.DecimalField(max_digits=3, decimal_places=2, default=0, editable=False)
    # Written by ``services.search``: see there for its form.
    search_text = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(_("creado"), auto_now_add=True)
    updated_at = models.DateTimeField(_("cambiado"), auto_now=True)
    published_at = models.DateTimeField(_("publicado"), null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmado"), null=True, blank=True, editable=False)
    asked_at = models.DateTimeField(_("se preguntó si sigue"), null=True, blank=True, editable=False)

    # A proxy names the only kind it stands for.
    proxy_kind: ClassVar[Kind | None] = None

    objects: ClassVar[ListingManager] = ListingManager()

    class Meta:
        verbose_name = _("anuncio")
        verbose_name_plural = _("anuncios")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="listing_kind_known"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="listing_status_known"),
            models.CheckConstraint(
                condition=Q(price_min__lte=F("price_max")) | Q(price_min=None) | Q(price_max=None),
                name="listing_price_order",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.REQUEST) | Q(needed_by=None), name="listing_needed_by_of_requests_only"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | Q(published_at__isnull=False),
                name="listing_published_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="promotion_newest", condition=PUBLISHED_PROMOTION),
            models.Index(fields=["-published_at", "-id"], name="request_newest", condition=PUBLISHED_REQUEST),
            models.Index(
                fields=["service", "-published_at", "-id"], name="promotion_service", condition=PUBLISHED_PROMOTION
            ),
            models.Index(
                fields=["service", "-published_at", "-id"], name="request_service", condition=PUBLISHED_REQUEST
            ),
            models.Index(
                fields=["-owner_rating", "-published_at", "-id"],
                name="promotion_best_rated",
                condition=PUBLISHED_PROMOTION,
            ),
            models.Index(fields=["owner", "-created_at"], name="listing_owner_newest"),
            # Not partial: PostgreSQL plans with the statistics of a whole expression index only.
            models.Index(Coalesce("price_min", "price_max"), name="listing_cheapest"),
            GinIndex(fields=["search_text"], name="listing_search_trigrams", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the slug follows the title, and a proxy's kind is its own."""
        if self.proxy_kind:
            self.kind = self.proxy_kind
        self.slug = slug_of(self.title)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse(f"{URL_NAMESPACES[Kind(self.kind)]}:detail", args=[self.pk, self.slug])

    def action_url(self, action: str) -> str:
        """Return the address of one of the owner's actions: edit, publish, pause, archive, delete."""
        return reverse(f"{URL_NAMESPACES[Kind(self.kind)]}:{action}", args=[self.pk])

    @property
    def is_published(self) -> bool:
        return self.status == Status.PUBLISHED

    @property
    def cover(self) -> Picture | None:
        """The first photo's picture; reads the prefetched photos."""
        photos = list(self.photos.all())
        return photos[0].picture if photos else None

    @property
    def answer_by(self) -> datetime | None:
        """Until when a promotion waits for its owner to say that it still holds; None when it has not asked."""
        return self.asked_at + ANSWER_TIME if self.asked_at and self.is_published else None


class Photo(models.Model):
    """A picture of a listing, in the owner's order."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="photos", verbose_name=_("anuncio"))
    picture = models.OneToOneField(Picture, models.CASCADE, related_name="photo", verbose_name=_("foto"))
    position = models.PositiveSmallIntegerField(_("posición"), default=0)
    alt = models.CharField(_("descripción"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("foto")
        verbose_name_plural = _("fotos")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.alt or f"{self.listing} {self.position}"
