import io
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageChops, ImageCms

from services.pictures.cleaning import clean
from services.tests.pictures import BLUE, RED, drawing, encoded, upload

PHP = b"<?php system($_GET['c']); ?>"
ORIENTATION, GPS_IFD, MAKE = 0x0112, 0x8825, 0x010F


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def is_near(pixel, colour) -> bool:
    return all(abs(one - other) < 30 for one, other in zip(pixel, colour, strict=True))


def refusal(file) -> str:
    with pytest.raises(ValidationError) as refused:
        clean(file)
    (sentence,) = refused.value.messages
    return sentence


@pytest.mark.parametrize("image_format", ["JPEG", "MPO", "PNG", "WEBP", "AVIF", "HEIF"])
def test_clean_accepts_every_promised_format(image_format):
    cleaned = clean(upload(image_format=image_format))
    assert (cleaned.width, cleaned.height) == (120, 80)
    assert sorted(cleaned.files) == [400, 800, 1600]
    for content in cleaned.files.values():
        image = opened(content)
        assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (120, 80))
        assert is_near(image.getpixel((60, 10)), RED)
        assert is_near(image.getpixel((60, 70)), BLUE)


def test_clean_writes_three_widths():
    cleaned = clean(upload(encoded(drawing(2000, 1000))))
    assert (cleaned.width, cleaned.height) == (1600, 800)
    assert {width: opened(content).size for width, content in cleaned.files.items()} == {
        400: (400, 200),
        800: (800, 400),
        1600: (1600, 800),
    }


def test_clean_never_enlarges():
    cleaned = clean(upload(encoded(drawing(500, 300))))
    assert {width: opened(content).size for width, content in cleaned.files.items()} == {
        400: (400, 240),
        800: (500, 300),
        1600: (500, 300),
    }


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_clean_accepts_every_mode_of_png(mode):
    image = opened(clean(upload(encoded(drawing(mode=mode), "PNG"), image_format="PNG")).files[400])
    assert (image.mode, image.size) == ("RGB", (120, 80))


def test_clean_keeps_the_shades_of_sixteen_bits():
    grey = Image.new("I;16", (40, 40), 128 * 257)
    image = opened(clean(upload(encoded(grey, "PNG"), image_format="PNG")).files[400])
    assert is_near(image.getpixel((20, 20)), (128, 128, 128))


def test_clean_accepts_cmyk():
    image = opened(clean(upload(encoded(drawing(mode="CMYK")))).files[400])
    assert is_near(image.getpixel((60, 10)), RED)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_clean_puts_transparency_on_white(mode):
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0)).convert(mode)
    content = encoded(image, "PNG", **({"transparency": 0} if mode == "P" else {}))
    cleaned = opened(clean(upload(content, image_format="PNG")).files[400])
    assert is_near(cleaned.getpixel((20, 20)), (255, 255, 255))


def test_clean_takes_the_first_frame_of_an_animation():
    frames = encoded(drawing(), "WEBP", save_all=True, append_images=[Image.new("RGB", (120, 80), "white")])
    image = opened(clean(upload(frames, image_format="WEBP")).files[400])
    assert not image.is_animated
    assert is_near(image.getpixel((60, 10)), RED)


# Where the red upper half of a picture belongs, by what a camera writes (Exif 2.32, tag 274).
RED_EDGES = {1: "top", 2: "top", 3: "bottom", 4: "bottom", 5: "left", 6: "right", 7: "right", 8: "left"}


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize(("orientation", "edge"), RED_EDGES.items())
def test_clean_turns_the_picture_upright(image_format, orientation, edge):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    cleaned = clean(upload(encoded(drawing(), image_format, exif=exif), image_format=image_format))
    image = opened(cleaned.files[400])
    assert (cleaned.width, cleaned.height) == image.size == ((120, 80) if orientation < 5 else (80, 120))
    right, bottom = image.width - 10, image.height - 10
    places = {"top": (40, 10), "bottom": (40, bottom), "left": (10, 40), "right": (right, 40)}
    opposite = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}[edge]
    assert is_near(image.getpixel(places[edge]), RED)
    assert is_near(image.getpixel(places[opposite]), BLUE)


def test_clean_shrinks_a_large_picture_without_seams():
    large = Image.radial_gradient("L").resize((3300, 3210)).convert("RGB")
    image = opened(clean(upload(encoded(large, "PNG", compress_level=1), image_format="PNG")).files[1600])
    difference = ImageChops.difference(image, large.resize(image.size, Image.Resampling.LANCZOS))
    assert max(highest for _lowest, highest in difference.getextrema()) < 12


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA"])
def test_clean_never_makes_a_second_copy_of_a_large_picture(mode, monkeypatch):
    content = encoded(Image.new(mode, (3300, 3210)), "PNG", compress_level=1)
    made = []
    new = Image.Image._new

    def recorded(self, core):
        made.append(core.size[0] * core.size[1])
        return new(self, core)

    monkeypatch.setattr(Image.Image, "_new", recorded)
    clean(upload(content, image_format="PNG"))
    assert max(made) <= 3300 * 3210 / 4


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_clean_drops_place_and_camera(image_format):
    exif = Image.Exif()
    exif[MAKE] = "Camera of Pilar"
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (18.0, 1.0, 5.0), 3: "W", 4: (66.0, 36.0, 50.0)})
    content = encoded(drawing(), image_format, exif=exif.tobytes())
    assert b"Camera of Pilar" in content
    for cleaned in clean(upload(content, image_format=image_format)).files.values():
        image = opened(cleaned)
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile"} & image.info.keys()
        assert b"Camera" not in cleaned
        assert b"EXIF" not in cleaned


def test_clean_drops_the_colour_profile_after_applying_it():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(drawing(), icc_profile=profile)
    image = opened(clean(upload(content)).files[400])
    assert "icc_profile" not in image.info
    assert is_near(image.getpixel((60, 10)), RED)


def test_clean_survives_a_broken_colour_profile():
    image = opened(clean(upload(encoded(drawing(), icc_profile=b"not a profile"))).files[400])
    assert is_near(image.getpixel((60, 10)), RED)


def test_clean_drops_what_is_appended():
    cleaned = clean(upload(encoded(drawing()) + PHP))
    assert not any(b"<?php" in content for content in cleaned.files.values())


def test_clean_drops_text_hidden_in_a_png():
    content = encoded(drawing(), "PNG")
    comment = b"tEXtComment\0" + PHP
    chunk = len(comment[4:]).to_bytes(4, "big") + comment + zlib.crc32(comment).to_bytes(4, "big")
    polyglot = content[:33] + chunk + content[33:]  # right behind the header
    assert PHP in polyglot
    cleaned = clean(upload(polyglot, image_format="PNG"))
    assert not any(b"<?php" in data for data in cleaned.files.values())


def test_clean_refuses_a_heavy_file(settings):
    settings.PICTURE_MAX_BYTES = 3 * 1024 * 1024
    heavy = encoded(drawing()) + b"\0" * 3 * 1024 * 1024
    assert refusal(upload(heavy, "grande.jpg")) == "«grande.jpg» pesa 4 MB y el límite es 3 MB."


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(6400, 6300), (13_000, 13_000), (60_000, 60_000)])
def test_clean_refuses_a_bomb(width, height):
    file = upload(bomb(width, height), "bomba.png", "PNG")
    assert refusal(file) == "«bomba.png» es demasiado grande: el límite es 40 megapíxeles (MP)."


@pytest.mark.parametrize(("width", "height"), [(1, 60_000), (60_000, 1), (100, 1001)])
def test_clean_refuses_absurd_proportions(width, height):
    file = upload(encoded(Image.new("L", (width, height)), "PNG"), "raya.png", "PNG")
    assert refusal(file) == "«raya.png» es demasiado alargada: un lado no puede medir más de 10 veces el otro."


def test_clean_accepts_the_longest_proportion():
    cleaned = clean(upload(encoded(Image.new("L", (2000, 20_000)), "PNG"), image_format="PNG"))
    assert opened(cleaned.files[1600]).size == (1600, 16_000)


@pytest.mark.parametrize("image_format", ["JPEG", "MPO", "PNG", "WEBP", "AVIF", "HEIF"])
def test_clean_refuses_a_truncated_file(image_format):
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    content = encoded(noise, image_format)
    file = upload(content[: len(content) // 3], "rota.jpg", image_format)
    assert "«rota.jpg»" in refusal(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("foto.jpg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("foto.jpg", b"%PDF-1.7\n" + encoded(drawing())),
        ("foto.jpg", PHP),
        ("vacia.jpg", b""),
        ("anim.gif", encoded(drawing(), "GIF")),
        ("foto.bmp", encoded(drawing(), "BMP")),
        ("foto.tiff", encoded(drawing(), "TIFF")),
    ],
)
def test_clean_refuses_what_is_not_a_picture(name, content):
    file = SimpleUploadedFile(name, content, "image/jpeg")
    assert refusal(file) == f"«{name}» no es una foto de las que aceptamos: JPEG, PNG, WebP, AVIF, HEIC."


def test_clean_names_the_file_without_tricks():
    name = "a\u202egpj" + "x" * 100 + ".jpg"
    sentence = refusal(SimpleUploadedFile(name, b"nada", "image/jpeg"))
    assert "\u202e" not in sentence
    assert len(sentence) < 150


def test_clean_survives_a_decoder_that_raises_anything(monkeypatch):
    def explode(*_args, **_kwargs):
        raise RecursionError

    monkeypatch.setattr("services.pictures.cleaning.ImageOps.exif_transpose", explode)
    assert refusal(upload()) == "«foto.jpg» está dañada o incompleta. Trata con otra copia."
