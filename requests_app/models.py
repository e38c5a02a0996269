"""Service requests: what clients need."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from services.enums import Kind
from services.models import Listing, ListingManager


class ServiceRequest(Listing):
    """A listing of kind request."""

    proxy_kind: ClassVar[Kind | None] = Kind.REQUEST

    objects: ClassVar[ListingManager] = ListingManager(Kind.REQUEST)

    class Meta:
        proxy = True
        verbose_name = _("solicitud")
        verbose_name_plural = _("solicitudes")
