"""The site in real Chromium: nothing overflows, nothing is refused by the content policy, axe finds nothing."""

import os
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.tests.factories import PASSWORD
from agreements.tests.factories import AgreementFactory, ContactFactory
from services.catalog_data import load_catalog
from services.models import Service, Town
from services.tests.factories import PromotionFactory, ServiceRequestFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHROMIUM = {
    "executable_path": "/usr/bin/chromium",
    "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}
LOOKS = [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]

VISITOR_PAGES = [
    "/",
    "/en/",
    "/promociones/",
    "/promociones/?q=plomero+en+ponce&precio_max=500",
    "/solicitudes/?q=nadahay&pueblo=ponce",
    "{promotion}",
    "{request}",
    "{profile}",
    "/servicios/",
    "/servicios/plomeria/",
    "/pueblos/",
    "/pueblos/ponce/",
    "/preguntas/",
    "/terminos/",
    "/contacto/",
    "/cuenta/signup/",
    "/cuenta/login/",
    "/cuenta/password/reset/",
    "/promociones/999999/",
]
MEMBER_PAGES = [
    "/tablero/",
    "/promociones/nueva/",
    "/solicitudes/nueva/",
    "{promotion}",
    "/perfil/editar/",
    "/avisos/",
    "/contactos/",
    "{contact}",
    "{agreement}",
    "/busquedas/",
    "/cuenta/persona/",
    "/cuenta/email/",
    "/cuenta/2fa/",
    "/cuenta/sessions/",
    "/cuenta/password/change/",
]


@pytest.fixture(scope="module")
def browser():
    # Playwright keeps an event loop in this thread, where Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**CHROMIUM)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def scene(db, owner, member) -> dict[str, str]:
    """A small but full site; the values are the addresses that the pages above name."""
    load_catalog()
    plumbing, ponce = Service.objects.get(slug="plomeria"), [Town.objects.get(slug="ponce")]
    promotion = PromotionFactory(owner=owner, service=plumbing, towns=ponce, photo_count=2)
    request = ServiceRequestFactory(owner=member, service=plumbing, towns=ponce)
    contact = ContactFactory(listing=promotion, opener=member)
    agreement = AgreementFactory(contact=contact)
    return {
        "promotion": promotion.get_absolute_url(),
        "request": request.get_absolute_url(),
        "profile": owner.get_absolute_url(),
        "contact": contact.get_absolute_url(),
        "agreement": agreement.get_absolute_url(),
    }


def problems(page: Page) -> list[str]:
    """Return what is wrong with the page that is open."""
    width = page.viewport_size["width"]
    found = []
    if (inner := page.evaluate("document.documentElement.scrollWidth")) > width:
        found.append(f"{inner} px wide")
    # In a window as high as the page the bar at its foot covers nothing.
    page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
    page.evaluate(AXE)
    result = page.evaluate("(tags) => axe.run({runOnly: {type: 'tag', values: tags}})", AXE_TAGS)
    page.set_viewport_size({"width": width, "height": 800})
    return found + [f"{v['id']}: {[node['html'][:120] for node in v['nodes']]}" for v in result["violations"]]


def look_at(browser: Browser, base: str, paths: list[str], *, email: str = "") -> list[str]:
    """Open every page in every look; returns all that is wrong, with its address."""
    wrong = []
    for width, scheme in LOOKS:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))  # noqa: B023
        if email:
            page.goto(f"{base}/cuenta/login/")
            page.fill("[name=login]", email)
            page.fill("[name=password]", PASSWORD)
            page.click("main [type=submit]")
            page.wait_for_url(f"{base}/tablero/")
        for path in paths:
            page.goto(base + path)
            wrong += [f"{path} {width} {scheme}: {problem}" for problem in problems(page)]
        context.close()
    # The browser itself reports a page that is not found.
    return [line for line in wrong if "404 (Not Found)" not in line]


def test_pages_of_a_visitor(browser, live_server, scene):
    assert look_at(browser, live_server.url, [path.format(**scene) for path in VISITOR_PAGES]) == []


def test_pages_of_a_member(browser, live_server, scene, member):
    paths = [path.format(**scene) for path in MEMBER_PAGES]
    assert look_at(browser, live_server.url, paths, email=member.email) == []


def test_a_refused_form_is_as_good_as_a_fresh_one(browser, live_server, scene, member):
    page = browser.new_context(viewport={"width": 360, "height": 800}).new_page()
    page.goto(f"{live_server.url}/cuenta/login/")
    page.fill("[name=login]", member.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit]")
    for path in ("/promociones/nueva/", "/solicitudes/nueva/", "/contacto/"):
        page.goto(live_server.url + path)
        page.evaluate("document.querySelector('main form[method=post]').noValidate = true")
        page.click("main form[method=post] [type=submit]")
        assert page.locator("main [aria-invalid=true]").count() > 0, path
        assert problems(page) == []
