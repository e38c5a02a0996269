"""The second step: fetches the pictures that the ledger names, cleans them, and gives them to their rows.

Each picture is settled in one transaction with its row of the ledger. Whatever dies before that leaves a picture that
nothing claims, which the worker's sweep removes.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from django.db import models, transaction
from storages.backends.s3 import S3Storage

from accounts.models import MAX_GALLERY_PHOTOS, GalleryPhoto, Profile, User
from agreements.models import MAX_REVIEW_PHOTOS, Review, ReviewPhoto
from palitas.legacy.ledger import PICTURES
from palitas.legacy.models import LegacyRow, Outcome
from services.enums import Area, Status
from services.models import Listing, Photo, Picture
from services.models.listing import MAX_PHOTOS
from services.pictures.actions import store
from services.pictures.cleaning import CleanPicture, clean

BATCH = 50
S3 = "s3://"
# How the folders of each table may be called, the likeliest first.
FOLDERS = {
    "promotions": ("promotions", "promotion", "promos", "promo"),
    "requests": ("requests", "request"),
    "reviews": ("reviews", "review"),
    "profiles": ("profiles", "profile"),
}
PROFILE_FIELDS = {"profile_pic": "picture", "cover_pic": "cover", "qr_pic": "payment_qr"}


class StorageAway(Exception):
    """The former storage, or the one here, does not answer; what is done stays done."""


class NotWanted(Exception):
    """The picture has no place any more; the text says why."""


@dataclass(frozen=True)
class Fetched:
    """What the former storage had: a cleaned picture, or why there is none."""

    row: LegacyRow
    picture: CleanPicture | None = None
    outcome: Outcome = Outcome.LEFT
    remark: str = ""


def open_storage(address: str, *, endpoint: str = "") -> Storage:
    """Return the former storage: ``s3://bucket/prefix`` (credentials as boto3 finds them) or a folder.

    Args:
        endpoint: of an S3 that is not Amazon's.

    Raises:
        StorageAway: the folder does not exist.
    """
    if address.startswith(S3):
        bucket, _slash, prefix = address.removeprefix(S3).partition("/")
        config = Config(signature_version="s3v4", connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
        return S3Storage(
            bucket_name=bucket, location=prefix, endpoint_url=endpoint or None, client_config=config, default_acl=None
        )
    if not Path(address).is_dir():
        raise StorageAway(f"{address} is no folder.")
    return FileSystemStorage(location=address)


def unsettled() -> "models.QuerySet[LegacyRow]":
    """Return the pictures that are still to be fetched."""
    return LegacyRow.objects.filter(table=PICTURES, outcome__in=(Outcome.WAITING, Outcome.MISSING))


def bring(storage: Storage, *, now: datetime, advance: Callable[[], object]) -> int:
    """Fetch what waits and what was missing before; returns how many pictures were brought.

    Raises:
        StorageAway: run it again when the storage answers.
    """
    brought = last = 0
    rows = unsettled().order_by("pk")
    # Decoding takes turns, but fetching and encoding use every core; only this thread writes to the database.
    with ThreadPoolExecutor() as executor:
        while batch := list(rows.filter(pk__gt=last)[:BATCH]):
            for fetched in executor.map(partial(_fetch, storage), batch):
                brought += _settle(fetched, now)
                advance()
            last = batch[-1].pk
    return brought


def _fetch(storage: Storage, row: LegacyRow) -> Fetched:
    for key in _keys(row):
        try:
            with storage.open(key) as file:
                content = file.read(settings.PICTURE_MAX_BYTES + 1)
        except (FileNotFoundError, IsADirectoryError):
            continue
        except SuspiciousOperation:
            return Fetched(row, remark="its name is none of a file")
        except (OSError, BotoCoreError, ClientError) as error:
            raise StorageAway(f"The former storage does not answer: {error}") from error
        try:
            return Fetched(row, clean(ContentFile(content, name=Path(key).name)), Outcome.CARRIED)
        except ValidationError as error:
            return Fetched(row, remark=f"refused as a picture: {error.code}")
    return Fetched(row, outcome=Outcome.MISSING, remark="not in the former storage")


def _keys(row: LegacyRow) -> Iterator[str]:
    """Yield where the object may be: under its key, then under other names of the folder."""
    yield row.source_key
    parts = row.source_key.split("/")
    for folder in FOLDERS[row.former_id.split("/")[0]]:
        if len(parts) == len(("users", "user", "kind", "row", "name")) and parts[2] != folder:
            yield "/".join([*parts[:2], folder, *parts[3:]])


def _settle(fetched: Fetched, now: datetime) -> bool:
    """Keep the picture, or write down why not; returns whether it was kept."""
    row = fetched.row
    if fetched.picture is None:
        LegacyRow.objects.filter(pk=row.pk).update(outcome=fetched.outcome, remarks=[fetched.remark])
        return False
    picture = None
    try:
        place = _place(row)
        picture = _store(place, fetched.picture)
        with transaction.atomic():
            _claim(row, picture, now)
            place.attach(picture)
    except NotWanted as refusal:
        if picture:
            Picture.objects.filter(pk=picture.pk).discard(now=now)
        LegacyRow.objects.filter(pk=row.pk, new_id="").update(outcome=Outcome.LEFT, remarks=[str(refusal)])
        return False
    return True


def _store(place: "Place", cleaned: CleanPicture) -> Picture:
    try:
        return store(owner=place.owner, cleaned=cleaned, area=place.area)
    except OSError as error:
        raise StorageAway(f"The picture storage of this site does not answer: {error}") from error


def _claim(row: LegacyRow, picture: Picture, now: datetime) -> None:
    mine = LegacyRow.objects.filter(pk=row.pk, outcome=row.outcome)
    if not mine.update(outcome=Outcome.CARRIED, new_id=str(picture.pk), remarks=[]):
        raise NotWanted("another run was faster")
    Picture.objects.filter(pk=picture.pk).claim(now=now)


@dataclass(frozen=True)
class Place:
    """Where a picture goes."""

    owner: User
    attach: Callable[[Picture], None]
    area: Area = Area.PUBLIC


def _place(row: LegacyRow) -> Place:
    table, rest = row.former_id.split("/", 1)
    former_id, column, position = rest.rsplit("/", 2)
    became = LegacyRow.objects.filter(table=table, former_id=former_id).exclude(new_id="").first()
    if became is None:
        raise NotWanted("its row was left")
    with suppress(models.ObjectDoesNotExist):
        return FINDERS[table](int(became.new_id), column, int(position))
    raise NotWanted("its row is gone, or its person has left")


def _listing(pk: int, _column: str, position: int) -> Place:
    listing = Listing.objects.exclude(status=Status.DELETED).select_related("owner").get(pk=pk, owner__erased_at=None)

    def attach(picture: Picture) -> None:
        if listing.photos.count() >= MAX_PHOTOS:
            raise NotWanted(f"more than {MAX_PHOTOS} pictures")
        Photo.objects.create(listing=listing, picture=picture, position=position)

    return Place(listing.owner, attach)


def _review(pk: int, _column: str, position: int) -> Place:
    review = Review.objects.select_related("author").get(pk=pk, author__erased_at=None)

    def attach(picture: Picture) -> None:
        if review.photos.count() >= MAX_REVIEW_PHOTOS:
            raise NotWanted(f"more than {MAX_REVIEW_PHOTOS} pictures")
        ReviewPhoto.objects.create(review=review, picture=picture, position=position)

    return Place(review.author, attach, Area.PRIVATE)


def _profile(pk: int, column: str, position: int) -> Place:
    profile = Profile.objects.select_related("user").get(pk=pk, user__erased_at=None)

    def attach(picture: Picture) -> None:
        if column == "gallery":
            if profile.gallery.count() >= MAX_GALLERY_PHOTOS:
                raise NotWanted(f"more than {MAX_GALLERY_PHOTOS} pictures")
            GalleryPhoto.objects.create(profile=profile, picture=picture, position=position)
            return
        name = PROFILE_FIELDS[column]
        # What the person has put there since stays.
        if not Profile.objects.filter(pk=pk, **{name: None}).update(**{name: picture}):
            raise NotWanted("the person has put another picture there")

    return Place(profile.user, attach, Area.PRIVATE if column == "qr_pic" else Area.PUBLIC)


FINDERS = {"promotions": _listing, "requests": _listing, "reviews": _review, "profiles": _profile}
