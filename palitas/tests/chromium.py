"""Real Chromium for tests: people at a browser, and everything that goes wrong in it.

``conftest.py`` loads the fixtures for every room. A test that uses them is marked ``browser`` and
``django_db(transaction=True)``; whatever a tab notes and the test does not take fails the test at its end.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

from accounts.models import User

PHONE, DESKTOP = 360, 1280
LOOKS = [(PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")]
HEIGHT = 800

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Those that a theme can break: the two differ in nothing but their colours.
AXE_RULES_OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
LAUNCH = {
    "executable_path": "/usr/bin/chromium",
    "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}
# Chromium says the same in its console; this says which directive, and holds if its wording changes.
REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`));"""

# Left out: a drawing that Django's own choice of groups and permissions puts there, for superusers alone. Style sheets
# are not copied for axe: the content policy would refuse the copies.
RUN_AXE = """(rules) => axe.run(
    {exclude: [[".search-label-icon"]]},
    {runOnly: rules, resultTypes: ["violations"], preload: false},
)"""
# Half of a change from one colour to another has contrasts of its own.
END_TRANSITIONS = (
    """document.getAnimations().filter((one) => one instanceof CSSTransition).forEach((one) => one.finish())"""
)


@cache
def axe_source() -> str:
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()


class Tab:
    """A page of somebody's browser. ``troubles`` fills with whatever goes wrong in it."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.troubles: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("response", self._response)
        page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        # What could not be loaded is noted by _response, with its address; a page that says 404 is no trouble.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.troubles.append(f"{response.status}: {response.url}")

    def _failed(self, request: Request) -> None:
        # Going to another page ends what the first one was still loading.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"{request.failure}: {request.url}")

    def take_troubles(self) -> list[str]:
        """Return what has gone wrong since the last time; the test no longer fails for it."""
        taken, self.troubles[:] = list(self.troubles), []
        return taken

    def log_in(self, user: User) -> Client:
        """Make this browser one in which ``user`` has just typed their password, without the forms.

        Returns a client of Django's with the same session.
        """
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        proof = {"method": "password", "at": time.time(), "email": user.email, "reauthenticated": True}
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [proof]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": self.base_url}
        self.page.context.add_cookies([cookie])
        return client

    def overflow(self) -> list[str]:
        """Return a sentence when the page is wider than its window."""
        width = self.page.viewport_size["width"]
        needed = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"{needed} px wide in a window of {width}"] if needed > width else []

    def violations(self) -> list[str]:
        """Return what axe finds against WCAG 2.2 AA on the page that is open."""
        with self._whole_page():
            return self._ask_axe(AXE_TAGS)

    def violations_in_both_themes(self) -> list[str]:
        """Return the same of the light theme, and what is wrong with the colours of the dark one."""
        with self._whole_page():
            found = self._ask_axe(AXE_TAGS)
            self.page.emulate_media(color_scheme="dark")
            found += [f"dark: {problem}" for problem in self._ask_axe(AXE_RULES_OF_COLOUR)]
            self.page.emulate_media(color_scheme="light")
        return found

    @contextmanager
    def _whole_page(self) -> Iterator[None]:
        """Have a window as high as the page meanwhile, in which the bar at its foot covers nothing."""
        width = self.page.viewport_size["width"]
        # Some pages grow with their window.
        for _attempt in range(6):
            height = self.page.evaluate("document.documentElement.scrollHeight")
            if height == self.page.viewport_size["height"]:
                break
            self.page.set_viewport_size({"width": width, "height": height})
        # Nothing is under what sticks to the top of the window.
        self.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        yield
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def _ask_axe(self, rules: Any) -> list[str]:
        self.page.evaluate(END_TRANSITIONS)
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe_source())
        found = self.page.evaluate(RUN_AXE, rules)
        return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes']]}" for rule in found["violations"]]

    def problems(self) -> list[str]:
        """Return all that is wrong with the page that is open."""
        return [*self.overflow(), *self.violations(), *self.take_troubles()]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, where Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_tab(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Tab]]:
    """Return a function that opens a tab in a browser of its own, whose addresses begin at the site's root.

    Arguments: ``user`` (logged in, or None), ``width`` in pixels, ``scheme`` (``light`` or ``dark``), and whatever
    else ``Browser.new_context`` takes, such as ``java_script_enabled`` and ``service_workers``.
    """
    tabs = []

    def opened(user: User | None = None, *, width: int = PHONE, scheme: str = "light", **options: Any) -> Tab:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, **options
        )
        context.add_init_script(REPORT_VIOLATIONS)
        tab = Tab(context.new_page(), live_server.url)
        tabs.append(tab)
        if user is not None:
            tab.log_in(user)
        return tab

    yield opened
    for tab in tabs:
        tab.page.context.close()
    assert [trouble for tab in tabs for trouble in tab.troubles] == []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write what tests have counted, such as the pages of the crawl; with several processes too."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for line in [value for name, value in report.user_properties if name == "summary"]:
            terminalreporter.write_line(line)
