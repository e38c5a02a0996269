"""Receiving pictures and getting rid of them."""

import logging
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from services.models import Picture
from services.pictures.cleaning import CleanPicture, clean

logger = logging.getLogger(__name__)

SWEEP_BATCH = 500


def receive(*, owner: User, upload: File) -> Picture:
    """Clean and store what ``owner`` has sent; nothing shows it until something claims it.

    Raises:
        ValidationError: a sentence that says why the file is refused.
    """
    cleaned = clean(upload)
    try:
        return store(owner=owner, cleaned=cleaned)
    except OSError as error:
        logger.exception("A picture could not be stored.")
        raise ValidationError(
            _("No pudimos guardar «%(name)s». Trata otra vez.") % {"name": upload.name}, code="not_stored"
        ) from error


def store(*, owner: User, cleaned: CleanPicture) -> Picture:
    """Write row and files of a cleaned picture.

    The row is committed first: if the process dies among the files, the sweep knows where to look.

    Raises:
        OSError: a file could not be written; the row is marked for the sweep.
    """
    with transaction.atomic(durable=True):
        picture = Picture.objects.create(owner=owner, width=cleaned.width, height=cleaned.height)
    try:
        for width, content in cleaned.files.items():
            default_storage.save(picture.key(width), ContentFile(content))
    except OSError:
        Picture.objects.filter(pk=picture.pk).discard(now=picture.created_at)
        raise
    return picture


def sweep(now: datetime) -> int:
    """Remove discarded pictures and those that no form has claimed within 24 hours; returns how many.

    An unclaimed picture is first marked as discarded, by the same conditional update as a claim: whichever comes
    first wins. The row goes last, so that a sweep that was interrupted is finished by the next.
    """
    Picture.objects.unclaimed_since(now).discard(now=now)
    removed = 0
    for picture in Picture.objects.discarded().order_by("discarded_at")[:SWEEP_BATCH]:
        try:
            for key in picture.keys:
                default_storage.delete(key)
        except OSError:
            logger.exception("The files of picture %s could not be deleted.", picture.pk)
            continue
        picture.delete()
        removed += 1
    return removed
