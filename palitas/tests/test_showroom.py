"""What is photographed and measured: the ways into the demo, the pictures of the docs, how marks are judged."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.tests.factories import UserFactory
from agreements.tests.factories import AgreementFactory
from palitas.demo.logins import CLIENT, PROVIDER
from palitas.management.commands import bench, lighthouse, screenshots
from palitas.showroom import site, stopwatch
from palitas.showroom.ways import ways_in
from services.catalog_data import load_catalog

DOCS = Path(settings.BASE_DIR) / "docs"
REPORT = {
    "categories": {
        "seo": {
            "score": 0.61,
            "auditRefs": [
                {"id": "title", "weight": 1},
                {"id": "description", "weight": 1},
                {"id": "hint", "weight": 0},
                {"id": "not-applicable", "weight": 1},
            ],
        }
    },
    "audits": {
        "title": {"title": "There is a title", "score": 1},
        "description": {"title": "No description", "score": 0, "details": {"items": [{"node": "head"}]}},
        "hint": {"title": "A hint", "score": 0},
        "not-applicable": {"title": "Nothing to see", "score": None},
    },
}


@pytest.fixture
def proposal(db):
    """What the demo's client has been offered by its provider."""
    load_catalog()
    client, provider = UserFactory(email=CLIENT.email), UserFactory(email=PROVIDER.email)
    return AgreementFactory(contact__listing__owner=provider, contact__opener=client)


def test_ways_lead_to_pages_that_the_client_can_open(proposal):
    ways = ways_in()
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = ways.pop("session")
    assert {name: browser.get(path).status_code for name, path in ways.items()} == {
        "detail": 200,
        "profile": 200,
        "conversation": 200,
        "agreement": 200,
    }
    assert ways["agreement"] == proposal.get_absolute_url()


def test_stopwatch_prints_every_page_with_its_ratio(proposal, capsys, monkeypatch):
    monkeypatch.setattr(stopwatch, "ROUNDS", 1)
    stopwatch.run()
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["page", "queries", "median", "ms", "ratio"]
    assert len(lines) == 9
    assert lines[0].split()[-1] == "1.0"


@pytest.mark.parametrize("command", ["bench"])
def test_what_makes_databases_is_refused_in_production(command, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="Refused in production"):
        call_command(command)


def test_private_pages_need_no_mark_for_search_engines():
    assert lighthouse.required_of("home") == {
        "accessibility": 100,
        "best-practices": 100,
        "seo": 100,
        "performance": 98,
    }
    assert lighthouse.required_of("agreement") == {"accessibility": 100, "best-practices": 100, "performance": 98}


def test_a_mark_is_explained_by_what_cost_points():
    assert lighthouse.mark(REPORT, "seo") == 61
    assert lighthouse.reasons(REPORT, "seo") == ['No description  [{"node": "head"}]']


@pytest.mark.parametrize(("index", "times"), [(1750, 4.0), (3000, 4.0), (875, 2.0), (1300, 3.0), (90, 1)])
def test_a_slow_machine_is_slowed_down_less(index, times):
    assert lighthouse.slowdown_on(index) == times


def test_every_page_that_is_looked_at_has_a_way():
    ways = set(site.PAGES) | {"detail", "profile", "conversation", "agreement"}
    assert set(screenshots.PAGES) == ways
    assert set(lighthouse.PAGES) <= ways
    assert bench.SIZES == (1_000, 100_000)


def test_the_pictures_of_the_docs_are_those_that_are_taken_and_small():
    shown = re.findall(r"\(images/interface/([\w.-]+)\)", (DOCS / "interface.md").read_text())
    taken = {
        f"{page}-{device}-{theme}.webp"
        for page in screenshots.PAGES
        for device in screenshots.DEVICES
        for theme in screenshots.THEMES
    }
    files = list((DOCS / "images" / "interface").iterdir())
    assert sorted(shown) == sorted(taken) == sorted(path.name for path in files)
    assert sum(path.stat().st_size for path in files) <= 3_000_000
