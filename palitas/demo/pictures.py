"""The pictures of the demo: of a service, of a person, and the wide one on top of a profile.

Each is drawn from its own dice, so the same dice give the same picture.
"""

import io
from random import Random

from django.core.files.base import ContentFile
from PIL import Image

from palitas.demo.drawing import PALETTES, Palette, Pen, blank, finished, mixed, motif_colors
from palitas.demo.scenery import HEIGHT, OUTDOORS, STUDIO, WIDTH, beach, canvas_pen, facades, mountains, room

PORTRAIT_SIZE = 500
# The strip of a scene that a cover shows, as shares of its height.
COVER_TOP, COVER_BOTTOM = 0.16, 0.86
SKINS = ("#f2d0b1", "#e0ac85", "#c68863", "#a5694f", "#7d4a35", "#5c3626")
HAIRS = ("#2b1b17", "#3b2314", "#5b3a1e", "#8d5524", "#1f1f24", "#b8b8b8")


def service_picture(motifs: list[str], rng: Random) -> Image.Image:
    """Draw the work of a trade: its first motif large, or several together."""
    palette = rng.choice(PALETTES)
    composition = rng.choices((_on_a_badge, _on_a_table, _in_a_row, _as_a_pattern), (4, 4, 1, 1))[0]
    return finished(composition(motifs, palette, rng))


def _on_a_badge(motifs: list[str], palette: Palette, rng: Random) -> Image.Image:
    image = rng.choice(OUTDOORS + STUDIO)(palette, rng)
    pen = canvas_pen(image)
    pen.circle(mixed(palette.paper, palette.c, 0.5), 0, 8, 352)
    pen.circle("#ffffff", 0, 0, 350)
    pen.circle(palette.paper, 0, 0, 326)
    colors = motif_colors(palette, rng, behind=palette.paper)
    Pen(image, colors=colors, at=(600, 452), size=430, turn=rng.uniform(-4, 4)).motif(motifs[0])
    return image


def _on_a_table(motifs: list[str], palette: Palette, rng: Random) -> Image.Image:
    image = room(palette, rng)
    pen = canvas_pen(image)
    wall = mixed(mixed(palette.bottom, "#ffffff", 0.45), palette.top, 0.22)
    shift = rng.choice((-70, 70))
    pen.oval("#7f5238", shift, 352, 270, 20)
    pen.oval("#7f5238", -4 * shift, 372, 120, 12)
    colors = motif_colors(palette, rng, behind=wall)
    Pen(image, colors=colors, at=(600 + shift, 540), size=520).motif(motifs[0])
    Pen(image, colors=colors, at=(600 - 4 * shift, 708), size=220).motif(motifs[-1])
    return image


def _in_a_row(motifs: list[str], palette: Palette, rng: Random) -> Image.Image:
    image = rng.choice(OUTDOORS)(palette, rng)
    pen = canvas_pen(image)
    pen.box("#ffffff", -520, -190, 1040, 380, 60)
    pen.box(palette.paper, -504, -174, 1008, 348, 48)
    for column, name in enumerate((motifs[0], motifs[-1], motifs[0])):
        colors = motif_colors(palette, rng, behind=palette.paper)
        Pen(image, colors=colors, at=(285 + 315 * column, 450), size=230).motif(name)
    return image


def _as_a_pattern(motifs: list[str], palette: Palette, rng: Random) -> Image.Image:
    paper = mixed(palette.bottom, "#ffffff", 0.35)
    image = blank(WIDTH, HEIGHT, paper)
    for row in range(4):
        for column in range(5):
            name = motifs[(row + column) % len(motifs)]
            at = (90 + 280 * column - 90 * (row % 2), 120 + 225 * row)
            colors = motif_colors(palette, rng, behind=paper)
            Pen(image, colors=colors, at=at, size=150, turn=rng.uniform(-14, 14)).motif(name)
    return image


def portrait(rng: Random, *, woman: bool) -> Image.Image:
    """Draw a face: skin, hair, clothes and a background."""
    palette = rng.choice(PALETTES)
    skin, hair = rng.choice(SKINS), rng.choice(HAIRS)
    image = blank(PORTRAIT_SIZE, PORTRAIT_SIZE, mixed(palette.bottom, palette.top, rng.uniform(0, 0.6)))
    middle = PORTRAIT_SIZE / 2
    pen = Pen(image, colors={}, at=(middle, middle), size=PORTRAIT_SIZE)
    pen.circle(mixed(palette.paper, palette.bottom, 0.4), 0, 0, 86)
    shirt = rng.choice((palette.a, palette.b, palette.c))
    hairstyle = rng.choice(("long", "bun", "afro", "bob") if woman else ("short", "curly", "bald", "cap"))
    _hair_behind(pen, hairstyle, hair)
    pen.box(mixed(skin, "#2b1b17", 0.18), -14, 30, 28, 40, 10)
    pen.oval(shirt, 0, 104, 66, 48)
    pen.pie(skin, 0, 60, 18, 0, 180)
    pen.circle(skin, -38, -6, 8)
    pen.circle(skin, 38, -6, 8)
    pen.oval(skin, 0, -8, 38, 46)
    _face(pen, rng, skin=skin, hair=hair, woman=woman)
    _hair_in_front(pen, hairstyle, hair, cap=palette.b)
    return finished(image)


def _hair_behind(pen: Pen, style: str, hair: str) -> None:
    if style == "long":
        pen.box(hair, -50, -58, 100, 124, 46)
    elif style == "bob":
        pen.box(hair, -49, -58, 98, 84, 40)
    elif style == "bun":
        pen.circle(hair, 0, -66, 20)
    elif style == "afro":
        pen.circle(hair, 0, -24, 62)


def _hair_in_front(pen: Pen, style: str, hair: str, *, cap: str) -> None:
    if style == "bald":
        return
    if style == "cap":
        pen.pie(cap, 0, -28, 42, 180, 360)
        pen.box(cap, -6, -34, 66, 12, 6)
        return
    pen.fill(
        hair, [(-40, -12), (-42, -40), (-22, -60), (10, -62), (36, -48), (41, -12), (32, -32), (4, -38), (-30, -30)]
    )
    if style == "curly":
        for x, y in ((-34, -40), (-18, -54), (2, -59), (22, -54), (36, -40)):
            pen.circle(hair, x, y, 14)


def _face(pen: Pen, rng: Random, *, skin: str, hair: str, woman: bool) -> None:
    dark = mixed(skin, "#1a0f0a", 0.75)
    for side in (-1, 1):
        pen.circle("#ffffff", side * 15, -8, 6)
        pen.circle(dark, side * 15, -8, 4)
        pen.line(hair, 3, side * 8, -20, side * 22, -21)
        pen.circle(mixed(skin, "#e63946", 0.25), side * 24, 8, 6)
    pen.line(mixed(skin, "#1a0f0a", 0.3), 3, 0, -4, 2, 6)
    if not woman and rng.random() < 0.45:
        pen.pie(hair, 0, 10, 36, 10, 170)
        pen.pie(skin, 0, 4, 24, 0, 180)
    pen.pie("#ffffff", 0, 15, 13, 0, 180)
    if rng.random() < 0.25:
        for side in (-1, 1):
            pen.arc("#2b2d42", 2.5, side * 15, -8, 11, 0, 360)
        pen.line("#2b2d42", 2.5, -4, -8, 4, -8)
    if woman:
        for side in (-1, 1):
            pen.circle("gold", side * 41, 6, 4)


def cover(rng: Random) -> Image.Image:
    """Draw the wide picture on top of a profile."""
    image = rng.choice((beach, mountains, facades))(rng.choice(PALETTES), rng)
    width, height = image.size
    return finished(image.crop((0, round(height * COVER_TOP), width, round(height * COVER_BOTTOM))))


def as_upload(image: Image.Image, name: str) -> "ContentFile[bytes]":
    """Return the picture as a file that somebody might send."""
    output = io.BytesIO()
    image.save(output, "JPEG", quality=92, subsampling=0)
    return ContentFile(output.getvalue(), name=name)
