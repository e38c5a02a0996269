"""What a motif stands in front of. Each function draws on a plan of ``WIDTH`` × ``HEIGHT`` and may use the dice."""

import math
from random import Random

from PIL import Image

from palitas.demo.drawing import Palette, Pen, blank, gradient, mixed

WIDTH, HEIGHT = 1200, 900
MIDDLE = (WIDTH / 2, HEIGHT / 2)
WHITE, INK = "#ffffff", "#2b2d42"


def canvas_pen(image: Image.Image) -> Pen:
    """Return a pen whose field is the plan itself, counted from its middle."""
    return Pen(image, colors={}, at=MIDDLE, size=200)


def beach(palette: Palette, rng: Random) -> Image.Image:
    image = gradient(WIDTH, HEIGHT, palette.top, palette.bottom)
    pen = canvas_pen(image)
    sun = rng.choice((-380, 380))
    pen.circle(mixed(palette.bottom, WHITE, 0.35), sun, -220, 120)
    pen.circle("gold", sun, -220, 84)
    sea = mixed("#0fa3b1", palette.top, 0.25)
    pen.box(sea, -600, 110, 1200, 240)
    for _ in range(9):
        x, y = rng.uniform(-560, 460), rng.uniform(140, 270)
        pen.box(mixed(sea, WHITE, 0.4), x, y, rng.uniform(50, 130), 7, 4)
    sand = [(x, 300 + 18 * math.sin(x / 150)) for x in range(-600, 601, 40)]
    pen.fill("#f6dfb4", [*sand, (600, 450), (-600, 450)])
    side = -1 if sun > 0 else 1
    palm = {"green": "#52a447", "leaf": "#2f7d4f"}
    Pen(image, colors=palm, at=(600 + side * 500, 430), size=620, turn=rng.uniform(-8, 8)).motif("palm")
    return image


def mountains(palette: Palette, rng: Random) -> Image.Image:
    image = gradient(WIDTH, HEIGHT, mixed(palette.top, "#8fd3e8", 0.6), palette.bottom)
    pen = canvas_pen(image)
    pen.circle("gold", rng.uniform(-420, 420), -250, 78)
    for index, share in enumerate((0.15, 0.4, 0.65)):
        green = mixed("#8cc084", "#1b5e46", share)
        phase, base = rng.uniform(0, 6), 60 + 130 * index
        ridge = [
            (x, base - 70 * math.sin(x / 190 + phase) - 35 * math.sin(x / 71 + phase)) for x in range(-600, 601, 25)
        ]
        pen.fill(green, [*ridge, (600, 450), (-600, 450)])
    for _ in range(3):
        x, y = rng.uniform(-520, 520), rng.uniform(-400, -240)
        for offset, radius in ((-60, 34), (0, 48), (58, 36)):
            pen.circle(mixed(palette.bottom, WHITE, 0.75), x + offset, y, radius)
    return image


def facades(palette: Palette, rng: Random) -> Image.Image:
    """A street of Old San Juan: painted walls, tall doors, balconies."""
    image = gradient(WIDTH, HEIGHT, palette.top, palette.bottom)
    pen = canvas_pen(image)
    walls = ["#f4a261", "#8ecae6", "#ffd166", "#f28482", "#84a59d", "#f7ede2", "#b8a1d9"]
    rng.shuffle(walls)
    for index, wall in enumerate(walls[:5]):
        x, top = -600 + index * 240, -250 + rng.choice((0, 40, -40))
        pen.box(wall, x, top, 240, 640)
        pen.box(mixed(wall, INK, 0.18), x, top, 240, 22)
        for column in (36, 140):
            pen.box(WHITE, x + column - 8, top + 70, 80, 170, 6)
            pen.box(mixed(wall, INK, 0.55), x + column, top + 78, 64, 162)
            pen.box(mixed(wall, INK, 0.3), x + column + 30, top + 78, 4, 162)
        pen.box(INK, x + 14, top + 236, 212, 8)
        for bar in range(8):
            pen.box(INK, x + 20 + bar * 28, top + 196, 5, 44)
        pen.box(WHITE, x + 72, 96, 96, 260, 6)
        pen.box(mixed(wall, INK, 0.6), x + 82, 106, 76, 250)
    pen.box("#5a6b8c", -600, 350, 1200, 100)
    for row in range(3):
        for column in range(18):
            pen.box("#6f80a3", -600 + column * 70 - 35 * (row % 2), 356 + row * 32, 64, 26, 6)
    return image


def room(palette: Palette, rng: Random) -> Image.Image:
    """A painted wall with a window or a picture, and a table in front."""
    wall = mixed(palette.bottom, WHITE, 0.45)
    image = blank(WIDTH, HEIGHT, wall)
    pen = canvas_pen(image)
    pen.box(mixed(wall, palette.top, 0.22), -600, 60, 1200, 400)
    pen.box(WHITE, -600, 52, 1200, 16)
    side = rng.choice((-1, 1))
    x = side * 400 - 120
    pen.box(WHITE, x - 16, -380, 272, 332, 10)
    pen.box("#8fd3e8", x, -364, 240, 300)
    pen.circle("gold", x + 180, -310, 34)
    pen.fill("#52a447", [(x, -64), (x, -130), (x + 80, -180), (x + 170, -120), (x + 240, -160), (x + 240, -64)])
    pen.box(WHITE, x + 114, -364, 12, 300)
    pot = {"a": palette.c, "b": palette.b}
    Pen(image, colors=pot, at=(600 - side * 450, 530), size=330).motif("plants")
    pen.box("#9c6644", -600, 330, 1200, 120)
    pen.box("#b98058", -600, 330, 1200, 26)
    return image


def rays(palette: Palette, rng: Random) -> Image.Image:
    """A rising sun, as on the painted signs of roadside stalls."""
    image = blank(WIDTH, HEIGHT, palette.bottom)
    pen = canvas_pen(image)
    count, start = 14, rng.uniform(0, 20)
    color = mixed(palette.bottom, palette.top, 0.45)
    for ray in range(count):
        angle = math.radians(start + ray * 360 / count)
        wide = math.radians(180 / count)
        pen.fill(
            color,
            [
                (0, 0),
                (900 * math.cos(angle), 900 * math.sin(angle)),
                (900 * math.cos(angle + wide), 900 * math.sin(angle + wide)),
            ],
        )
    return image


def shapes(palette: Palette, rng: Random) -> Image.Image:
    """Loose soft shapes and confetti."""
    image = gradient(WIDTH, HEIGHT, mixed(palette.bottom, WHITE, 0.3), palette.bottom)
    pen = canvas_pen(image)
    for color, (x, y) in zip((palette.top, palette.a, palette.c), ((-520, -330), (540, 330), (480, -380)), strict=True):
        radius, phase = rng.uniform(230, 320), rng.uniform(0, 6)
        blob = []
        for degree in range(0, 360, 6):
            angle = math.radians(degree)
            reach = radius * (1 + 0.16 * math.sin(3 * angle + phase))
            blob.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
        pen.fill(mixed(color, palette.bottom, 0.25), blob)
    for _ in range(26):
        left, top = rng.uniform(-580, 580), rng.uniform(-430, 430)
        color = rng.choice((palette.a, palette.b, palette.c, WHITE))
        if rng.random() < 0.5:
            pen.circle(color, left, top, rng.uniform(6, 15))
        else:
            angle = rng.uniform(0, math.pi)
            pen.line(color, 9, left, top, left + 34 * math.cos(angle), top + 34 * math.sin(angle))
    return image


OUTDOORS = (beach, mountains, facades)
STUDIO = (rays, shapes)
