"""The crawl: who may open what is asked of Django, what opens is looked at in Chromium.

Every address is asked for as every role. Where the answer is a page, the role's own browser opens it and notes what
goes wrong, unless it has seen a page of this pattern with the same shape: the set of the page's elements with their
classes and the names of their attributes. Axe looks at each shape that has an element which no page of its pattern has
shown yet, and once more at its colours in the dark theme.
"""

import html
import re
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.utils import translation
from playwright.sync_api import Error, Response

from accounts.models import User
from palitas.tests.chromium import DESKTOP, HEIGHT, PHONE, Tab

TAG = re.compile(r"<([a-z][a-z0-9]*)([^<>]*)>")
FORM = re.compile(r"<form\b([^<>]*)>", re.IGNORECASE)
VALUE = re.compile(r'([a-z-]+)="([^"]*)"', re.IGNORECASE)
CLASS = re.compile(r'\b(?:class|role|type)="[^"]*"')
ATTRIBUTE = re.compile(r'\s([a-z][\w-]*)(?:="[^"]*")?')
OK, REFUSED = 200, 400
NOT_PRESSED = {
    "cuenta/datos/": "a file follows and no page",
    "estilo/": "samples of forms, which lead nowhere",
}
LOGIN = re.compile(r"(?:/en)?/cuenta/(?:login|reauthenticate)/")
Shape = frozenset[tuple[str, ...]]
# Presses in this order, so that what ends things comes after what needs them.
ENDS_THINGS = re.compile("borrar|logout|bloquear|ocultar|delete|remove|deactivate|sessions|archivar")
# Returns "gone", "closed" (nothing to press), "sent", or "held" by a script of the page that has found mistakes.
SUBMIT = """([path, isPlain]) => {
    const target = (form) => new URL(form.getAttribute("action") ?? "", document.baseURI || location).pathname;
    const posts = [...document.forms].filter((form) => form.getAttribute("method")?.toLowerCase() === "post");
    const form = posts.find((form) => target(form) === path);
    const button = form?.querySelector("[type=submit]");
    if (!button) return form ? "closed" : "gone";
    form.noValidate = true;
    window.isLeaving = true;
    if (isPlain) form.constructor.prototype.submit.call(form);
    else form.requestSubmit(button);
    return form.querySelector("[aria-invalid=true]") && !isPlain ? "held" : "sent";
}"""


def routes(resolver: URLResolver | None = None, prefix: str = "") -> list[str]:
    """Return every pattern of the site, in the resolver's order."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^")
        found += [route] if isinstance(entry, URLPattern) else routes(entry, route)
    return list(dict.fromkeys(found))


def route_of(path: str) -> str:
    """Return the pattern of an address, or nothing."""
    try:
        return resolve(urlsplit(path).path).route.replace("^", "")
    except Resolver404:
        return ""


def shape_of(page: str) -> Shape:
    return frozenset(
        (tag, *CLASS.findall(attributes), *sorted(set(ATTRIBUTE.findall(attributes))))
        for tag, attributes in TAG.findall(page)
    )


def posts_of(page: str, path: str) -> list[str]:
    """Return the addresses to which the forms of a page post."""
    found = []
    for attributes in FORM.findall(page):
        values = {name.lower(): html.unescape(value) for name, value in VALUE.findall(attributes)}
        if values.get("method", "").lower() == "post":
            found.append(urlsplit(urljoin(path, values.get("action") or path)).path)
    return found


class NotSent(Exception):
    """A form was not sent; ``outcome`` is what SUBMIT returned."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome


def wait_for_new_page(tab: Tab) -> None:
    """Return when the page after a form is there.

    Raises:
        Error: it has not come within ten seconds.
    """
    for _attempt in range(100):
        with suppress(Error):  # asked in the moment between the two
            if tab.page.evaluate("!window.isLeaving && document.readyState === 'complete'"):
                return
        time.sleep(0.1)
    raise Error("no page came after the form")


class Crawl:
    """Walks as every role, and remembers.

    Attributes:
        wrong: a sentence for each thing that is not as it should be.
        reached: the patterns that answered somebody with more than a refusal.
        asked, looked, shapes, pressed: what there is to print.
    """

    def __init__(self, open_tab: Callable[..., Tab], people: dict[str, User | None]) -> None:
        self.people = people
        self.tabs = {role: open_tab() for role in people}
        self.clients = {role: self._enter(role) for role in people}
        self.wrong: list[str] = []
        self.reached: set[str] = set()
        self.asked = self.looked = self.pressed = 0
        self.shapes: set[Shape] = set()
        self.elements: dict[str, set[tuple[str, ...]]] = defaultdict(set)  # that axe has seen, by pattern
        self.pages: set[tuple[str, Shape]] = set()
        self.refusals: set[tuple[str, int, str]] = set()
        # Where each pattern is posted to from: (role, page, address).
        self.forms: dict[str, list[tuple[str, str, str]]] = defaultdict(list)

    def _enter(self, role: str) -> Client:
        user = self.people[role]
        return Client() if user is None else self.tabs[role].log_in(user)

    def ask_everybody(self, path: str) -> None:
        """Ask for an address as every role, and in English as the first who may open it."""
        opened = [role for role in self.people if self.ask(role, path)]
        with translation.override("en"):
            english = f"/en{path}"
            if opened and route_of(english):
                self.ask(opened[0], english)

    def ask(self, role: str, path: str) -> bool:
        """Ask for an address as ``role``; look at it where it is a page that this role has not been refused before.

        Returns whether the page opened.
        """
        self.asked += 1
        response = self.clients[role].get(path, follow=True)
        response.close()
        chain = getattr(response, "redirect_chain", [])
        final = chain[-1][0] if chain else path
        if response.status_code >= 500:
            self.wrong.append(f"{path} as {role}: {response.status_code}")
        is_open = response.status_code == OK and not (chain and LOGIN.match(final))
        if is_open:
            self.reached.add(route_of(path))
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        page = response.content.decode() if is_page else ""
        if page and (is_open or not self._was_refused(role, response, final)):
            for target in posts_of(page, final) if is_open and not path.startswith("/en/") else ():
                self.forms[route_of(target)].append((role, path, target))
            kind = (route_of(final), shape_of(page))
            if kind not in self.pages:
                self.pages.add(kind)
                self.look(role, path)
        return is_open

    def _was_refused(self, role: str, response: HttpResponseBase, final: str) -> bool:
        """Whether this role has seen the same refusal: its page does not depend on the address."""
        key = (role, response.status_code, urlsplit(final).path if response.status_code == OK else "")
        seen = key in self.refusals
        self.refusals.add(key)
        return seen

    def look(self, role: str, path: str) -> None:
        """Open a page in the browser of ``role``."""
        try:
            self.tabs[role].page.goto(path)
        except Error as error:
            self.wrong.append(f"{path} as {role}: {error}")
            return
        self.inspect(role, path)

    def inspect(self, role: str, name: str) -> None:
        """Note what is wrong with the page that is open in the browser of ``role``."""
        self.looked += 1
        tab = self.tabs[role]
        found = tab.overflow()
        shape, known = shape_of(tab.page.content()), self.elements[route_of(tab.page.url)]
        if shape not in self.shapes and not shape <= known:
            self.shapes.add(shape)
            found += self._inspect_shape(tab)
        known |= shape
        found += tab.take_troubles()
        self.wrong += [f"{name} as {role}: {problem}" for problem in found]

    def _inspect_shape(self, tab: Tab) -> list[str]:
        found = tab.violations_in_both_themes()
        tab.page.set_viewport_size({"width": DESKTOP, "height": HEIGHT})
        found += tab.overflow()
        tab.page.set_viewport_size({"width": PHONE, "height": HEIGHT})
        return found

    def press_everything(self) -> None:
        """Send a form to every pattern that any page posts to, with nothing filled in.

        What asks for something shows its errors, what asks for nothing happens.
        """
        for route in sorted(
            set(self.forms) - set(NOT_PRESSED), key=lambda route: (bool(ENDS_THINGS.search(route)), route)
        ):
            if not any(self.press(*form) for form in dict.fromkeys(self.forms[route])):
                self.wrong.append(f"{route}: its form is gone from every page that had it")

    def press(self, role: str, path: str, target: str) -> bool:
        """Return whether the page still has the form; note what is wrong with what follows.

        Where a script of the page finds the mistakes, that is looked at, and then what the server says of them.
        """
        tab = self.tabs[role]
        self.clients[role] = self._enter(role)
        name = f"{path}, sent to {target},"
        for is_plain in (False, True):
            tab.page.goto(path)
            try:
                with tab.page.expect_response(
                    lambda response: response.request.method == "POST", timeout=10_000
                ) as sent:
                    outcome = tab.page.evaluate(SUBMIT, [target, is_plain])
                    if outcome != "sent":
                        raise NotSent(outcome)
                self._arrive(role, name, sent.value)
            except NotSent as reason:
                if reason.outcome != "held":
                    tab.take_troubles()
                    return reason.outcome == "closed"
                self.inspect(role, f"{name} held back,")
                continue
            except Error as error:
                self.wrong.append(f"{name} as {role}: {error}")
            break
        return True

    def _arrive(self, role: str, name: str, response: Response) -> None:
        """Look at the page that follows a form."""
        tab = self.tabs[role]
        if response.request.is_navigation_request():
            wait_for_new_page(tab)
        else:
            tab.page.wait_for_load_state("networkidle")
        self.pressed += 1
        if response.status >= REFUSED:
            self.wrong.append(f"{name} as {role}: {response.status}")
        self.reached.add(route_of(response.url))
        self.inspect(role, name)

    def summary(self) -> str:
        return (
            f"{len(self.reached)} patterns, {self.asked} addresses × roles ({len(self.people)} roles), "
            f"{self.looked} pages looked at, {self.pressed} forms sent, {len(self.shapes)} shapes with axe × 2 themes, "
            f"{len(self.wrong)} problems"
        )
