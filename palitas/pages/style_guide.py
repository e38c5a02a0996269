"""All parts of the interface in all their states, for whoever builds pages; it exists in development only."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from agreements.enums import Status as AgreementStatus
from agreements.models import Agreement
from agreements.views.agreement_page import WAY, Moment, Stage, way
from services.enums import Status
from services.models import Listing, Photo, Service, Town
from services.pictures.chosen import ChosenPicture
from services.pictures.forms import PhotosField, PhotosFormMixin

STYLES = settings.BASE_DIR / "static" / "css"
SPRITE = settings.BASE_DIR / "static" / "icons" / "sprite.svg"

SAMPLE_CARDS = 4
SAMPLE_PHOTOS = 4
WRONG = "email=pilar@&price=-3&description=Reparo liqueos el mismo día."


class SampleForm(PhotosFormMixin):
    """One field of each sort that the site's forms have."""

    title = forms.CharField(
        label=_("Título"),
        max_length=100,
        help_text=_("Di qué haces y qué te distingue."),
        widget=forms.TextInput(attrs={"data-count": True}),
    )
    email = forms.EmailField(label=_("Correo electrónico"))
    price = forms.IntegerField(label=_("Precio"), required=False, min_value=0)
    town = forms.ChoiceField(label=_("Pueblo"), choices=[("ponce", "Ponce"), ("jayuya", "Jayuya")])
    when = forms.DateField(label=_("Fecha"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    description = forms.CharField(label=_("Descripción"), required=False, max_length=2000, widget=forms.Textarea)
    photos = PhotosField(max_photos=8)
    towns = forms.MultipleChoiceField(
        label=_("Pueblos"),
        choices=[("ponce", "Ponce"), ("jayuya", "Jayuya"), ("mayaguez", "Mayagüez"), ("vieques", "Vieques")],
        widget=forms.CheckboxSelectMultiple,
    )
    rating = forms.ChoiceField(
        label=_("Puntuación"), choices=[(str(n), str(n)) for n in range(1, 6)], widget=forms.RadioSelect
    )
    terms = forms.BooleanField(label=_("Acepto los términos"), help_text=_("Hace falta para seguir."))

    def clean(self) -> None:
        super().clean()
        raise ValidationError(_("Así se ve lo que está mal en todo el formulario."))


def ways() -> list[tuple[str, list[Stage]]]:
    """Return the way of an agreement at each of its steps, and one that ended otherwise, each with its name."""
    statuses = [*WAY, AgreementStatus.REJECTED]
    return [(str(status.label), way(Agreement(status=status), [])) for status in statuses]


def moments() -> list[Moment]:
    """Return a timeline with a note, a moment that is next and one that comes later."""
    return [
        Moment(str(_("Propuesto")), who="Yarelis", at=timezone.now()),
        Moment(str(_("Aceptado")), who="Wilfredo", at=timezone.now(), note=str(_("Sí, a las nueve estoy allí."))),
        Moment(str(_("Entregado")), is_next=True),
        Moment(str(_("Cerrado"))),
    ]


def colours() -> list[str]:
    """Return the names of the colours that the style sheet defines, in its order."""
    names = re.findall(r"--([\w-]+): #", (STYLES / "base.css").read_text(encoding="utf-8"))
    return list(dict.fromkeys(names))


def icons() -> list[str]:
    """Return the names of the sprite's icons."""
    return re.findall(r'id="([\w-]+)" viewBox="0 0 24 24"', SPRITE.read_text(encoding="utf-8"))


@login_not_required
def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every part. Listings, pictures and towns are those of the database, so load the demo first."""
    towns: list[Any] = list(Town.objects.all())
    for position, town in enumerate(towns):
        town.listing_count = position
        town.shade = position % 5
    photos = list(Photo.objects.select_related("picture")[:SAMPLE_PHOTOS])
    chosen = [ChosenPicture(photo.picture, photo.alt) for photo in photos[:2]]
    context = {
        "colours": colours(),
        "icons": icons(),
        "form": SampleForm(request=request, attached={"photos": chosen}),
        "wrong_form": SampleForm(QueryDict(WRONG), MultiValueDict(), request=request),
        "statuses": Status.choices,
        "listings": Listing.objects.published().newest_first().for_cards()[:SAMPLE_CARDS],
        "photos": photos,
        "services": Service.objects.active()[: 2 * SAMPLE_CARDS],
        "towns": towns,
        "ways": ways(),
        "moments": moments(),
        "page": Paginator(range(100), 10).page(2),
        "breadcrumbs": [(_("Inicio"), "/"), (_("Servicios"), "/servicios/"), (_("Plomería"), "")],
    }
    return render(request, "pages/style_guide.html", context)
