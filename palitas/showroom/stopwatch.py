"""What a page costs: its queries, and its time as a multiple of the time of a page of plain words."""

import sys
import time
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from palitas.demo.logins import CLIENT
from palitas.showroom.ways import ways_in

ROUNDS = 15
TRIVIAL = "/acerca/"


def run() -> None:
    """Print a table of the hot pages of the database that is set up."""
    ways = ways_in()
    pages = {
        "trivial": TRIVIAL,
        "search": "/promociones/",
        "search, words": "/promociones/?q=plomero",
        "search, town": "/promociones/?pueblo=ponce",
        "search, words and town": "/promociones/?q=u%C3%B1as&pueblo=caguas&precio_max=80",
        "listing": ways["detail"],
        "inbox": "/contactos/",
        "conversation": ways["conversation"],
        "dashboard": "/tablero/",
    }
    browser = Client()
    browser.force_login(User.objects.get(email=CLIENT.email), backend="django.contrib.auth.backends.ModelBackend")
    queries = {name: _queries(browser, path) for name, path in pages.items()}
    times: dict[str, list[float]] = {name: [] for name in pages}
    # In turns, so that what else the machine does falls on all alike.
    for _round in range(ROUNDS):
        for name, path in pages.items():
            times[name].append(_seconds(browser, path))
    trivial = median(times["trivial"])
    sys.stdout.write(f"{'page':<24}{'queries':>8}{'median ms':>11}{'ratio':>8}\n")
    for name, taken in times.items():
        line = f"{name:<24}{queries[name]:>8}{1000 * median(taken):>11.1f}{median(taken) / trivial:>8.1f}\n"
        sys.stdout.write(line)


def _queries(browser: Client, path: str) -> int:
    """Return the queries of the second time a page is opened: the first fills what is remembered."""
    _seconds(browser, path)
    with CaptureQueriesContext(connection) as captured:
        _seconds(browser, path)
    return len(captured)


def _seconds(browser: Client, path: str) -> float:
    start = time.perf_counter()
    response = browser.get(path)
    taken = time.perf_counter() - start
    if response.status_code != 200:  # noqa: PLR2004
        raise RuntimeError(f"{path} answered {response.status_code}")
    return taken
