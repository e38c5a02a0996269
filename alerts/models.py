"""What people want to hear of, how far each new listing has been told, and who was told of what."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.enums import DAY, Reason
from services.enums import Kind
from services.models import Listing, Service, Town
from services.models.listing import MAX_PRICE, URL_NAMESPACES
from services.search.query import MAX_QUERY

MAX_SEARCHES = 20  # a person
MAX_NAME = 80


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def of(self, user: Any) -> "SavedSearchQuerySet":
        """Return the searches that ``user`` has saved, newest first."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(user=user).order_by("-created_at", "-pk")

    def awake(self) -> "SavedSearchQuerySet":
        """Return the searches that may tell somebody something: not paused, of people in good standing."""
        return self.filter(is_paused=False, user__is_active=True, user__suspended_at=None)

    def about(self, listing: Listing) -> "SavedSearchQuerySet":
        """Return those that can find ``listing`` by kind, service and town: what columns can say.

        The rest of a search, its words and price, is asked of ``services.search`` one by one.
        """
        towns = Q() if listing.island_wide else Q(town=None) | Q(town__in=listing.towns.all())
        return self.filter(Q(service=None) | Q(service=listing.service_id), towns, kind=listing.kind)


class SavedSearch(models.Model):
    """A search that a person wants to be told of: what the address of a search page says, without order and page."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches", verbose_name=gettext_lazy("persona")
    )
    kind = models.CharField(gettext_lazy("clase"), max_length=10, choices=Kind.choices)
    q = models.CharField(gettext_lazy("palabras"), max_length=MAX_QUERY, blank=True)
    service = models.ForeignKey(
        Service,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="saved_searches",
        verbose_name=gettext_lazy("servicio"),
    )
    town = models.ForeignKey(
        Town, models.CASCADE, null=True, blank=True, related_name="saved_searches", verbose_name=gettext_lazy("pueblo")
    )
    max_price = models.PositiveIntegerField(
        gettext_lazy("precio hasta"), null=True, blank=True, validators=[MaxValueValidator(MAX_PRICE)]
    )
    name = models.CharField(gettext_lazy("nombre"), max_length=MAX_NAME, blank=True)
    is_paused = models.BooleanField(gettext_lazy("en pausa"), default=False)
    created_at = models.DateTimeField(gettext_lazy("guardada"))
    last_told_at = models.DateTimeField(gettext_lazy("último aviso"), null=True, blank=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("búsqueda guardada")
        verbose_name_plural = gettext_lazy("búsquedas guardadas")
        # What somebody looks for is between them and the site: no page of admin shows it.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="saved_search_kind_known"),
            models.CheckConstraint(
                condition=~Q(q="") | Q(service__isnull=False) | Q(town__isnull=False) | Q(max_price__isnull=False),
                name="saved_search_asks_for_something",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="saved_search_of_user"),
            models.Index(fields=["kind", "service", "town"], name="saved_search_about", condition=Q(is_paused=False)),
        ]

    def __str__(self) -> str:
        return self.name or " · ".join(self.filters)

    @property
    def filters(self) -> list[str]:
        """What the search asks for, part by part, in the reader's language."""
        price = "" if self.max_price is None else _("Hasta %(price)s") % {"price": f"${self.max_price:,}"}
        parts = [
            f"“{self.q}”" if self.q else "",
            self.service.name if self.service else "",
            self.town.name if self.town else "",
            price,
        ]
        return [part for part in parts if part]

    @property
    def results_url(self) -> str:
        """The search page with this search."""
        values = {
            "q": self.q,
            "servicio": self.service.slug if self.service else "",
            "pueblo": self.town.slug if self.town else "",
            "precio_max": "" if self.max_price is None else self.max_price,
        }
        query = urlencode({name: value for name, value in values.items() if value != ""})
        return f"{reverse(f'{URL_NAMESPACES[Kind(self.kind)]}:search')}?{query}"


class Matching(models.Model):
    """How far the people who want to know of a listing's publication have been told.

    One row for each publication; whoever moves its marker on tells the people in between, in the same transaction, so
    that two workers never tell the same ones and a worker that dies leaves the rest to be told.
    """

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="+")
    published_at = models.DateTimeField()
    # The saved searches up to this key have been asked.
    asked_up_to = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = gettext_lazy("anuncio avisado")
        verbose_name_plural = gettext_lazy("anuncios avisados")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["listing", "published_at"], name="matching_once")]
        indexes = [models.Index(fields=["published_at"], name="matching_published")]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.asked_up_to}"


class TellingQuerySet(models.QuerySet["Telling"]):
    def of_last_day(self, reason: Reason, now: datetime) -> "TellingQuerySet":
        return self.filter(reason=reason, created_at__gt=now - DAY)

    def people_told_enough(self, reason: Reason, now: datetime) -> models.QuerySet["Telling", Any]:
        """Return the keys of the people who have had their notices of a kind for the day."""
        by_person = self.of_last_day(reason, now).values("user").annotate(count=Count("pk"))
        return by_person.filter(count__gte=settings.MATCHING_NOTICES_PER_DAY).values("user")


class Telling(models.Model):
    """That somebody was told of a listing: once is enough, also when it is paused and published again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tellings")
    listing = models.ForeignKey(Listing, models.CASCADE, related_name="tellings")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    created_at = models.DateTimeField()

    objects = TellingQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("aviso de un anuncio")
        verbose_name_plural = gettext_lazy("avisos de anuncios")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "listing"], name="telling_once"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="telling_reason_known"),
        ]
        indexes = [models.Index(fields=["reason", "created_at", "user"], name="telling_of_day")]

    def __str__(self) -> str:
        return f"{self.user_id} ← {self.listing_id}"
