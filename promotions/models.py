"""Promotions: what providers offer."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from services.enums import Kind
from services.models import Listing, ListingManager


class Promotion(Listing):
    """A listing of kind promotion."""

    proxy_kind: ClassVar[Kind | None] = Kind.PROMOTION

    objects: ClassVar[ListingManager] = ListingManager(Kind.PROMOTION)

    class Meta:
        proxy = True
        verbose_name = _("promoción")
        verbose_name_plural = _("promociones")
