"""Mistakes that this project has decided not to make, looked for in its sources."""

import re
from pathlib import Path

import pytest
from django.conf import settings

BASE = Path(settings.BASE_DIR)
TEMPLATES = sorted((BASE / "templates").rglob("*.*"))
PYTHON = [
    path
    for path in sorted(BASE.rglob("*.py"))
    if not {".venv", "migrations", "var", "node_modules"} & set(path.relative_to(BASE).parts)
]
MAIL_TEMPLATE = re.compile(r"/emails?/")

FORBIDDEN_IN_TEMPLATES = {
    "inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "inline script": re.compile(
        r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/(?:ld\+)?json\")[^>]*>", re.IGNORECASE
    ),
    "foreign script, style or picture": re.compile(
        r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://", re.IGNORECASE
    ),
    "safe filter": re.compile(r"\|\s*safe\b(?!seq)"),
}


@pytest.mark.parametrize("mistake", FORBIDDEN_IN_TEMPLATES)
def test_templates_are_free_of(mistake):
    pattern = FORBIDDEN_IN_TEMPLATES[mistake]
    found = [
        f"{path.relative_to(BASE)}: {match.group(0)}"
        for path in TEMPLATES
        # Mail readers know no style sheets.
        if not (MAIL_TEMPLATE.search(str(path)) and mistake == "inline style")
        for match in pattern.finditer(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("mistake", "example"),
    [
        ("inline style", '<p style="color:red">'),
        ("inline handler", "<a onclick='x()'>"),
        ("javascript: address", '<a href="javascript:x()">'),
        ("inline script", "<script>x()</script>"),
        ("foreign script, style or picture", '<script src="https://cdn.example/x.js">'),
        ("safe filter", "{{ body|safe }}"),
    ],
)
def test_each_mistake_would_be_found(mistake, example):
    assert FORBIDDEN_IN_TEMPLATES[mistake].search(example)


# Django and its libraries look these up by name.
LOOKED_UP_BY_NAME = re.compile(
    r"^(?:400|403|403_csrf|404|409|429|500)\.html$|^(?:allauth|account|mfa|usersessions|admin|registration|django)/"
)
# notices.actions.notify adds the endings.
MAIL_ENDING = re.compile(r"(?:_subject\.txt|\.txt|\.html)$")


def test_every_template_is_used():
    sources = "\n".join(path.read_text() for path in [*TEMPLATES, *PYTHON])
    unused = []
    for path in TEMPLATES:
        name = str(path.relative_to(BASE / "templates"))
        if LOOKED_UP_BY_NAME.match(name):
            continue
        names = {name, MAIL_ENDING.sub("", name)} if MAIL_TEMPLATE.search(name) else {name}
        if not any(f'"{candidate}' in sources or f"'{candidate}" in sources for candidate in names):
            unused.append(name)
    assert unused == []


def test_modules_are_at_most_500_lines_long():
    assert [str(path.relative_to(BASE)) for path in PYTHON if len(path.read_text().splitlines()) > 500] == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "print" + "("])
def test_no_leftovers_in_sources(word):
    pattern = re.compile(rf"(?<![\w.]){re.escape(word)}")
    assert [str(path.relative_to(BASE)) for path in PYTHON if pattern.search(path.read_text())] == []
