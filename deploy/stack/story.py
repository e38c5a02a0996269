"""The story of two people, walked through the running stack, with its mail and pictures."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from deploy.stack.parts import OK, Stack
from deploy.stack.processes import StackError
from palitas.tests.visitor import Visitor, photo

MAIL_SECONDS = 60
PASSWORD = secrets.token_urlsafe()
CODE = re.compile(r"^[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}$", re.MULTILINE)
TITLE = "Destapo tuberías el mismo día"
REFUSED = 403


@contextmanager
def told_as_a_failure() -> Iterator[None]:
    """Make what the test's visitor finds wrong a sentence of ours."""
    try:
        yield
    except AssertionError as error:
        raise StackError(f"The story stops: {error}") from error


def expect(found: object, wanted: object, what: str) -> None:
    """Raise StackError unless both are equal."""
    if found != wanted:
        raise StackError(f"{what}: {found!r} instead of {wanted!r}")


class Person(Visitor):
    """Somebody at a browser of their own, who reads their mail."""

    def __init__(self, stack: Stack, email: str, first_name: str) -> None:
        self.browser = stack.browser()
        super().__init__(self.browser)
        self.stack, self.email, self.first_name = stack, email, first_name

    def mail(self, words: str, since: int = 0) -> EmailMessage:
        """Wait for a mail to this person that says ``words`` in its subject or text."""
        until = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < until:
            for mail in self.stack.mail_box.mails[since:]:
                body = mail.get_body(("plain",))
                if mail["To"] == self.email and words in f"{mail['Subject']}\n{body.get_content() if body else ''}":
                    return mail
            time.sleep(0.2)
        raise StackError(f"No mail to {self.email} about {words!r} among {len(self.stack.mail_box.mails)}.")

    def sign_up(self) -> "Person":
        """Make an account and confirm its address with the code that comes by mail."""
        self.open("/cuenta/signup/")
        names = {"first_name": self.first_name, "last_name": "Rodríguez Peña", "phone": "787-555-0134"}
        self.send(email=self.email, password1=PASSWORD, password2=PASSWORD, **names)
        body = self.mail("código").get_body(("plain",))
        code = CODE.search(body.get_content().replace("\r", "") if body else "")
        if code is None:
            raise StackError("The mail has no code.")
        self.send(code=code[0])
        expect(self.path, "/tablero/", "After signing up")
        return self

    def cookies(self) -> str:
        """Return what their browser sends along."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.browser.cookies)

    def status(self) -> str:
        """Return the status of the agreement whose page is open."""
        return str(self.main["data-status"])


def publish(provider: Person) -> str:
    """Publish a promotion with two pictures; returns its path."""
    provider.open("/promociones/nueva/").send(
        service="plomeria",
        title=TITLE,
        description="Trabajo con cámara. Treinta años de experiencia.",
        towns=["ponce"],
        price_min="60",
        price_max="90",
        photos=[photo("uno.jpg"), photo("dos.jpg")],
    )
    expect(provider.main.find("h1").get_text(strip=True), TITLE, "The page of the promotion")  # type: ignore[union-attr]
    return provider.path


def look_at_pictures(provider: Person, stack: Stack) -> None:
    """See the pictures of the open page come from the bucket, and only with their signature."""
    sources = [str(image["src"]) for image in provider.main.find_all("img")]
    in_bucket = [source for source in sources if source.startswith(stack.pictures.endpoint)]
    if len(in_bucket) < len(("uno", "dos")):
        raise StackError(f"The pictures do not come from the bucket: {sources}")
    stranger = stack.browser()
    signed, unsigned = stranger.get(in_bucket[0]), stranger.get(in_bucket[0].split("?")[0])
    expect((signed.status_code, signed.headers["Content-Type"]), (OK, "image/webp"), "A signed picture")
    expect(unsigned.status_code, REFUSED, "The same without its signature")


def agree(provider: Person, client: Person, promotion: str) -> str:
    """Find, write, propose, accept, deliver and close; returns the path of the agreement."""
    client.open("/promociones/?q=plomero+en+ponce")
    if TITLE not in client.text:
        raise StackError("The promotion is not found.")
    client.open(promotion).send(action="/contactar/", body="Se me tapó el fregadero. ¿Puedes el martes?")
    contact = client.path
    provider.mail("fregadero")
    provider.open(contact).send(action=contact, body="Sí, a las nueve.")
    provider.open(f"{contact}acuerdo/").send(price="90", terms="Destapar el fregadero.", accept_terms=True)
    agreement = provider.path
    client.mail(agreement)
    client.open(agreement).send(action="/aceptar/")
    expect(client.open(agreement).status(), "active", "Accepted")
    provider.open(agreement).send(action="/entregar/")
    expect(provider.open(agreement).status(), "delivered", "Delivered")
    client.open(agreement).send(action="/cerrar/")
    expect(client.open(agreement).status(), "closed", "Closed")
    return agreement


def review(provider: Person, client: Person, agreement: str) -> None:
    """Both say how it went, and the provider's page counts it."""
    client.open(agreement).send(action="/resena/", rating="5", body="Quedó como nuevo.")
    if "Quedó como nuevo." in provider.open(agreement).text:
        raise StackError("A review is seen before both are in.")
    provider.send(action="/resena/", rating="4", body="Pagó el mismo día.")
    if "Pagó el mismo día." not in client.open(agreement).text:
        raise StackError("The reviews are not seen.")


def tell(stack: Stack) -> tuple[Person, Person]:
    """Walk through it all; returns the two, logged in. Raises StackError where it goes another way."""
    with told_as_a_failure():
        provider = Person(stack, "nilda@example.com", "Nilda").sign_up()
        promotion = publish(provider)
        look_at_pictures(provider, stack)
        client = Person(stack, "wilfredo@example.com", "Wilfredo").sign_up()
        agreement = agree(provider, client, promotion)
        review(provider, client, agreement)
        client.open(promotion)
        link = next(a["href"] for a in client.main.find_all("a") if "/perfil/" in str(a.get("href")))
        figures = client.open(str(link)).main
        found = [figures.get(name) for name in ("data-palitas", "data-reviews", "data-rating")]
        expect(found, ["1", "1", "5.00"], "The provider's profile")
        look_at_headers(stack)
        return provider, client


def look_at_headers(stack: Stack) -> None:
    """See that pages have each security header once, and static files what keeps them."""
    browser = stack.browser()
    page = browser.get("/")
    once = ["Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"]
    once += ["Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Request-ID"]
    expect([len(page.headers.get_all(name, [])) for name in once], [1] * len(once), f"How often a page has {once}")
    expect(browser.get("/sw.js").headers.get_all("Cache-Control"), ["no-cache"], "How the service worker is kept")
    sheet = next(link for link in re.findall(r'href="(/static/[^"]+\.css)"', page.content.decode()))
    static = browser.get(sheet, accepts="br").headers
    expect(static.get_all("Content-Encoding"), ["br"], f"How {sheet} is compressed")
    expect(static.get_all("Cache-Control"), ["public, max-age=31536000, immutable"], f"How {sheet} is kept")
    expect(static.get_all("X-Content-Type-Options"), ["nosniff"], f"What {sheet} may be taken for")
    packed = browser.get("/", accepts="gzip").headers
    expect(packed.get_all("Content-Encoding"), ["gzip"], "How a page is compressed")
