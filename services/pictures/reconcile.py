"""Compares the rows of pictures with what the storage has, and mends what differs.

Both sides are read once, sorted by key, so memory does not grow with them. What is read may have changed since: before
anything is mended both sides are asked again about that one picture.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, groupby
from uuid import UUID

from django.db import connection
from django.db.models import F, TextField
from django.db.models.functions import Cast, Collate

from services.enums import Area
from services.models import Picture
from services.pictures.storage import PictureStorage, StoredObject, picture_storage

# Younger things are somebody's business: a form being sent, a picture waiting to be claimed, a clock that is wrong.
MARGIN = timedelta(hours=24)
# area/owner/picture/file; what is named otherwise was not put there by the site.
PICTURE_KEY = re.compile(
    rf"(?:{'|'.join(Area)})/[0-9]+/(?P<id>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})/[^/]+"
)
CHUNK = 500


class Finding(StrEnum):
    ORPHAN = "orphan"  # a file without a row: it goes
    YOUNG = "young"  # the same, but it may be being written: it stays
    STRANGER = "stranger"  # not a picture of the site: it stays
    HOLE = "hole"  # a row without one of its files: it is marked, and pages show a drawing
    KNOWN_HOLE = "known hole"  # the same, marked before
    FOUND = "found again"  # marked, but its files are all there: the mark goes


@dataclass(frozen=True)
class Difference:
    """Something that the two sides do not agree on; ``key`` of the file, or the folder of the picture."""

    finding: Finding
    key: str
    size: int = 0
    picture: Picture | None = None


@dataclass
class Read:
    """How much was read so far."""

    objects: int = 0
    rows: int = 0


def differences(now: datetime, read: Read) -> Iterator[Difference]:
    """Yield what rows and files do not agree on, in the order of their keys; counts in ``read``.

    Raises:
        OSError: the storage cannot be read.
        ValueError: it does not list in the order of its keys.
    """
    rows = _rows(read)
    row = next(rows, None)
    for folder, files in groupby(_objects(read), key=lambda found: found.key.rpartition("/")[0]):
        while row and f"{row.folder}/" < f"{folder}/":
            yield from _about_row(row, set(row.keys), now)
            row = next(rows, None)
        if not row or row.folder != folder:
            yield from (_without_row(found, now) for found in files)
            continue
        missing = set(row.keys)
        for found in files:
            if found.key in missing:
                missing.discard(found.key)
            else:
                yield _without_row(found, now)
        yield from _about_row(row, missing, now)
        row = next(rows, None)
    for last in chain([row] if row else [], rows):
        yield from _about_row(last, set(last.keys), now)


def mend(difference: Difference, now: datetime) -> bool:
    """Mend one difference if it is still there; returns whether anything was done.

    Raises:
        OSError: the storage cannot be used.
    """
    storage = picture_storage()
    if difference.finding == Finding.ORPHAN:
        if _is_known(difference.key):
            return False
        storage.delete(difference.key)
        return True
    if difference.finding not in {Finding.HOLE, Finding.FOUND} or difference.picture is None:
        return False
    picture = difference.picture
    is_lost = any(not storage.exists(key) for key in picture.keys)
    if is_lost != (difference.finding == Finding.HOLE):
        return False
    rows = Picture.objects.filter(pk=picture.pk, discarded_at=None, missing_at=picture.missing_at)
    return rows.update(missing_at=now if is_lost else None) == 1


def _objects(read: Read, storage: PictureStorage | None = None) -> Iterator[StoredObject]:
    storage = storage or picture_storage()
    before = ""
    for found in chain.from_iterable(storage.objects(area) for area in sorted(Area)):
        if found.key < before:
            raise ValueError(f"The storage lists {found.key} after {before}.")
        before = found.key
        read.objects += 1
        yield found


def _rows(read: Read) -> Iterator[Picture]:
    """Yield every picture in the order of the keys: by bytes, in which 10 comes before 9."""
    collation = "C" if connection.vendor == "postgresql" else "BINARY"
    ordered = Picture.objects.order_by(
        Collate(F("area"), collation), Collate(Cast("owner_id", TextField()), collation), "pk"
    )
    for picture in ordered.iterator(CHUNK):
        read.rows += 1
        yield picture


def _about_row(picture: Picture, missing: Iterable[str], now: datetime) -> Iterator[Difference]:
    """Yield what is wrong with a picture that has a row; the sweep is about to remove those that are discarded."""
    if picture.discarded_at or picture.created_at > now - MARGIN:
        return
    if missing:
        finding = Finding.KNOWN_HOLE if picture.missing_at else Finding.HOLE
    elif picture.missing_at:
        finding = Finding.FOUND
    else:
        return
    yield Difference(finding, picture.folder, picture=picture)


def _without_row(found: StoredObject, now: datetime) -> Difference:
    if not PICTURE_KEY.fullmatch(found.key):
        finding = Finding.STRANGER
    elif found.changed_at > now - MARGIN:
        finding = Finding.YOUNG
    else:
        finding = Finding.ORPHAN
    return Difference(finding, found.key, found.size)


def _is_known(key: str) -> bool:
    match = PICTURE_KEY.fullmatch(key)
    picture = Picture.objects.filter(pk=UUID(match["id"])).first() if match else None
    return picture is not None and key in picture.keys
