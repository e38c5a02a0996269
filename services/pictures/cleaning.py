"""Makes a harmless picture of whatever a person sends.

Only the pixels survive: the file is decoded, pasted into a new image and written anew as WebP in three widths, so that
place, camera, colour profile and anything hidden behind the image data are gone.
"""

import io
import warnings
from dataclasses import dataclass
from threading import Lock
from typing import cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from services.models.picture import WIDTHS

# MPO, which many phones write under the name .jpg, is opened by Pillow as JPEG; naming it here would break all others.
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
FORMAT_NAMES = "JPEG, PNG, WebP, AVIF, HEIC"
ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,.heic,.heif"
MEGABYTE = 1024 * 1024
MEGAPIXEL = 1_000_000
# At most 16,000 pixels high when 1,600 wide: WebP ends at 16,383.
MAX_RATIO = 10
WEBP_QUALITY = 80
MAX_NAME_SHOWN = 60
BAND = 64  # rows of the result that are worked on at a time
ORIENTATION, UPRIGHT = ExifTags.Base.Orientation, 1

# Large WebP, AVIF and HEIC take up to 1 GB while they are decoded, so a process decodes one picture at a time.
_decoding = Lock()

register_heif_opener()
# Second line behind our own check of the size: Pillow only warns between its limit and twice that.
Image.MAX_IMAGE_PIXELS = settings.PICTURE_MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True)
class CleanPicture:
    """A picture after cleaning: the size of its largest file, and WebP files by the width they have at most."""

    width: int
    height: int
    files: dict[int, bytes]


def clean(file: File) -> CleanPicture:
    """Return ``file`` as three WebP files at most 400, 800 and 1,600 pixels wide, upright and without metadata.

    Raises:
        ValidationError: a sentence that names the file and the limit it breaks.
    """
    name = _shown_name(file)
    if file.size > settings.PICTURE_MAX_BYTES:
        raise ValidationError(
            _("«%(name)s» pesa %(size)d MB y el límite es %(limit)d MB.")
            % {
                "name": name,
                "size": -(-file.size // MEGABYTE),
                "limit": settings.PICTURE_MAX_BYTES // MEGABYTE,
            },
            code="too_heavy",
        )
    try:
        _verify(file, name)
        with _decoding:
            image = _decode(file)
        return _encode(image)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name) from error
    except UnidentifiedImageError as error:
        raise ValidationError(
            _("«%(name)s» no es una foto de las que aceptamos: %(formats)s.") % {"name": name, "formats": FORMAT_NAMES},
            code="unknown_format",
        ) from error
    except Exception as error:  # a decoder fed with hostile bytes may raise anything
        raise ValidationError(
            _("«%(name)s» está dañada o incompleta. Trata con otra copia.") % {"name": name}, code="damaged"
        ) from error


def _shown_name(file: File) -> str:
    name = "".join(letter for letter in str(file.name or "") if letter.isprintable()).strip()
    if len(name) > MAX_NAME_SHOWN:
        name = f"{name[: MAX_NAME_SHOWN - 1]}…"
    return name or _("la foto")


def _too_many_pixels(name: str) -> ValidationError:
    return ValidationError(
        _("«%(name)s» es demasiado grande: el límite es %(limit)d megapíxeles (MP).")
        % {"name": name, "limit": settings.PICTURE_MAX_PIXELS // MEGAPIXEL},
        code="too_many_pixels",
    )


def _verify(file: File, name: str) -> None:
    """Refuse by what the header says, before a pixel is decoded; then let Pillow look for damage."""
    file.seek(0)
    with Image.open(file, formats=FORMATS) as image:
        width, height = image.size
        if width * height > settings.PICTURE_MAX_PIXELS:
            raise _too_many_pixels(name)
        if max(width, height) > MAX_RATIO * min(width, height):
            raise ValidationError(
                _("«%(name)s» es demasiado alargada: un lado no puede medir más de %(ratio)d veces el otro.")
                % {"name": name, "ratio": MAX_RATIO},
                code="too_long",
            )
        image.verify()


def _decode(file: File) -> Image.Image:
    """Return the first frame, upright, in RGB, at most ``WIDTHS[-1]`` wide. Transparency becomes white."""
    file.seek(0)
    with Image.open(file, formats=FORMATS) as image:
        # A JPEG decoder can leave out what would be scaled away. The short side is enough for both orientations.
        image.draft("RGB", _scaled(image.size, WIDTHS[-1] / min(image.size)))
        profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA"} else None
        flat = _flat(image, max(1, min(image.size) // WIDTHS[-1]))
        flat.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, UPRIGHT)
    del image  # its pixels go before the next copy is made
    flat = ImageOps.exif_transpose(flat)
    if flat.width > WIDTHS[-1]:
        flat = flat.resize(_scaled(flat.size, WIDTHS[-1] / flat.width), Image.Resampling.LANCZOS)
    return _to_srgb(flat, profile) if profile else flat


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * min(factor, 1))), max(1, round(size[1] * min(factor, 1)))


def _flat(image: Image.Image, factor: int) -> Image.Image:
    """Return a new image on white, ``factor`` times smaller: nothing but pixels comes along.

    In bands, because a picture of 40 MP has 160 MB in memory and a conversion of the whole would make a second one.
    """
    width, height = image.size
    flat = Image.new("RGB", (-(-width // factor), -(-height // factor)), "white")
    for row in range(0, flat.height, BAND):
        band = _opaque(image.crop((0, row * factor, width, min((row + BAND) * factor, height))))
        flat.paste(band.reduce(factor), (0, row))
    return flat


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits a pixel; Pillow's own conversion would cut everything above 255 to white.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    opaque = Image.new("RGB", image.size, "white")
    opaque.paste(image.convert("RGB"), mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return opaque


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply the colour profile, which is about to be dropped; phones take pictures in wider spaces than sRGB."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return image
    return cast("Image.Image", converted)


def _encode(image: Image.Image) -> CleanPicture:
    image.info.clear()
    files = {}
    for width in WIDTHS:
        sized = image
        if image.width > width:
            sized = image.resize(_scaled(image.size, width / image.width), Image.Resampling.LANCZOS)
        output = io.BytesIO()
        sized.save(output, "WEBP", quality=WEBP_QUALITY, exif=b"", icc_profile=b"", xmp=b"")
        files[width] = output.getvalue()
    return CleanPicture(image.width, image.height, files)
