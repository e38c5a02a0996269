"""Draws the flat motifs of ``motifs.toml`` with Pillow.

Everything is a polygon: it can be moved, scaled and turned, and is drawn larger than it will be, so that the reduction
smooths its edges.
"""

import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

Color = tuple[int, int, int]
Points = list[tuple[float, float]]

# A unit of the plan is drawn as 1.6 pixels, which are halved in the end: a plan of 1200 × 900 gives 960 × 720 pixels,
# enough for a phone, and the encoding of some hundred pictures in half the time.
DRAWN = 1.6
REDUCTION = 2

# Colours that mean something stay the same in every picture.
FIXED_COLORS = {
    "ink": "#2b2d42",
    "light": "#fffaf0",
    "stone": "#d8d3c8",
    "stone2": "#8d99ae",
    "metal": "#b8c4cf",
    "wood": "#9c6644",
    "tan": "#ddb892",
    "skin": "#c68863",
    "green": "#52a447",
    "leaf": "#2f7d4f",
    "gold": "#ffc145",
    "red": "#e63946",
    "blue": "#1d70a2",
    "sky": "#8fd3e8",
}


@dataclass(frozen=True)
class Palette:
    """The colours that change: the sky from top to bottom, the paper under a motif, and three of the motif itself."""

    top: str
    bottom: str
    paper: str
    a: str
    b: str
    c: str


# The sea at Flamenco, flamboyán trees, the façades of Old San Juan, a stall of piraguas …
PALETTES = [
    Palette("#0fa3b1", "#b5e2fa", "#f9f7f3", "#f7a072", "#ef476f", "#0b7a75"),
    Palette("#ff6b6b", "#ffd93d", "#fff6e5", "#118ab2", "#ef476f", "#06a77d"),
    Palette("#7b2cbf", "#ff9e6d", "#fff1e6", "#f72585", "#3a86ff", "#ffbe0b"),
    Palette("#06a77d", "#d5f2c8", "#fbfff4", "#ff7f51", "#0081a7", "#fed9b7"),
    Palette("#0081a7", "#fdfcdc", "#fff9ee", "#f07167", "#00afb9", "#fed9b7"),
    Palette("#ef476f", "#ffd6a5", "#fffaf2", "#06d6a0", "#26547c", "#ffd166"),
    Palette("#26547c", "#9ad1d4", "#f4fbfb", "#ffd166", "#ef476f", "#06d6a0"),
    Palette("#f4a261", "#fbe8c8", "#fffdf7", "#2a9d8f", "#e76f51", "#264653"),
    Palette("#5fa8d3", "#fde2e4", "#ffffff", "#d1495b", "#edae49", "#00798c"),
    Palette("#2a9d8f", "#e9f5db", "#fefae0", "#e76f51", "#e9c46a", "#264653"),
]


class Pen:
    """Draws in the motifs' field of 200 × 200, placed somewhere on a picture."""

    def __init__(
        self, image: Image.Image, *, colors: dict[str, str], at: tuple[float, float], size: float, turn: float = 0
    ) -> None:
        """``at`` is the middle and ``size`` the width of the field, both in units of the plan; ``turn`` in degrees."""
        self.draw = ImageDraw.Draw(image)
        self.colors = FIXED_COLORS | colors
        self.x, self.y = at[0] * DRAWN, at[1] * DRAWN
        self.scale = size * DRAWN / 200
        self.cos, self.sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def fill(self, color: str, points: Points) -> None:
        """Fill a polygon of the field with a colour by name or as ``#rrggbb``."""
        placed = [
            (self.x + self.scale * (x * self.cos - y * self.sin), self.y + self.scale * (x * self.sin + y * self.cos))
            for x, y in points
        ]
        self.draw.polygon(placed, fill=self.colors.get(color, color))

    def motif(self, name: str) -> None:
        """Draw a motif of ``motifs.toml``."""
        for shape, color, numbers in motifs()[name]:
            SHAPES[shape](self, color, *numbers)

    def oval(self, color: str, x: float, y: float, rx: float, ry: float) -> None:
        self.fill(color, arc_points(x, y, rx, ry, 0, 360))

    def circle(self, color: str, x: float, y: float, radius: float) -> None:
        self.oval(color, x, y, radius, radius)

    def pie(self, color: str, x: float, y: float, radius: float, start: float, end: float) -> None:
        self.fill(color, [(x, y), *arc_points(x, y, radius, radius, start, end)])

    def box(self, color: str, x: float, y: float, width: float, height: float, corner: float = 0) -> None:
        """A rectangle from its upper left corner, with rounded corners."""
        corner = min(corner, width / 2, height / 2)
        left, top, right, bottom = x + corner, y + corner, x + width - corner, y + height - corner
        corners = [(right, bottom, 0), (left, bottom, 90), (left, top, 180), (right, top, 270)]
        self.fill(
            color,
            [point for cx, cy, start in corners for point in arc_points(cx, cy, corner, corner, start, start + 90)],
        )

    def poly(self, color: str, *numbers: float) -> None:
        self.fill(color, list(zip(numbers[::2], numbers[1::2], strict=True)))

    def line(self, color: str, width: float, *numbers: float) -> None:
        """A line through points, with round ends and joints."""
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        for x, y in points:
            self.circle(color, x, y, width / 2)
        for (x1, y1), (x2, y2) in pairwise(points):
            length = math.hypot(x2 - x1, y2 - y1) or 1
            dx, dy = (y1 - y2) / length * width / 2, (x2 - x1) / length * width / 2
            self.fill(color, [(x1 + dx, y1 + dy), (x2 + dx, y2 + dy), (x2 - dx, y2 - dy), (x1 - dx, y1 - dy)])

    def arc(self, color: str, width: float, x: float, y: float, radius: float, start: float, end: float) -> None:
        outer = arc_points(x, y, radius + width / 2, radius + width / 2, start, end)
        inner = arc_points(x, y, radius - width / 2, radius - width / 2, start, end)
        self.fill(color, outer + inner[::-1])


SHAPES: dict[str, Callable[..., None]] = {
    name: getattr(Pen, name) for name in ("oval", "circle", "pie", "box", "poly", "line", "arc")
}


def arc_points(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Points:
    """Return points along an ellipse, angles in degrees clockwise from the right."""
    steps = max(2, round(abs(end - start) / 7))
    angles = (math.radians(start + (end - start) * step / steps) for step in range(steps + 1))
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


@cache
def motifs() -> dict[str, list[tuple[str, str, list[float]]]]:
    """Return the shapes of every motif, read from ``motifs.toml``."""
    text = (Path(__file__).parent / "motifs.toml").read_text(encoding="utf-8")
    return {name: [_shape(line) for line in lines.split("\n") if line] for name, lines in tomllib.loads(text).items()}


def _shape(line: str) -> tuple[str, str, list[float]]:
    shape, color, *numbers = line.split()
    return shape, color, [float(number) for number in numbers]


def blank(width: int, height: int, color: str) -> Image.Image:
    """Return an image in which a picture of ``width`` × ``height`` is drawn."""
    return Image.new("RGB", _drawn_size(width, height), color)


def gradient(width: int, height: int, top: str, bottom: str) -> Image.Image:
    """Return an image that goes from one colour to another, to draw on."""
    size = _drawn_size(width, height)
    ramp = Image.linear_gradient("L").resize((1, size[1]))
    column = Image.composite(Image.new("RGB", ramp.size, bottom), Image.new("RGB", ramp.size, top), ramp)
    return column.resize(size, Image.Resampling.NEAREST)


def _drawn_size(width: float, height: float) -> tuple[int, int]:
    return round(width * DRAWN), round(height * DRAWN)


def finished(image: Image.Image) -> Image.Image:
    """Return the drawing at its final size."""
    return image.reduce(REDUCTION)


def mixed(one: str, other: str, share: float) -> str:
    """Return a colour between two, ``share`` of the way to the second."""
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def motif_colors(palette: Palette, rng: Random, *, behind: str) -> dict[str, str]:
    """Return the changing colours of one motif; ``behind`` shows through its holes."""
    a, b, c = rng.sample([palette.a, palette.b, palette.c], 3)
    return {"a": a, "b": b, "c": c, "wall": behind}
