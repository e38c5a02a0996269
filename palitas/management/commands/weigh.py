"""``manage.py weigh``: load pages like a phone and count what comes over the wire."""

import re
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from palitas.showroom.site import showroom

if TYPE_CHECKING:
    from palitas.showroom.scales import Weight

PAGE = Path(settings.BASE_DIR) / "docs" / "interface.md"
HEADING = "## Weight"
INTRODUCTION = """What comes over the wire, headers included, as Chromium counts it at a phone of 360 × 740 px with two
dots a pixel. The site runs as in production, with the demo data. `make weigh` measures it anew, writes it here and
fails when something is heavier than it may be."""


def table(weights: "list[Weight]") -> str:
    """Return ``weights`` as a table in Markdown, in kilobytes of 1,000 bytes."""
    rows = [f"| {one.name} | {one.found / 1000:.1f} | {one.limit / 1000:.0f} |" for one in weights]
    return "\n".join(["| | kB | at most |", "| --- | ---: | ---: |", *rows])


def with_section(page: str, section: str) -> str:
    """Return ``page`` with ``section``, which has its heading, in place of the one before or at the end."""
    former = re.compile(rf"^{HEADING}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if former.search(page):
        return former.sub(lambda _found: f"{section}\n\n", page).rstrip() + "\n"
    return f"{page.rstrip()}\n\n{section}\n".lstrip()


class Command(BaseCommand):
    help = (
        "Start the site as in production with demo data, load its pages in Chromium and print how much came over the "
        "wire. Fails when something is heavier than it may be. Development only; takes a few minutes."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="put the figures into docs/interface.md")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Refused in production.")
        if find_spec("playwright") is None:
            raise CommandError("Playwright is missing: `make weigh` installs it.")
        # Playwright is not there in production.
        from palitas.showroom.scales import weigh  # noqa: PLC0415

        with showroom() as site:
            weights = weigh(site.url)
        self.stdout.write(table(weights))
        if options["write"]:
            page = PAGE.read_text() if PAGE.exists() else "# Interface\n"
            PAGE.write_text(with_section(page, f"{HEADING}\n\n{INTRODUCTION}\n\n{table(weights)}"))
        heavy = [one.name for one in weights if one.is_too_heavy]
        if heavy:
            raise CommandError(f"Heavier than it may be: {'; '.join(heavy)}.")
