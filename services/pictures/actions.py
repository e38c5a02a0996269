"""Receiving pictures and getting rid of them."""

import logging
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from services.enums import Area
from services.models import Picture
from services.pictures.cleaning import CleanPicture, clean
from services.pictures.storage import StorageAway, picture_storage

logger = logging.getLogger(__name__)

# A minute's work: on S3 a picture takes three requests of some 20 ms, and mail waits meanwhile.
SWEEP_BATCH = 200


def receive(*, owner: User, upload: File, area: Area = Area.PUBLIC) -> Picture:
    """Clean and store what ``owner`` has sent; nothing shows it until something claims it.

    Raises:
        ValidationError: a sentence that says why the file is refused; its code is ``not_stored`` when the storage is
            to blame, and nobody who has more to send should wait for it again.
    """
    try:
        if picture_storage().is_away:  # Asked first, because cleaning takes a second.
            raise StorageAway("The picture storage has not answered a moment ago.")
        return store(owner=owner, cleaned=clean(upload), area=area)
    except OSError as error:
        logger.exception("A picture could not be stored.")
        raise ValidationError(
            _("No pudimos guardar «%(name)s». Trata otra vez.") % {"name": upload.name}, code="not_stored"
        ) from error


def store(*, owner: User, cleaned: CleanPicture, area: Area = Area.PUBLIC) -> Picture:
    """Write row and files of a cleaned picture into ``area``.

    The row is committed first: if the process dies among the files, the sweep knows where to look.

    Raises:
        OSError: a file could not be written; the row is marked for the sweep.
    """
    with transaction.atomic(durable=True):
        picture = Picture.objects.create(owner=owner, width=cleaned.width, height=cleaned.height, area=area)
    storage = picture_storage()
    try:
        for width, content in cleaned.files.items():
            storage.save(picture.key(width), ContentFile(content))
    except OSError:
        Picture.objects.filter(pk=picture.pk).discard(now=picture.created_at)
        raise
    if not Picture.objects.filter(pk=picture.pk).exists():
        # The account was erased and swept meanwhile; what was written after it would never be found again.
        _delete_files(picture)
        raise FileNotFoundError(picture.folder)
    return picture


def _delete_files(picture: Picture) -> None:
    for key in picture.keys:
        picture_storage().delete(key)


def sweep(now: datetime) -> int:
    """Remove discarded pictures and those that no form has claimed within 24 hours; returns how many.

    An unclaimed picture is first marked as discarded, by the same conditional update as a claim: whichever comes
    first wins. The row goes last, so that a sweep that was interrupted is finished by the next. When the storage is
    away the sweep ends at the first time-out: the same process sends the mail.
    """
    Picture.objects.unclaimed_since(now).discard(now=now)
    removed = 0
    for picture in Picture.objects.discarded().order_by("discarded_at")[:SWEEP_BATCH]:
        try:
            _delete_files(picture)
        except StorageAway as error:
            logger.warning("Pictures wait to be deleted: %s", error)
            break
        except OSError:
            logger.exception("The files of picture %s could not be deleted.", picture.pk)
            continue
        picture.delete()
        removed += 1
    return removed
