"""The pictures of a form, on their way to a listing, a gallery, a message or a review."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.models import Picture


@dataclass(frozen=True)
class ChosenPicture:
    """A picture in the place its owner gave it: the order is that of the list it is in."""

    picture: Picture
    alt: str = ""


class PicturesTaken(Exception):
    """Another form used one of the pictures in the meantime."""


def take(*, chosen: Iterable[ChosenPicture], attached: Collection[UUID], now: datetime) -> None:
    """Claim those of ``chosen`` that are not ``attached`` already. Call it in the transaction that uses them.

    Raises:
        PicturesTaken: one of them is gone or used elsewhere; nothing of the transaction may stay.
    """
    fresh = {choice.picture.pk for choice in chosen} - set(attached)
    if Picture.objects.filter(pk__in=fresh).claim(now=now) != len(fresh):
        raise PicturesTaken
