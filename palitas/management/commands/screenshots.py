"""``manage.py screenshots``: the pictures of ``docs/interface.md``."""

from argparse import ArgumentParser
from importlib.util import find_spec
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from PIL import Image

from palitas.showroom.site import CHROMIUM, PRIVATE, Showroom, showroom

PAGES = ("home", "search", "detail", "profile", "publish", "conversation", "agreement", "dashboard")
DEVICES: dict[str, Any] = {"phone": {"width": 360, "height": 800}, "desktop": {"width": 1280, "height": 900}}
THEMES: tuple[Any, ...] = ("light", "dark")
QUALITY = 80


class Command(BaseCommand):
    help = (
        "Photograph the main pages on a phone and a desktop, in both themes, from a site with demo data and production "
        "settings, for docs/interface.md. The demo is the same each time; only its dates follow the calendar."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        folder = settings.BASE_DIR / "docs" / "images" / "interface"
        parser.add_argument("--folder", type=Path, default=folder, help="where to (default: docs/images/interface)")

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        if find_spec("playwright") is None:
            raise CommandError("Playwright is missing: `make screenshots` installs it.")
        folder.mkdir(parents=True, exist_ok=True)
        with showroom() as site:
            photograph(site, folder)
        size = sum(path.stat().st_size for path in folder.glob("*.webp"))
        self.stdout.write(f"{len(PAGES) * len(DEVICES) * len(THEMES)} pictures, {size / 1e6:.1f} MB in {folder}")


def photograph(site: Showroom, folder: Path) -> None:
    """Write a WebP file for every page, device and theme."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - installed for development only

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        for name, (device, size), theme in product(PAGES, DEVICES.items(), THEMES):
            # A browser of its own for each picture: once it had a cookie of the site, it would send that one only.
            context = browser.new_context(
                base_url=site.url,
                viewport=size,
                color_scheme=theme,
                reduced_motion="reduce",
                locale="es-PR",
                extra_http_headers=site.headers if name in PRIVATE else {},
            )
            page = context.new_page()
            page.goto(site.pages[name], wait_until="networkidle")
            if urlsplit(page.url).path != urlsplit(site.pages[name]).path:
                raise CommandError(f"{site.pages[name]} led to {page.url}")
            save(page.screenshot(), folder / f"{name}-{device}-{theme}.webp")
            context.close()
        browser.close()


def save(picture: bytes, path: Path) -> None:
    """Write a picture as a small WebP file."""
    Image.open(BytesIO(picture)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)
