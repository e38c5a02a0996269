"""Real picture files, drawn when a test needs them."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

register_heif_opener()

CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}
SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "HEIF": "heic"}
RED, BLUE = (200, 30, 30), (30, 30, 200)


def drawing(width: int = 120, height: int = 80, mode: str = "RGB") -> Image.Image:
    """Return a picture whose upper half is red and whose lower half is blue."""
    image = Image.new("RGB", (width, height), BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, width, height // 2 - 1), fill=RED)
    return image.convert(mode)


def encoded(image: Image.Image, image_format: str = "JPEG", **options: Any) -> bytes:
    output = io.BytesIO()
    if image_format == "MPO":
        options |= {"save_all": True, "append_images": [image.copy()]}
    image.save(output, image_format, **options)
    return output.getvalue()


def upload(
    content: bytes | None = None, name: str = "", image_format: str = "JPEG", **options: Any
) -> SimpleUploadedFile:
    """Return a file as a browser sends it: a drawing in ``image_format`` unless ``content`` is given."""
    content = encoded(drawing(), image_format, **options) if content is None else content
    name = name or f"foto.{SUFFIXES[image_format]}"
    return SimpleUploadedFile(name, content, CONTENT_TYPES[image_format])
