"""Pages that show themselves only between two steps: the crawl walks to them as a person would."""

import re

from accounts.models import User
from accounts.tests.browser import SIGNUP
from accounts.tests.factories import PASSWORD, UserFactory
from palitas.tests.crawler import Crawl, route_of

TOUCH = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def walk_everywhere(crawl: Crawl, people: dict[str, User | None]) -> None:
    _code_of_a_login(crawl, people)
    _code_of_a_new_account(crawl)
    _second_factor(crawl, people)
    _first_password(crawl)
    # The walker keeps no cookie of a login that was not finished.
    crawl.tabs["anonymous"].page.context.clear_cookies()


def _arrived(crawl: Crawl, role: str, path: str) -> None:
    """Note the page that is open, which must be ``path``."""
    crawl.tabs[role].page.wait_for_url(f"**{path}")
    crawl.reached.add(route_of(path))
    crawl.inspect(role, path)


def _code_of_a_login(crawl: Crawl, people: dict[str, User | None]) -> None:
    page = crawl.tabs["anonymous"].page
    page.goto("/cuenta/login/code/")
    page.locator("main [name=email]").fill(people["client"].email)
    page.locator("main form[method=post] [type=submit]").first.click()
    _arrived(crawl, "anonymous", "/cuenta/login/code/confirm/")
    page.context.clear_cookies()


def _code_of_a_new_account(crawl: Crawl) -> None:
    page = crawl.tabs["anonymous"].page
    page.goto("/cuenta/signup/")
    for name, value in SIGNUP.items():
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main form[method=post] [type=submit]").first.click()
    _arrived(crawl, "anonymous", "/cuenta/confirm-email/")
    page.context.clear_cookies()


def _second_factor(crawl: Crawl, people: dict[str, User | None]) -> None:
    page = crawl.tabs["anonymous"].page
    page.goto("/cuenta/login/")
    page.locator("main [name=login]").fill(people["moderator"].email)
    page.locator("main [name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    _arrived(crawl, "anonymous", "/cuenta/2fa/authenticate/")
    page.context.clear_cookies()


def _first_password(crawl: Crawl) -> None:
    """Somebody who has always logged in by code sets a password."""
    person = UserFactory(email="sinclave@example.com")
    person.set_unusable_password()
    person.save(update_fields=["password"])
    tab = crawl.tabs["anonymous"]
    tab.log_in(person)
    tab.page.goto("/cuenta/password/set/")
    _arrived(crawl, "anonymous", "/cuenta/password/set/")
    tab.page.context.clear_cookies()


def add_passkey(crawl: Crawl, role: str) -> int:
    """Set a passkey up with a key that Chromium plays; returns its number."""
    tab = crawl.tabs[role]
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": TOUCH})
    tab.page.goto("/cuenta/2fa/webauthn/add/")
    tab.page.get_by_role("button", name="Añadir", exact=True).click()
    tab.page.wait_for_url(re.compile(r"/cuenta/2fa/(?!webauthn/add)"))
    session.detach()
    return crawl.people[role].authenticator_set.get(type="webauthn").pk
