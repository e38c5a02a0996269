"""The form in which people write their public profile: words kept by ``accounts``, pictures by ``services``."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import ProfilePictures, update_profile
from accounts.models import MAX_GALLERY_PHOTOS, Profile
from accounts.validators import validate_links
from services.enums import Area
from services.forms import PlainLineField, PlainTextField
from services.models import Picture, Town
from services.pictures.chosen import ChosenPicture, take
from services.pictures.forms import PhotosField, PhotosFormMixin, gone
from services.validators import plain_text

MAX_HEADLINE = 120
MAX_BIO = 2000
SINGLE_PICTURES = ("picture", "cover", "payment_qr")
PICTURE_FIELDS = (*SINGLE_PICTURES, "gallery")


class LinksField(forms.CharField):
    """Addresses of web pages, one a line; one without ``https://`` gets it."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in plain_text(super().to_python(value) or "").splitlines()]
        return [line if "://" in line else f"https://{line}" for line in lines if line]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class ProfileForm(PhotosFormMixin):
    """What others see of a person, and the QR with which clients pay them."""

    headline = PlainLineField(
        label=_("A qué te dedicas"),
        max_length=MAX_HEADLINE,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title", "data-count": True}),
        required=False,
        help_text=_("Una línea. Por ejemplo: Plomero con 15 años de experiencia."),
    )
    bio = PlainTextField(
        label=_("Sobre ti"), max_length=MAX_BIO, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    base_town = forms.ModelChoiceField(
        Town.objects.all(),
        to_field_name="slug",
        label=_("Tu pueblo"),
        required=False,
        empty_label=_("Escoge tu pueblo"),
    )
    links = LinksField(
        label=_("Enlaces"),
        required=False,
        validators=[validate_links],
        widget=forms.Textarea(attrs={"rows": 3, "inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Tu página o tus redes, hasta cinco, uno por línea."),
    )
    picture = PhotosField(max_photos=1, label=_("Tu foto"))
    cover = PhotosField(max_photos=1, label=_("Portada"))
    gallery = PhotosField(max_photos=MAX_GALLERY_PHOTOS, label=_("Fotos de tu trabajo"))
    payment_qr = PhotosField(max_photos=1, label=_("QR de ATH Móvil"), area=Area.PRIVATE)

    def __init__(self, *args: Any, request: HttpRequest, profile: Profile) -> None:
        self.profile = profile
        values = {name: getattr(profile, name) for name in ("headline", "bio", "base_town", "links")}
        super().__init__(*args, request=request, initial=values, attached=_pictures_of(profile))

    def clean(self) -> dict[str, Any]:
        """Refuse one picture in two places: to take it out of one would take it out of both."""
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = [choice.picture.pk for name in PICTURE_FIELDS for choice in cleaned.get(name, ())]
        if len(chosen) > len(set(chosen)):
            raise ValidationError(gone(), code="gone")
        return cleaned

    @transaction.atomic
    def save(self) -> Profile:
        """Change the profile; its new pictures are claimed and those it no longer shows are discarded.

        Raises:
            PicturesTaken: another form has used one of the pictures.
        """
        data, now = self.cleaned_data, timezone.now()
        # Locked, so that of two forms sent at once the second knows which pictures the first has put there.
        profile = Profile.objects.select_for_update().get(pk=self.profile.pk)
        before = profile.picture_ids()
        take(chosen=[choice for name in PICTURE_FIELDS for choice in data[name]], attached=before, now=now)
        pictures = ProfilePictures(
            **{name: data[name][0].picture.pk if data[name] else None for name in SINGLE_PICTURES},
            gallery=[(choice.picture.pk, choice.alt) for choice in data["gallery"]],
        )
        update_profile(
            profile=profile,
            headline=data["headline"],
            bio=data["bio"],
            base_town_id=data["base_town"].pk if data["base_town"] else None,
            links=data["links"],
            pictures=pictures,
        )
        Picture.objects.filter(pk__in=before - pictures.ids()).discard(now=now)
        return profile


def _pictures_of(profile: Profile) -> dict[str, list[ChosenPicture]]:
    single = {name: getattr(profile, name) for name in SINGLE_PICTURES}
    gallery = [ChosenPicture(photo.picture, photo.alt) for photo in profile.gallery.select_related("picture")]
    return {name: [ChosenPicture(picture)] if picture else [] for name, picture in single.items()} | {
        "gallery": gallery
    }
