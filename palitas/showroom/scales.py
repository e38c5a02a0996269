"""Pages on the scales: what each visit brings over the wire, and how much it may."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

from palitas.showroom.site import CHROMIUM

# A common phone. The worker fetches nothing here: what it puts aside comes from the browser's own cache.
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "service_workers": "block",
}
SEARCH = "/promociones/"


@dataclass(frozen=True)
class Weight:
    """What one visit or one kind of file weighs, in bytes as transferred."""

    name: str
    found: int
    limit: int

    @property
    def is_too_heavy(self) -> bool:
        return self.found > self.limit


class Scales:
    """Counts what a page receives by Chromium's own record of the network, headers included."""

    def __init__(self, page: Page) -> None:
        self._kinds: dict[str, str] = {}
        self.received: Counter[str] = Counter()
        wire = page.context.new_cdp_session(page)
        wire.on("Network.responseReceived", lambda event: self._kinds.update({event["requestId"]: event["type"]}))
        wire.on("Network.loadingFinished", self._finished)
        wire.send("Network.enable")

    def _finished(self, event: dict[str, Any]) -> None:
        self.received[self._kinds.get(event["requestId"], "Other")] += int(event["encodedDataLength"])

    def take(self) -> Counter[str]:
        """Return bytes by kind (Document, Stylesheet, Script, Font, Image, …) since the last time."""
        taken, self.received = self.received, Counter()
        return taken


def load(page: Page, address: str, *, to_its_end: bool) -> None:
    """Open a page; ``to_its_end`` goes through it, so that every picture is fetched."""
    page.goto(address, wait_until="networkidle")
    if not to_its_end:
        return
    height = page.evaluate("document.documentElement.scrollHeight")
    for y in range(0, height, 600):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(60 if y else 120)
    page.wait_for_load_state("networkidle")


def visit(browser: Browser, base: str, *paths: str, **options: Any) -> Counter[str]:
    """Return what the last of ``paths`` brings to a browser that has opened those before it, and nothing else.

    Searches are gone through to their end.
    """
    context = browser.new_context(base_url=base, **{**PHONE, **options})
    page = context.new_page()
    scales = Scales(page)
    for path in paths:
        scales.take()
        load(page, path, to_its_end=path == SEARCH)
    context.close()
    return scales.take()


def text(received: Counter[str]) -> int:
    return received["Document"] + received["Stylesheet"]


def besides_pictures(received: Counter[str]) -> int:
    return received.total() - received["Image"]


# Name, limit in bytes, what counts, and the visit. The limits are those of the site's design.
VISITS: list[tuple[str, int, Callable[[Counter[str]], int], tuple[str, ...], dict[str, Any]]] = [
    ("Home, first visit", 120_000, Counter.total, ("/",), {}),
    ("Search with 20 cards and their pictures, first visit", 250_000, Counter.total, (SEARCH,), {}),
    ("Search after home, besides pictures", 15_000, besides_pictures, ("/", SEARCH), {}),
    (
        "Search with few data, first visit: HTML and CSS",
        30_000,
        text,
        (SEARCH,),
        {"extra_http_headers": {"Save-Data": "on"}},
    ),
]


def compressed(folder: str) -> int:
    """Return how much all files of a folder weigh as browsers get them, by brotli."""
    root = Path(settings.STATIC_ROOT)
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    served = [root / f"{served}.br" for name, served in names.items() if name.startswith(f"{folder}/")]
    return sum(path.stat().st_size for path in served if path.exists())


def weigh(base: str) -> list[Weight]:
    """Return the weight of every visit to the site at ``base``, and of all style sheets and scripts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        weights = [
            Weight(name, count(visit(browser, base, *paths, **options)), limit)
            for name, limit, count, paths, options in VISITS
        ]
        browser.close()
    return [
        *weights,
        Weight("All style sheets", compressed("css"), 20_000),
        Weight("All scripts", compressed("js"), 25_000),
    ]
