"""Pictures that people send: one row each, three WebP files each."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from services.enums import Area

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

WIDTHS = (400, 800, 1600)
PLACEHOLDER = "img/sin-foto.svg"
UNCLAIMED_LIFETIME = timedelta(hours=24)


class PictureQuerySet(models.QuerySet["Picture"]):
    def unclaimed_by(self, owner: "User") -> "PictureQuerySet":
        """Return the pictures that ``owner`` has sent with a form that has not been accepted yet."""
        return self.filter(owner=owner, claimed_at=None, discarded_at=None)

    def claim(self, *, now: datetime) -> int:
        """Take pictures into use; returns how many were still unclaimed, so that one picture is never used twice."""
        return self.filter(claimed_at=None, discarded_at=None).update(claimed_at=now)

    def discard(self, *, now: datetime) -> int:
        """Write down that files and row shall go; the sweep removes them. Returns how many were marked."""
        return self.filter(discarded_at=None).update(discarded_at=now)

    def discarded(self) -> "PictureQuerySet":
        return self.filter(discarded_at__isnull=False)

    def unclaimed_since(self, now: datetime) -> "PictureQuerySet":
        """Return the pictures that no form has claimed within 24 hours before ``now``."""
        return self.filter(claimed_at=None, discarded_at=None, created_at__lte=now - UNCLAIMED_LIFETIME)


class Picture(models.Model):
    """A picture after cleaning. The row is committed before its files are written, so no file is ever unknown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="pictures", verbose_name=_("persona")
    )
    width = models.PositiveIntegerField(_("ancho"))
    height = models.PositiveIntegerField(_("alto"))
    # The database's default is for processes of the release before, which know no areas.
    area = models.CharField(
        _("carpeta"), max_length=7, default=Area.PUBLIC.value, db_default=Area.FORMER.value, editable=False
    )
    created_at = models.DateTimeField(_("recibida"), auto_now_add=True)
    claimed_at = models.DateTimeField(_("en uso desde"), null=True, blank=True)
    discarded_at = models.DateTimeField(_("desechada"), null=True, blank=True)
    missing_at = models.DateTimeField(_("perdida desde"), null=True, blank=True, editable=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("foto recibida")
        verbose_name_plural = _("fotos recibidas")
        indexes = [
            models.Index(fields=["created_at"], name="picture_unclaimed", condition=Q(claimed_at=None)),
            models.Index(fields=["discarded_at"], name="picture_discarded", condition=Q(discarded_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def folder(self) -> str:
        return f"{self.area}/{self.owner_id}/{self.pk}"

    def key(self, width: int) -> str:
        """Return the storage key of the file of at most ``width`` pixels (one of ``WIDTHS``)."""
        return f"{self.folder}/{width}.webp"

    @property
    def keys(self) -> list[str]:
        return [self.key(width) for width in WIDTHS]

    def url(self, width: int) -> str:
        """Return the signed address of a file; that of a drawing when the file is lost or cannot be signed."""
        if self.missing_at:
            return static(PLACEHOLDER)
        try:
            return default_storage.url(self.key(width))
        except OSError:
            logger.exception("No address could be made for picture %s.", self.pk)
            return static(PLACEHOLDER)

    @property
    def small_url(self) -> str:
        return self.url(WIDTHS[0])

    @property
    def medium_url(self) -> str:
        return self.url(WIDTHS[1])

    @property
    def large_url(self) -> str:
        return self.url(WIDTHS[2])
