"""``manage.py lighthouse``: Lighthouse's marks for the main pages, served as in production."""

import json
import os
import subprocess  # nosec B404
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from palitas.showroom.site import PRIVATE, Showroom, showroom

LIGHTHOUSE = settings.VAR_DIR / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
CHROME = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAGES = ("home", "search", "detail", "profile", "agreement")
REQUIRED = {"accessibility": 100, "best-practices": 100, "seo": 100, "performance": 98}
# Whatever else the machine does takes marks for speed away and gives none: the best of so many runs counts.
RUNS = 5
# Lighthouse slows a desktop of this benchmark index down four times, to be a phone of the middle. A slower machine is
# slowed down less, to be the same phone: "CPU throttling" in Lighthouse's docs/throttling.md.
DESKTOP_INDEX, SLOWDOWN = 1750, 4.0
WHOLE_PAGE = 6000  # pixels
PATIENCE_SECONDS = 120


def required_of(page: str) -> dict[str, int]:
    """Return the marks that a page must have; search engines are told to leave private pages alone."""
    return {name: mark for name, mark in REQUIRED.items() if name != "seo" or page not in PRIVATE}


class Command(BaseCommand):
    help = (
        "Measure the main pages with Lighthouse as a phone loads them (simulated throttling), from a site with demo "
        "data and production settings. Fails below accessibility, best practices and SEO 100 (SEO: public pages) and "
        "performance 98. `make lighthouse` installs what it needs."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not LIGHTHOUSE.exists():
            raise CommandError("Lighthouse is missing: `make lighthouse` installs it.")
        wrong = []
        with showroom() as site, TemporaryDirectory() as folder:
            for page in PAGES:
                wrong += self._judge(page, site, Path(folder))
        if wrong:
            raise CommandError("\n".join(["Below what is required:", *wrong]))

    def _judge(self, page: str, site: Showroom, folder: Path) -> list[str]:
        required = required_of(page)
        speed = quickest(page, site, folder)
        # On the whole page at once: what the bar at the foot of the window covers is no small target.
        rest = measure(page, site, set(required) - {"performance"}, folder, f"--screenEmulation.height={WHOLE_PAGE}")
        reports = dict.fromkeys(required, rest) | {"performance": speed}
        marks = {name: mark(report, name) for name, report in reports.items()}
        words = [f"{name} {marks[name]}" for name in required]
        index = round(speed["environment"]["benchmarkIndex"])
        slowdown = speed["configSettings"]["throttling"]["cpuSlowdownMultiplier"]
        self.stdout.write(f"{page:<10}{'  '.join(words)}  (machine {index}, slowed down {slowdown} times)")
        return [
            f"{page}, {name} {marks[name]}: {reason}"
            for name in required
            if marks[name] < required[name]
            for reason in reasons(reports[name], name)
        ]


def quickest(page: str, site: Showroom, folder: Path) -> dict[str, Any]:
    """Return the best of several reports of a page's speed, or the first that is good enough."""
    best: dict[str, Any] = {}
    slowdown = SLOWDOWN
    for _run in range(RUNS):
        report = measure(page, site, ["performance"], folder, f"--throttling.cpuSlowdownMultiplier={slowdown}")
        best = max(best or report, report, key=lambda one: mark(one, "performance"))
        if mark(best, "performance") >= REQUIRED["performance"]:
            break
        slowdown = slowdown_on(report["environment"]["benchmarkIndex"])
    return best


def slowdown_on(benchmark_index: float) -> float:
    """Return how many times a machine is to be slowed down to be a phone of the middle."""
    return round(min(SLOWDOWN, max(1, SLOWDOWN * benchmark_index / DESKTOP_INDEX)), 1)


def measure(page: str, site: Showroom, categories: Iterable[str], folder: Path, *options: str) -> dict[str, Any]:
    """Return Lighthouse's report of a page, as its phone sees it.

    Raises:
        subprocess.CalledProcessError: Lighthouse itself failed.
        CommandError: the page led to another one.
    """
    output = folder / "report.json"
    command = [
        str(LIGHTHOUSE),
        site.url + site.pages[page],
        "--quiet",
        "--output=json",
        f"--output-path={output}",
        f"--only-categories={','.join(categories)}",
        f"--chrome-flags={' '.join(CHROME)}",
        *options,
    ]
    if page in PRIVATE:
        command.append(f"--extra-headers={json.dumps(site.headers)}")
    environment = {"CHROME_PATH": "/usr/bin/chromium"} | os.environ
    # "Please run Lighthouse again", it says now and then when Chromium begins a page before it is watched.
    for is_last in (False, False, True):
        ended = subprocess.run(  # noqa: S603  # nosec B603 - our own pages
            command, env=environment, check=is_last, timeout=PATIENCE_SECONDS
        )
        if ended.returncode == 0:
            break
    report: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    if not report["finalDisplayedUrl"].endswith(site.pages[page]):
        raise CommandError(f"{site.pages[page]} led to {report['finalDisplayedUrl']}")
    return report


def mark(report: dict[str, Any], category: str) -> int:
    """Return a mark, 0 to 100."""
    return round(100 * (report["categories"][category]["score"] or 0))


def reasons(report: dict[str, Any], category: str) -> list[str]:
    """Return what cost a page points, with what Lighthouse shows of it."""
    found = []
    for reference in report["categories"][category]["auditRefs"]:
        audit = report["audits"][reference["id"]]
        if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
            items = json.dumps(audit.get("details", {}).get("items", []), ensure_ascii=False)
            found.append(f"{audit['title']} {audit.get('displayValue', '')} {items[:300]}")
    return found
