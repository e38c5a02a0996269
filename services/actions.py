"""Writing listings: the row, its towns, its photos and its search text change together or not at all."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Profile, User
from services import transitions
from services.enums import Kind, Status
from services.models import Listing, Photo, Picture, Service, Town
from services.models.listing import slug_of
from services.pictures.chosen import ChosenPicture, take
from services.search import index


@transaction.atomic
def create_listing(
    *,
    owner: User,
    kind: Kind,
    service: Service,
    title: str,
    publish: bool,
    now: datetime,
    description: str = "",
    towns: Collection[Town] = (),
    island_wide: bool = False,
    price_min: int | None = None,
    price_max: int | None = None,
    needed_by: date | None = None,
    pictures: Sequence[ChosenPicture] = (),
) -> Listing:
    """Create a listing, as a draft or published. Prices are whole dollars.

    Raises:
        PicturesTaken: another form has used one of ``pictures``.
    """
    listing: Listing = Listing.objects.create(
        owner=owner,
        kind=kind,
        service=service,
        title=title,
        description=description,
        island_wide=island_wide,
        price_min=price_min,
        price_max=price_max,
        needed_by=needed_by,
        owner_rating=_held_rating(owner),
    )
    _write_parts(listing, towns=towns, pictures=pictures, now=now)
    if publish:
        transitions.publish(listing=listing, by=owner, now=now)
    return listing


def _held_rating(owner: User) -> Decimal:
    """Return the owner's rating, and hold it until the listing is there: whoever writes a new one finds the listing."""
    held = Profile.objects.select_for_update(no_key=True).filter(user=owner)
    return held.values_list("rating_average", flat=True).get() or Decimal(0)


@transaction.atomic
def update_listing(
    *,
    listing: Listing,
    by: User,
    publish: bool,
    now: datetime,
    pictures: Sequence[ChosenPicture],
    towns: Collection[Town],
    **fields: Any,
) -> None:
    """Change a listing as its owner's form says, and publish it unless it is published.

    Args:
        listing: as it was when the form was checked; what a draft may leave out depends on its status.
        fields: service, title, description, island_wide, price_min, price_max, needed_by.

    Raises:
        PicturesTaken: another form has used one of ``pictures``.
        StatusMoved: the listing has another status by now, or one that nobody edits.
    """
    rows = Listing.objects.filter(pk=listing.pk, owner=by, status=listing.status, status__in=transitions.EDITABLE)
    # Whoever saves a promotion says that it still holds.
    touched = {"updated_at": now, "confirmed_at": now, "asked_at": None}
    if not rows.update(slug=slug_of(fields["title"]), **touched, **fields):
        raise transitions.status_moved(listing)
    listing.refresh_from_db()
    _write_parts(listing, towns=towns, pictures=pictures, now=now)
    if publish and listing.status != Status.PUBLISHED:
        transitions.publish(listing=listing, by=by, now=now)


def publish_listing(*, listing: Listing, by: User, now: datetime) -> None:
    """Publish a listing that was written before, or answer that a published promotion still holds.

    Raises:
        ValidationError: sentences that say what is missing.
        StatusMoved: it is published already, removed or deleted.
    """
    if listing.is_published and listing.asked_at:
        transitions.confirm(listing=listing, by=by, now=now)
        return
    if transitions.PUBLISH.is_open_to(listing) and (missing := missing_to_publish(listing, now)):
        raise ValidationError(missing)
    transitions.publish(listing=listing, by=by, now=now)


def missing_to_publish(listing: Listing, now: datetime) -> list[str]:
    """Return what the owner has to fill in before others can see the listing, one sentence each."""
    missing = []
    if not listing.description:
        missing.append(_("Falta la descripción."))
    if not listing.island_wide and not listing.towns.exists():
        missing.append(_("Faltan los pueblos."))
    if listing.needed_by and listing.needed_by < timezone.localdate(now):
        missing.append(_("Ya pasó la fecha en que se necesitaba."))
    if not listing.service.is_active:
        missing.append(_("Ese servicio ya no está en el catálogo: escoge otro."))
    return missing


def _write_parts(
    listing: Listing, *, towns: Collection[Town], pictures: Sequence[ChosenPicture], now: datetime
) -> None:
    listing.towns.set(() if listing.island_wide else towns)
    _write_photos(listing, pictures, now)
    index.refresh(listing)


def _write_photos(listing: Listing, chosen: Sequence[ChosenPicture], now: datetime) -> None:
    attached = set(listing.photos.values_list("picture", flat=True))
    take(chosen=chosen, attached=attached, now=now)
    dropped = attached - {choice.picture.pk for choice in chosen}
    Picture.objects.filter(pk__in=dropped).discard(now=now)
    listing.photos.all().delete()
    Photo.objects.bulk_create(
        Photo(listing=listing, picture=choice.picture, position=position, alt=choice.alt)
        for position, choice in enumerate(chosen)
    )
