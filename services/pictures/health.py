"""Whether the storage of the pictures answers: found out by the worker, told by the page of health.

The page asks no storage itself: a load balancer waits some seconds for it at most, and takes the server away after.
"""

import logging
from datetime import datetime

from django.core.cache import cache
from django.db import Error

from services.pictures.storage import picture_storage

logger = logging.getLogger(__name__)

CACHE_KEY = "pictures.storage_answers"
# Longer than the minute between two looks; without a worker nobody knows.
KNOWN_SECONDS = 180


def look(now: datetime) -> int:  # noqa: ARG001 - the worker tells every job the time
    """Find out whether the storage answers, and leave word for the page of health. Returns 0: nothing was done."""
    try:
        picture_storage().probe()
    except OSError as error:
        logger.warning("The picture storage is away: %s", error)
        cache.set(CACHE_KEY, False, KNOWN_SECONDS)
    else:
        cache.set(CACHE_KEY, True, KNOWN_SECONDS)
    return 0


def sentence() -> str:
    """Return in a line what the last look has found."""
    try:
        answers = cache.get(CACHE_KEY)
    except Error:  # the table of the cache is not there yet
        answers = None
    return {True: "fotos: responden", False: "fotos: no responden"}.get(answers, "fotos: no se sabe")
