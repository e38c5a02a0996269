"""The form in which owners write a listing; each kind has its own subclass in its own app."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import User
from services.actions import create_listing, update_listing
from services.enums import Kind, Status
from services.models import Listing, Service, Town
from services.models.listing import MAX_DESCRIPTION, MAX_PHOTOS, MAX_PRICE, MAX_TITLE
from services.pictures.chosen import ChosenPicture
from services.pictures.forms import PhotosField, PhotosFormMixin
from services.validators import plain_line, plain_text

DOLLARS = re.compile(r"\$?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)")
MAX_DOLLARS_TYPED = 20


class PlainLineField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return plain_line(super().to_python(value) or "")


class PlainTextField(forms.CharField):
    """Several lines. Browsers send two characters for the end of a line and count one; so do we."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return plain_text(super().to_python(value) or "")


class DollarsField(forms.Field):
    """Whole dollars as people type them: 1500, 1,500, $1,500."""

    widget = forms.TextInput(
        attrs={
            "inputmode": "numeric",
            "autocomplete": "off",
            "maxlength": MAX_DOLLARS_TYPED,
            "pattern": rf"\s*{DOLLARS.pattern}\s*",
        }
    )
    default_error_messages = {
        "invalid": gettext_lazy("Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
    }

    def to_python(self, value: str | None) -> int | None:
        text = (value or "").strip()
        if not text:
            return None
        match = DOLLARS.fullmatch(text[: MAX_DOLLARS_TYPED + 1])
        if match is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        dollars = int(match[1].replace(",", ""))
        if dollars > MAX_PRICE:
            raise ValidationError(_("El precio puede ser de hasta $1,000,000."), code="too_much")
        return dollars


class TownsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # no generic at run time
    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Sequence[str] | None) -> Any:
        """Look the slugs up; one with a NUL would make PostgreSQL raise."""
        return super().clean([slug for slug in value or () if "\0" not in slug])


class ListingForm(PhotosFormMixin):
    """A listing as its owner writes it. The main button publishes; ``draft`` asks for less and publishes nothing."""

    kind: ClassVar[Kind]
    # Help texts by field, in the words of the kind.
    field_texts: ClassVar[Mapping[str, Any]] = {}

    title = PlainLineField(
        label=gettext_lazy("Título"),
        max_length=MAX_TITLE,
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "next", "data-count": True}),
    )
    service = forms.ModelChoiceField(
        Service.objects.none(),
        to_field_name="slug",
        label=gettext_lazy("Servicio"),
        empty_label=gettext_lazy("Escoge un servicio"),
    )
    description = PlainTextField(
        label=gettext_lazy("Descripción"),
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": gettext_lazy("Escribe una descripción.")},
    )
    island_wide = forms.BooleanField(
        label=gettext_lazy("Toda la isla"),
        required=False,
        help_text=gettext_lazy("Si marcas esto no hace falta escoger pueblos."),
    )
    towns = TownsField(
        Town.objects.all(),
        to_field_name="slug",
        label=gettext_lazy("Pueblos"),
        error_messages={"required": gettext_lazy("Escoge al menos un pueblo, o toda la isla.")},
    )
    price_min = DollarsField(label=gettext_lazy("Precio desde"), required=False)
    price_max = DollarsField(label=gettext_lazy("Precio hasta"), required=False)
    photos = PhotosField(max_photos=MAX_PHOTOS)

    def __init__(
        self,
        *args: Any,
        request: HttpRequest,
        listing: Listing | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.owner = cast("User", request.user)
        self.listing = listing
        super().__init__(
            *args,
            request=request,
            initial=initial or self._values_of(listing),
            attached={"photos": _photos_of(listing)},
        )
        self.fields["description"].required = self.is_for_all
        self.fields["towns"].required = self.is_for_all and not self["island_wide"].data
        for name, text in self.field_texts.items():
            self.fields[name].help_text = text
        current = Q(pk=listing.service_id) if listing else Q()
        in_order = "name_en" if get_language() == "en" else "slug"
        service = cast("forms.ModelChoiceField[Service]", self.fields["service"])
        service.queryset = Service.objects.filter(Q(is_active=True) | current).order_by(in_order)

    def _values_of(self, listing: Listing | None) -> dict[str, Any]:
        if listing is None:
            return {}
        values = {name: getattr(listing, name) for name in self.base_fields if name not in {"towns", "photos"}}
        return {**values, "towns": list(listing.towns.all())}

    @property
    def is_published(self) -> bool:
        """Whether others see the edited listing already."""
        return self.listing is not None and self.listing.status == Status.PUBLISHED

    @property
    def is_for_all(self) -> bool:
        """Whether others will see what is sent, so that it must be complete."""
        return self.is_published or "draft" not in self.data

    def clean(self) -> dict[str, Any]:
        """Check what depends on several fields."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("island_wide"):
            cleaned["towns"] = Town.objects.none()
        low, high = cleaned.get("price_min"), cleaned.get("price_max")
        if low is not None and high is not None and low > high:
            self.add_error("price_max", _("El precio más alto no puede ser menor que el más bajo."))
        return cleaned

    def save(self) -> Listing:
        """Create or change the listing; see ``services.actions`` for what it raises."""
        values = dict(self.cleaned_data)
        options = {"pictures": values.pop("photos"), "publish": self.is_for_all, "now": timezone.now()}
        if self.listing is None:
            return create_listing(owner=self.owner, kind=self.kind, **options, **values)
        update_listing(listing=self.listing, by=self.owner, **options, **values)
        return self.listing


def _photos_of(listing: Listing | None) -> list[ChosenPicture]:
    photos = listing.photos.select_related("picture") if listing else ()
    return [ChosenPicture(photo.picture, photo.alt) for photo in photos]
