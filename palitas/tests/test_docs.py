"""What the pages for people who work on the site point to is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
DECISION = re.compile(r"\b[Dd]ecision (\d{4})")


def decisions() -> list[Path]:
    return sorted((ROOT / "docs" / "decisions").iterdir())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_decisions_begin_with_their_number_and_none_comes_twice():
    numbers = [page.name[:4] for page in decisions()]
    assert [page.read_text().split()[:2] for page in decisions()] == [["#", number] for number in numbers]
    assert len(set(numbers)) == len(numbers)


def test_decisions_that_are_named_were_taken():
    rooms = {path.parent for path in ROOT.glob("*/__init__.py")}
    named = set()
    for page in [*PAGES, *(path for room in rooms for path in room.rglob("*.py"))]:
        named |= set(DECISION.findall(page.read_text()))
    assert named
    assert named <= {page.name[:4] for page in decisions()}
