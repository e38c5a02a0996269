"""Scripts stay small, and what is vendored is what was published."""

import gzip
import hashlib
import re
from pathlib import Path

from django.conf import settings

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
OWN = sorted(SCRIPTS.glob("*.js"))
VENDORED = sorted((SCRIPTS / "vendor").glob("*.js"))
MAX_BYTES = 25_000  # compressed
MAX_OWN_LINES = 1_000

# dist/htmx.min.js of htmx.org 4.0.1
PUBLISHED = {"htmx.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"}
NEEDS_EVAL = re.compile(r"\bhx-on\b|\bjs:|hx-trigger[^=]*=\"[^\"]*\[")


def test_scripts_are_light():
    assert sum(len(gzip.compress(path.read_bytes())) for path in [*OWN, *VENDORED]) <= MAX_BYTES


def test_own_scripts_are_few():
    assert sum(len(path.read_text().splitlines()) for path in OWN) < MAX_OWN_LINES


def test_vendored_scripts_are_as_published():
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDORED} == PUBLISHED


def test_no_template_needs_eval():
    templates = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
    assert [path.name for path in templates if NEEDS_EVAL.search(path.read_text())] == []
    assert NEEDS_EVAL.search('<div data-hx-trigger="every 1s [open]">')
    assert NEEDS_EVAL.search('<div data-hx-on:click="x()">')
    assert NEEDS_EVAL.search('<div data-hx-vals="js:{a: 1}">')
