"""Draws share pictures: typst sets words and street, Pillow puts the photo into the door."""

import io
import json
import logging
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from agreements.pdf.document import FONTS
from palitas.sharing.cards import Card

logger = logging.getLogger(__name__)

TEMPLATE = Path(__file__).parent / "card.typ"
STATIC = settings.BASE_DIR / "static"
QUALITY = 82
# Where the template has its door.
DOOR = (716, 98, 716 + 420, 98 + 524)
STAR, INK = "#e39a00", "#3f5058"
# Wall, front and ink of each group of services: the house fronts of base.css, and a wall to go with each.
FRONTS = {
    "hogar": ("#7fcfc8", "#c4ebe6", "#065a5c"),
    "exterior": ("#b9d77a", "#dcedb9", "#40590e"),
    "eventos": ("#f7cf6b", "#ffe3a6", "#744800"),
    "profesional": ("#9cc4ee", "#cfe3fa", "#1b4f86"),
    "belleza": ("#f6a9bf", "#ffd5e0", "#95254f"),
    "autos": ("#f4a58a", "#ffd9ce", "#98301f"),
    "mascotas": ("#dcc49a", "#eee0ca", "#634a23"),
    "cuido": ("#d8b4e2", "#eed9f6", "#6d3185"),
}


class PhotoUnreadable(Exception):
    """Storage is away, or the file is broken."""


def draw(card: Card) -> bytes:
    """Return the share picture as a JPEG of 1200 × 630 pixels.

    Raises:
        PhotoUnreadable: the photo of the card cannot be had now.
    """
    photo = door_photo(card.photo) if card.photo else None
    image = Image.open(io.BytesIO(_set(_content(card, has_photo=photo is not None)))).convert("RGB")
    if photo:
        image.paste(photo, DOOR[:2], _door())
    return jpeg(image)


def jpeg(image: Image.Image) -> bytes:
    """Return ``image`` as a file."""
    output = io.BytesIO()
    image.save(output, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return output.getvalue()


def _content(card: Card, *, has_photo: bool) -> dict[str, Any]:
    wall, front, ink = FRONTS.get(card.group, FRONTS["mascotas"])
    words = asdict(card)
    return words | {
        "mask": False,
        "language": card.language,
        "wall": wall,
        "front": front,
        "front_ink": ink,
        "lines": [{"icon": icon(name, INK), "text": text} for name, text in card.lines],
        "star": icon("star", STAR, fill=STAR),
        "drawing": "" if has_photo else _outline(card.outline, ink) if card.outline else icon(card.icon, ink),
        "drawing_width": 340 if card.outline else 190,
        "street": static_text("img/calle.svg"),
        "logo": static_text("img/logo.svg"),
    }


def _set(content: dict[str, Any]) -> bytes:
    picture: bytes = typst.compile(
        str(TEMPLATE),
        format="png",
        ppi=72,
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"card": json.dumps(content, ensure_ascii=False)},
    )
    return picture


@cache
def _door() -> Image.Image:
    """Return the door as a mask."""
    with Image.open(io.BytesIO(_set({"mask": True, "language": "es"}))) as image:
        return image.convert("L").crop(DOOR)


def door_photo(key: str) -> Image.Image:
    """Return a photo cut to the door.

    Raises:
        PhotoUnreadable: storage or file fail, whatever they raise.
    """
    try:
        with default_storage.open(key) as file, Image.open(file, formats=("WEBP",)) as image:
            size = (DOOR[2] - DOOR[0], DOOR[3] - DOOR[1])
            return ImageOps.fit(image.convert("RGB"), size, Image.Resampling.LANCZOS, centering=(0.5, 0.45))
    except Exception as error:
        logger.exception("The photo %s could not be read.", key)
        raise PhotoUnreadable(key) from error


def icon(name: str, colour: str, *, fill: str = "none") -> str:
    """Return an icon of the site's sprite as an SVG file; an unknown one is empty."""
    symbol = re.search(
        rf'<symbol id="{re.escape(name)}" viewBox="([^"]+)">(.*?)</symbol>', static_text("icons/sprite.svg")
    )
    view_box, shapes = symbol.groups() if symbol else ("0 0 24 24", "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view_box}" width="24" height="24" fill="{fill}" '
        f'stroke="{colour}" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{shapes}</svg>'
    )


def _outline(path: str, colour: str) -> str:
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
    left, right, top, bottom = min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {right - left} {bottom - top}">'
        f'<path d="{path}" fill="{colour}"/></svg>'
    )


@cache
def static_text(name: str) -> str:
    """Return the text of one of the site's own static files."""
    return (STATIC / name).read_text(encoding="utf-8")
