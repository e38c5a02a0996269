"""The form of a promotion."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from services.enums import Kind
from services.forms import ListingForm


class PromotionForm(ListingForm):
    """What a provider offers."""

    kind: ClassVar[Kind] = Kind.PROMOTION

    field_texts: ClassVar[Mapping[str, Any]] = {
        "title": _("Lo primero que se lee. Por ejemplo: Destapes y reparación de tuberías."),
        "description": _("Qué haces, qué incluye el precio y cuándo trabajas."),
    }
