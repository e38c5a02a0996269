"""What this room keeps about people: their listings and every picture that they have sent, wherever it is used."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.personal_data.log import forget_in_log
from accounts.personal_data.registry import Keeper, Section, StoredFile, photo_name
from services.enums import Status
from services.models import Listing, Photo, Picture
from services.models.listing import slug_of
from services.models.picture import WIDTHS
from services.transitions import FORGOTTEN

CHUNK = 200


def sections(user: User) -> dict[str, Section]:
    """Return the listings, also the deleted ones, and the list of all pictures."""
    return {"anuncios": _listings(user), "fotos": _pictures(user)}


def _listings(user: User) -> Iterator[dict[str, Any]]:
    listings = Listing.objects.filter(owner=user).select_related("service").prefetch_related("towns", "photos")
    for listing in listings.order_by("pk").iterator(CHUNK):
        yield {
            "numero": listing.pk,
            "clase": listing.get_kind_display(),
            "servicio": listing.service.name,
            "titulo": listing.title,
            "descripcion": listing.description,
            "pueblos": [town.name for town in listing.towns.all()],
            "toda_la_isla": listing.island_wide,
            "precio_desde": listing.price_min,
            "precio_hasta": listing.price_max,
            "se_necesita_para": listing.needed_by,
            "estado": listing.get_status_display(),
            "razon_del_retiro": listing.removed_reason,
            "creado": listing.created_at,
            "cambiado": listing.updated_at,
            "publicado": listing.published_at,
            "fotos": [
                {"foto": photo_name(photo.picture_id), "descripcion": photo.alt} for photo in listing.photos.all()
            ],
        }


def _kept_pictures(user: User) -> Iterator[Picture]:
    yield from Picture.objects.filter(owner=user, discarded_at=None).order_by("created_at", "pk").iterator(CHUNK)


def _pictures(user: User) -> Iterator[dict[str, Any]]:
    for picture in _kept_pictures(user):
        yield {
            "foto": photo_name(picture.pk),
            "ancho": picture.width,
            "alto": picture.height,
            "recibida": picture.created_at,
        }


def files(user: User) -> Iterator[StoredFile]:
    """Return every picture in its largest size."""
    for picture in _kept_pictures(user):
        yield StoredFile(photo_name(picture.pk), partial(default_storage.open, picture.key(WIDTHS[-1])))


def erase(user: User, now: datetime) -> None:
    """Delete the listings, whatever their status, with all their words; the sweep erases the pictures and their files.

    The rows of the listings stay, because conversations and agreements of others refer to them.
    """
    listings = Listing.objects.filter(owner=user)
    keys = list(listings.values_list("pk", flat=True))
    forget_in_log(Listing, keys)
    Listing.towns.through.objects.filter(listing__in=keys).delete()
    Photo.objects.filter(listing__in=keys).delete()
    with translation.override(settings.LANGUAGE_CODE):
        title = _("Anuncio borrado")
    listings.update(
        status=Status.DELETED,
        title=title,
        slug=slug_of(title),
        removed_from="",
        removed_reason="",
        updated_at=now,
        **FORGOTTEN,
    )
    Picture.objects.filter(owner=user).discard(now=now)


KEEPER = Keeper("services", sections=sections, erase=erase, files=files)
