"""Drawings are kept until something on them changes."""

from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.utils.translation import get_language

from notices.addresses import in_language


def kept(address: str, version: str, draw: Callable[[], bytes]) -> bytes:
    """Return the drawing of ``version`` that is kept for ``address``, or draw it; only the last version is kept."""
    drawings = caches["drawings"]
    kept_version, drawing = drawings.get(address, ("", b""))
    if kept_version != version:
        drawing = draw()
        drawings.set(address, (version, drawing))
    return bytes(drawing)


def flyer_key(person_pk: int) -> str:
    """Return what a person's flyer is kept for in the language of the page; unlike its address it bears no name."""
    return in_language(f"/perfil/{person_pk}/volante/", get_language() or settings.LANGUAGE_CODE)
