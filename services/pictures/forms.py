"""Photos in forms; everything works without JavaScript.

A browser never fills in a file field again. So a picture is received when it arrives, whether or not the rest of the
form is accepted, and the form that comes back names it in a hidden field: ``kept_<name>``. Beside each thumbnail are a
box to leave it out (``drop_<name>``), its place (``order_<name>_<id>``) and its description (``alt_<name>_<id>``).
A photo of the edited thing stays until its box is checked, named or not.

Where scripts run, the page shows new files before they are sent, so they may come with a place and a description too:
``new_order_<name>`` and ``new_alt_<name>``, one for each file, in the files' order.

A form uses ``PhotosFormMixin`` and any number of ``PhotosField``; its action gives ``cleaned_data[name]``, a list of
``ChosenPicture``, to ``services.pictures.chosen.take``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, cast
from uuid import UUID

from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from services.enums import Area
from services.models import Picture
from services.pictures.actions import receive
from services.pictures.chosen import ChosenPicture
from services.pictures.cleaning import ACCEPT, FORMAT_NAMES, MEGABYTE, MEGAPIXEL
from services.validators import plain_line

MAX_ALT = 200
# Five forms of eight photos. Whoever sends more without finishing a form is filling the disk.
MAX_UNCLAIMED = 40
PLACE = re.compile(r"[0-9]{1,3}")
LAST = 1000


@dataclass
class FormPhoto:
    """A photo as the form shows it; ``order`` is what stands in its box."""

    picture: Picture
    alt: str = ""
    order: str = ""
    is_dropped: bool = False


@dataclass(frozen=True)
class SentPhotos:
    """What a browser sent under one field's names; ``alts`` and ``orders`` by the picture's id."""

    files: list[File]
    kept: list[str]
    dropped: frozenset[str]
    alts: dict[str, str]
    orders: dict[str, str]
    new_alts: list[str]
    new_orders: list[str]

    def new_photos(self) -> Iterable[tuple[File, str, str]]:
        """Return each file with its description and its place, empty where none came along."""
        return zip(self.files, chain(self.new_alts, repeat("")), chain(self.new_orders, repeat("")), strict=False)


class PhotosInput(forms.FileInput):
    """A file input, with the photos that the form has already."""

    allow_multiple_selected = True
    template_name = "components/photos_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": ACCEPT, **(attrs or {})})
        self.photos: list[FormPhoto] = []
        self.max_photos = 1
        self.has_alt = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> SentPhotos:
        return SentPhotos(
            files=files.getlist(name),
            kept=data.getlist(f"kept_{name}"),
            dropped=frozenset(data.getlist(f"drop_{name}")),
            alts=_values_by_id(data, f"alt_{name}_"),
            orders=_values_by_id(data, f"order_{name}_"),
            new_alts=data.getlist(f"new_alt_{name}"),
            new_orders=data.getlist(f"new_order_{name}"),
        )

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002
        return False

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002
        """Leave it out: the browser does not know of the photos that are here already."""
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002
        context = super().get_context(name, None, attrs)
        is_several = self.max_photos > 1
        context["widget"] |= {
            "photos": self.photos,
            "max_photos": self.max_photos,
            "has_order": is_several,
            "has_alt": self.has_alt,
            "max_alt": MAX_ALT,
        }
        context["widget"]["attrs"]["multiple"] = is_several
        return context


def _values_by_id(data: Any, prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): data[key] for key in data if key.startswith(prefix)}


class PhotosField(forms.Field):
    """Up to ``max_photos`` photos; cleans to a list of ``ChosenPicture`` in their order.

    Where only one fits, a new file takes the place of the former. Without ``has_alt`` nobody is asked to describe them.
    ``area`` says whether they are for all to see or between people.
    """

    widget = PhotosInput

    def __init__(self, *, max_photos: int, has_alt: bool = True, area: Area = Area.PUBLIC, **options: Any) -> None:
        super().__init__(**{"required": False, "label": gettext_lazy("Fotos"), **options})
        self.max_photos = max_photos
        self.area = area
        self.widget.max_photos = max_photos
        self.widget.has_alt = has_alt
        self.attached: dict[UUID, FormPhoto] = {}

    def connect(self, request: HttpRequest, attached: Iterable[ChosenPicture]) -> None:
        """Tell the field who is sending, and which photos the edited thing has."""
        self.request = request
        self.owner = cast("User", request.user)
        self.attached = {
            choice.picture.pk: FormPhoto(choice.picture, choice.alt, str(place))
            for place, choice in enumerate(attached, start=1)
        }
        self.widget.photos = list(self.attached.values())
        self.help_text = self.help_text or self._limits()

    def _limits(self) -> str:
        limits = {
            "number": self.max_photos,
            "formats": FORMAT_NAMES,
            "bytes": settings.PICTURE_MAX_BYTES // MEGABYTE,
            "pixels": settings.PICTURE_MAX_PIXELS // MEGAPIXEL,
        }
        return (
            ngettext(
                "Una foto %(formats)s, de hasta %(bytes)d MB y %(pixels)d megapíxeles (MP).",
                "Hasta %(number)d fotos %(formats)s, de hasta %(bytes)d MB y %(pixels)d megapíxeles (MP) cada una.",
                self.max_photos,
            )
            % limits
        )

    def clean(self, value: SentPhotos) -> list[ChosenPicture]:
        """Receive the new files and return what is left with them.

        Raises:
            ValidationError: a sentence for each file or photo refused; the good ones are kept all the same.
        """
        errors: list[ValidationError] = []
        photos = self._photos_before(value, errors)
        for upload, alt, order in value.new_photos():
            try:
                photos = self._with(photos, upload, alt=alt, order=order)
            except ValidationError as error:
                errors.append(error)
                if error.code == "not_stored":  # The next would wait as long, to be told the same.
                    break
        _read_texts(photos, value, errors)
        staying = [photo for photo in photos if not photo.is_dropped]
        if len(staying) > self.max_photos:
            errors.append(self._too_many())
        if self.required and not staying and not errors:
            errors.append(ValidationError(self.error_messages["required"], code="required"))
        # A received photo that is left out needs no box to bring it back; one of the edited thing does.
        self.widget.photos = [photo for photo in photos if not photo.is_dropped or photo.picture.pk in self.attached]
        if errors:
            raise ValidationError(errors)
        return [ChosenPicture(photo.picture, photo.alt) for photo in staying]

    def _photos_before(self, sent: SentPhotos, errors: list[ValidationError]) -> list[FormPhoto]:
        """Return the photos of the edited thing and those that the sender's former tries have left."""
        named = {_uuid(text) for text in sent.kept} - self.attached.keys()
        photos = list(self.attached.values())
        if named:
            unclaimed = Picture.objects.unclaimed_by(self.owner).filter(area__in=(self.area, Area.FORMER))
            kept = unclaimed.filter(pk__in=[pk for pk in named if pk])
            photos += [FormPhoto(picture) for picture in kept.order_by("created_at")]
            if len(photos) < len(self.attached) + len(named):
                errors.append(ValidationError(gone(), code="gone"))
        for photo in photos:
            photo.is_dropped = str(photo.picture.pk) in sent.dropped
        return photos

    def _with(self, photos: list[FormPhoto], upload: File, *, alt: str, order: str) -> list[FormPhoto]:
        if self.max_photos > 1 and sum(not photo.is_dropped for photo in photos) >= self.max_photos:
            raise self._too_many(str(upload.name))
        if Picture.objects.unclaimed_by(self.owner).count() >= MAX_UNCLAIMED:
            raise ValidationError(
                _("Tienes %(number)d fotos en formularios sin terminar. Termina uno o espera a mañana.")
                % {"number": MAX_UNCLAIMED},
                code="too_many_unclaimed",
            )
        if not ratelimit.consume(self.request, action="upload", user=self.owner):
            raise ValidationError(_("Has enviado muchas fotos en poco tiempo. Espera una hora."), code="too_fast")
        received = FormPhoto(receive(owner=self.owner, upload=upload, area=self.area), alt, order)
        if self.max_photos == 1:
            for photo in photos:
                photo.is_dropped = True
        return [*photos, received]

    def _too_many(self, name: str = "") -> ValidationError:
        if name:
            sentence = ngettext(
                "«%(name)s» no cabe: el límite es %(number)d foto.",
                "«%(name)s» no cabe: el límite es %(number)d fotos.",
                self.max_photos,
            )
        else:
            sentence = ngettext(
                "El límite es %(number)d foto: quita las demás.",
                "El límite es %(number)d fotos: quita las demás.",
                self.max_photos,
            )
        return ValidationError(sentence % {"name": name, "number": self.max_photos}, code="too_many")


def gone() -> str:
    """Return what is said of a photo that was used, has run out, or never was the sender's."""
    return _("Una de las fotos ya no está disponible. Envíala otra vez.")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _read_texts(photos: list[FormPhoto], sent: SentPhotos, errors: list[ValidationError]) -> None:
    """Put the typed descriptions and places into ``photos`` and sort them; those without a place come last."""
    for photo in photos:
        key = str(photo.picture.pk)
        photo.alt = plain_line(sent.alts.get(key, photo.alt))
        photo.order = sent.orders.get(key, photo.order).strip()
    if any(len(photo.alt) > MAX_ALT for photo in photos):
        errors.append(
            ValidationError(
                _("La descripción de una foto puede tener hasta %(number)d letras.") % {"number": MAX_ALT},
                code="long_alt",
            )
        )
    if any(photo.order and not PLACE.fullmatch(photo.order) for photo in photos):
        errors.append(ValidationError(_("El orden de las fotos se escribe con números: 1, 2, 3."), code="bad_order"))
        return
    photos.sort(key=lambda photo: int(photo.order or LAST))
    for place, photo in enumerate(photos, start=1):
        photo.order = str(place)


class PhotosFormMixin(forms.Form):
    """A form with photos. ``attached`` are those that the edited thing has, by the field's name."""

    def __init__(
        self,
        *args: Any,
        request: HttpRequest,
        attached: Mapping[str, Iterable[ChosenPicture]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            if isinstance(field, PhotosField):
                field.connect(request, (attached or {}).get(name, ()))
