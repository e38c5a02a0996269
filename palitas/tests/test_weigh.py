from contextlib import nullcontext

import pytest
from django.core.management import CommandError, call_command

from palitas.management.commands import weigh
from palitas.showroom import scales
from palitas.showroom.scales import Weight
from palitas.showroom.site import Showroom

LIGHT, HEAVY = Weight("Home", 119_960, 120_000), Weight("Search", 30_001, 30_000)
TABLE = "| | kB | at most |\n| --- | ---: | ---: |\n| Home | 120.0 | 120 |"


@pytest.fixture
def scale(settings, monkeypatch, tmp_path):
    """Return a function that says what is found; no site is started."""
    settings.DEVELOPMENT = True
    site = Showroom("http://localhost:1", pages={}, session="")
    monkeypatch.setattr(weigh, "showroom", lambda: nullcontext(site))
    monkeypatch.setattr(weigh, "PAGE", tmp_path / "interface.md")
    return lambda *weights: monkeypatch.setattr(scales, "weigh", lambda _address: list(weights))


def test_weigh_prints_what_it_found(scale, capsys):
    scale(LIGHT)
    call_command("weigh")
    assert capsys.readouterr().out == f"{TABLE}\n"
    assert not weigh.PAGE.exists()


def test_weigh_fails_and_names_what_is_too_heavy(scale, capsys):
    scale(LIGHT, HEAVY)
    with pytest.raises(CommandError, match=r"^Heavier than it may be: Search\.$"):
        call_command("weigh")


def test_weight_at_its_limit_is_not_too_heavy():
    assert [Weight("", found, 10).is_too_heavy for found in (9, 10, 11)] == [False, False, True]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("# Interface\n\nText.\n", ""),
        ("# Interface\n\n## Weight\n\nOld.\n\n### Older\n", "\n## Next\n\nKept.\n"),
    ],
)
def test_weigh_writes_its_section_and_nothing_else(scale, before, after):
    weigh.PAGE.write_text(before + after)
    scale(LIGHT)
    call_command("weigh", write=True)
    kept = before.split("## Weight")[0] + ("\n" if before and "## Weight" not in before else "")
    section = f"## Weight\n\n{weigh.INTRODUCTION}\n\n{TABLE}\n"
    assert weigh.PAGE.read_text() == kept + section + after
    call_command("weigh", write=True)
    assert weigh.PAGE.read_text() == kept + section + after


def test_weigh_is_refused_in_production(scale, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="Refused"):
        call_command("weigh")


def test_pages_are_compressed_and_pictures_are_not(client, db):
    gzip = {"accept-encoding": "gzip"}
    for path in ("/acerca/", "/sitemap.xml", "/manifest.webmanifest"):
        assert client.get(path, headers=gzip)["Content-Encoding"] == "gzip", path
    assert "Content-Encoding" not in client.get("/acerca/")
