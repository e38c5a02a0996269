"""Drawings are kept until something on them changes."""

from collections.abc import Callable

from django.core.cache import caches


def kept(address: str, version: str, draw: Callable[[], bytes]) -> bytes:
    """Return the drawing of ``version`` that is kept for ``address``, or draw it; only the last version is kept."""
    drawings = caches["drawings"]
    kept_version, drawing = drawings.get(address, ("", b""))
    if kept_version != version:
        drawing = draw()
        drawings.set(address, (version, drawing))
    return bytes(drawing)
