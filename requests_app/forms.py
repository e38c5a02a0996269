"""The form of a request."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from services.enums import Kind
from services.forms import ListingForm


class ServiceRequestForm(ListingForm):
    """What a client needs."""

    kind: ClassVar[Kind] = Kind.REQUEST

    field_texts: ClassVar[Mapping[str, Any]] = {
        "title": gettext_lazy("Lo primero que se lee. Por ejemplo: Se busca plomero para un liqueo."),
        "description": gettext_lazy("Qué necesitas, dónde y para cuándo. No pongas tu dirección exacta."),
    }

    needed_by = forms.DateField(
        label=gettext_lazy("Se necesita para el"),
        required=False,
        help_text=gettext_lazy("Al terminar ese día, o a los 60 días si llegan antes, la solicitud se archiva sola."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def clean_needed_by(self) -> date | None:
        """Refuse a day that is over in Puerto Rico."""
        needed_by: date | None = self.cleaned_data["needed_by"]
        if needed_by and needed_by < timezone.localdate():
            raise ValidationError(_("Esa fecha ya pasó."), code="past")
        return needed_by
