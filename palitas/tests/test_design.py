"""The visual system holds together: icons exist, colours can be read, themes agree, the style sheets stay light."""

import gzip
import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from agreements.enums import Status as AgreementStatus
from palitas.management.commands import build_icons
from palitas.pages.waiting import AGREEMENT_WORDS
from services.enums import Status

BASE = Path(settings.BASE_DIR)
STYLES = sorted((BASE / "static" / "css").glob("*.css"))
TEMPLATES = [path for path in sorted((BASE / "templates").rglob("*.html")) if "emails" not in path.parts]
MAX_STYLES = 20_000  # bytes, compressed
AA_TEXT = 4.5
AA_GRAPHICS = 3.0

FRONTS = ("coral", "mango", "turquoise", "lime", "sky", "orchid", "rose", "sand")
# What is written in the first colour upon the second, in either theme.
TEXTS = [
    *[
        (text, ground)
        for text in ("ink", "ink-soft", "link", "brand-text")
        for ground in ("paper", "surface", "sunken")
    ],
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("sea-text", "sea-soft"),
    ("sun-text", "sun-soft"),
    ("palm-text", "palm-soft"),
    ("danger", "danger-soft"),
    ("danger", "paper"),
    ("danger", "surface"),
    ("link", "sea-soft"),
    ("surface", "sea-text"),
    ("on-night", "night"),
    ("on-night-soft", "night"),
    ("ink", "dawn"),
    ("brand-text", "dawn"),
    *[(f"{front}-ink", front) for front in FRONTS],
    *[(f"{front}-ink", "surface") for front in FRONTS],
]
# Edges without which a control or the focus could not be seen.
EDGES = [
    *[("line-strong", ground) for ground in ("paper", "surface")],
    *[("focus", ground) for ground in ("paper", "surface", "sunken", "dawn")],
    ("brand", "surface"),
]


def tokens_of(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): ([^;]+);", block))


def blocks_of_tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Return the tokens of the light theme and of the dark one."""
    css = (BASE / "static" / "css" / "base.css").read_text()
    light = re.search(r"\n  :root \{(.*?)\n  \}", css, re.DOTALL)
    dark = re.search(r"prefers-color-scheme: dark\) \{\n    :root \{(.*?)\n    \}", css, re.DOTALL)
    assert light is not None
    assert dark is not None
    return tokens_of(light[1]), tokens_of(dark[1])


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rgb`` or ``#rrggbb`` (WCAG 2.2)."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    channels = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)


def test_dark_theme_changes_every_colour_of_the_light_one_but_white_on_brand():
    light, dark = blocks_of_tokens()
    colours = {name for name, value in light.items() if value.startswith("#")}
    assert colours - set(dark) == set()
    assert {name for name in colours if light[name] == dark[name]} == {"on-brand"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, AA_TEXT), (EDGES, AA_GRAPHICS)], ids=["texts", "edges"])
def test_colours_can_be_read(theme, pairs, least):
    light, dark = blocks_of_tokens()
    tokens = light if theme == "light" else light | dark
    poor = {
        f"{text} on {ground}": round(contrast(tokens[text], tokens[ground]), 2)
        for text, ground in pairs
        if contrast(tokens[text], tokens[ground]) < least
    }
    assert poor == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shades_of_the_map_go_one_way(theme):
    light, dark = blocks_of_tokens()
    tokens = light if theme == "light" else light | dark
    shades = [luminance(tokens[f"shade-{n}"]) for n in range(5)]
    ordered = sorted(shades, reverse=theme == "light")
    assert shades == ordered
    assert all(one != other for one, other in pairwise(shades))


def test_every_custom_property_that_is_read_is_defined():
    css = "".join(path.read_text() for path in STYLES)
    read, defined = set(re.findall(r"var\(--([\w-]+)\)", css)), set(re.findall(r"--([\w-]+):", css))
    assert read - defined == set()


def test_style_sheets_are_light():
    assert sum(len(gzip.compress(path.read_bytes())) for path in STYLES) <= MAX_STYLES


def sprite_names() -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', build_icons.SPRITE.read_text()))


def test_every_service_has_an_icon():
    assert build_icons.service_icons() - sprite_names() == set()


def test_every_icon_of_the_templates_exists():
    calls = [
        call
        for path in TEMPLATES
        for call in re.findall(r'\{% include "components/(?:icon|empty)\.html" with [^%]*', path.read_text())
    ]
    used = {name for call in calls for name in re.findall(r'(?:name|icon)="([\w-]+)"', call)}
    assert "search" in used
    assert used - sprite_names() == set()


def test_every_icon_that_is_sent_to_readers_is_used():
    """By a page, a script or the code: a name in quotes."""
    root = Path(settings.BASE_DIR)
    code = [
        path for room in root.glob("*/__init__.py") for path in room.parent.rglob("*.py") if "tests" not in str(path)
    ]
    words = set()
    for path in [*TEMPLATES, *code, *(root / "static" / "js").glob("*.js")]:
        words |= set(re.findall(r'"([a-z][a-z0-9-]*)"', path.read_text()))
    assert sorted(set(build_icons.UI_ICONS.split()) - words) == []


@pytest.fixture
def sprite(tmp_path, monkeypatch):
    file = tmp_path / "sprite.svg"
    monkeypatch.setattr(build_icons, "SPRITE", file)
    monkeypatch.setattr(build_icons, "UI_ICONS", "search")
    monkeypatch.setattr(build_icons, "service_icons", lambda: {"wrench"})
    return file


def test_build_icons_puts_the_drawings_together(sprite, tmp_path):
    for name in ("search", "wrench", "unused"):
        (tmp_path / f"{name}.svg").write_text(f'<svg\n  width="24">\n  <path d="M1 {len(name)}" />\n</svg>\n')
    call_command("build_icons", tmp_path)
    lines = sprite.read_text().splitlines()
    assert lines[2:4] == [
        '<symbol id="search" viewBox="0 0 24 24"><path d="M1 6"/></symbol>',
        '<symbol id="wrench" viewBox="0 0 24 24"><path d="M1 6"/></symbol>',
    ]


def test_build_icons_names_what_is_missing(sprite, tmp_path):
    (tmp_path / "search.svg").write_text("<svg></svg>")
    with pytest.raises(CommandError, match="wrench"):
        call_command("build_icons", tmp_path)
    assert not sprite.exists()


def test_every_class_of_the_templates_is_in_the_style_sheets():
    css = "".join(path.read_text() for path in STYLES)
    defined = set(re.findall(r"\.([a-z][\w-]*)", css))
    # Pages inside Django's admin have its style sheets.
    site = [path for path in TEMPLATES if "admin" not in path.parts and 'extends "admin/' not in path.read_text()]
    unknown = {
        f"{path.name}: {name}"
        for path in site
        for names in re.findall(r'class="([^"]*)"', re.sub(r"\{%.*?%\}", " ", path.read_text()))
        for name in names.split()
        if "{{" not in names and name not in defined
    }
    assert unknown == set()


def test_every_class_of_the_style_sheets_is_used():
    """A class is used by a template, a script, or by a word that completes its name: ``badge-{{ status }}``."""
    sheets = [path.read_text() for path in STYLES if path.stem != "admin"]
    css = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", "".join(sheets), flags=re.DOTALL)
    sources = [*TEMPLATES, *(BASE / "static" / "js").glob("*.js"), BASE / "palitas" / "templatetags" / "palitas.py"]
    text = "".join(path.read_text() for path in sources)
    completed = {
        "avatar": {"s", "m", "l"},
        "badge": {*Status.values, *AgreementStatus.values, "reviewed"},
        "task": {*AGREEMENT_WORDS, "confirm"},
    }
    unused = {
        name
        for name in re.findall(r"\.([a-z][\w-]*)", css)
        if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)
        and name.partition("-")[2] not in completed.get(name.partition("-")[0], set())
    }
    assert unused == set()
