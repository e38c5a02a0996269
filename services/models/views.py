"""How often a listing was looked at."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from services.models.listing import Listing


class DailyViews(models.Model):
    """How often others opened a listing's page on one day of Puerto Rico. Written by ``services.audience``."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="daily_views", verbose_name=_("anuncio"))
    day = models.DateField(_("día"))
    count = models.PositiveIntegerField(_("vistas"), default=0)

    class Meta:
        verbose_name = _("vistas de un día")
        verbose_name_plural = _("vistas por día")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["listing", "day"], name="daily_views_once")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.day}: {self.count}"
