"""Scripts stay small, and what is vendored is what was published."""

import hashlib
import json
import re
from pathlib import Path

import brotli
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command

from palitas.static_files import compact

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
OWN = sorted(SCRIPTS.glob("*.js"))
VENDORED = sorted((SCRIPTS / "vendor").glob("*.js"))
MAX_BYTES = 25_000  # on the wire, as whitenoise serves them to a browser that takes brotli
MAX_OWN_LINES = 1_000  # of code: comments are welcome

# dist/htmx.min.js of htmx.org 4.0.1
PUBLISHED = {"htmx.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"}
NEEDS_EVAL = re.compile(r"\bhx-on\b|\bjs:|hx-trigger[^=]*=\"[^\"]*\[")


def weight(script: bytes) -> int:
    return len(brotli.compress(script, quality=11))


def test_scripts_are_light():
    own = sum(weight(compact(path.read_text()).encode()) for path in OWN)
    assert own + sum(weight(path.read_bytes()) for path in VENDORED) <= MAX_BYTES


def test_production_serves_our_scripts_without_comments_and_others_as_they_are(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    backend = "palitas.static_files.SiteStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    for path in OWN:
        served = (tmp_path / names[f"js/{path.name}"]).read_text()
        assert served == compact(path.read_text())
        assert len(served.splitlines()) < len(path.read_text().splitlines())
    for path in VENDORED:
        assert (tmp_path / names[f"js/vendor/{path.name}"]).read_bytes() == path.read_bytes()
    source = (Path(admin.__file__).parent / "static/admin/js/core.js").read_bytes()
    assert (tmp_path / names["admin/js/core.js"]).read_bytes() == source


def test_own_scripts_are_few():
    lines = [line.strip() for path in OWN for line in path.read_text().splitlines()]
    assert len([line for line in lines if line and not line.startswith(("//", "/*", "*"))]) < MAX_OWN_LINES


def test_vendored_scripts_are_as_published():
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDORED} == PUBLISHED


def test_no_template_needs_eval():
    templates = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
    assert [path.name for path in templates if NEEDS_EVAL.search(path.read_text())] == []
    assert NEEDS_EVAL.search('<div data-hx-trigger="every 1s [open]">')
    assert NEEDS_EVAL.search('<div data-hx-on:click="x()">')
    assert NEEDS_EVAL.search('<div data-hx-vals="js:{a: 1}">')
