"""The operator's page names every job and every command that there is."""

import re
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands

from notices import jobs

PAGE = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
ROOMS = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/__init__.py")}


def first_column(heading: str) -> set[str]:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE))


def test_page_names_every_job():
    assert first_column("The worker") == {job.name for job in jobs.registered()}


def test_page_names_every_command():
    own = {name for name, room in get_commands().items() if room in ROOMS}
    assert {name.split()[0] for name in first_column("Commands")} == own
