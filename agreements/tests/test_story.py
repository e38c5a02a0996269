"""The whole story of two people, over HTTP: forms as a browser sends them, CSRF enforced, no JavaScript."""

import re
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import PASSWORD
from agreements.models import Agreement, Contact
from notices.models import OutboxMail
from services.tests.factories import PromotionFactory, ServiceRequestFactory
from services.tests.pictures import upload

TERMS = "Destapar la tubería.\nLimpiar al terminar."


class Browser:
    """A person at a browser without JavaScript: opens pages, fills in the forms that are on them, sends them."""

    def __init__(self, person) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.open("/cuenta/login/")
        self.send("/cuenta/login/", login=person.email, password=PASSWORD)

    def open(self, address: str) -> None:
        response = self.client.get(address, follow=True)
        assert response.status_code == 200, address
        self._show(response)

    def _show(self, response) -> None:
        self.address = response.request["PATH_INFO"]
        self.page = BeautifulSoup(response.content, "html.parser")
        assert not self.page.select("main .errorlist"), self.page.select("main .errorlist")

    @property
    def main(self) -> Tag:
        return self.page.select_one("main")

    @property
    def text(self) -> str:
        return self.main.get_text(" ", strip=True)

    def click(self, words: str) -> None:
        """Follow the link that says ``words``."""
        [link] = {one["href"] for one in self.main.select("a") if words in one.get_text()}
        self.open(urljoin(self.address, link))

    def form(self, ending: str) -> Tag:
        """Return the form of the page that is sent to an address with this ending."""
        forms = [one for one in self.page.select("form[method=post]") if self._target(one).endswith(ending)]
        assert len(forms) == 1, (ending, [self._target(one) for one in self.page.select("form")])
        return forms[0]

    def _target(self, form: Tag) -> str:
        return urljoin(self.address, form.get("action") or self.address).partition("#")[0]

    def can(self, ending: str) -> bool:
        return any(self._target(one).endswith(ending) for one in self.main.select("form[method=post]"))

    def send(self, ending: str, **filled: object) -> None:
        """Fill in a form of the page and send it; after that the page to which it leads is shown."""
        form = self.form(ending)
        fields = {box["name"]: box.get("value", "") for box in form.select("input[type=hidden]")}
        fields |= {box["name"]: box.get_text().lstrip("\n") for box in form.select("textarea")}
        fields |= {
            box["name"]: box.get("value", "") for box in form.select("input:not([type])[name], input[type=text]")
        }
        names = {box["name"] for box in form.select("[name]")}
        assert set(filled) <= names, (filled, names)
        response = self.client.post(self._target(form), fields | filled)
        assert response.status_code == 302, (
            response.status_code,
            BeautifulSoup(response.content, "html.parser").get_text(" ")[:900],
        )
        self._show(self.client.get(response["Location"], follow=True))


@pytest.fixture
def browsers(owner, member):
    """The owner of the listings and the member who writes about them, each at a browser."""
    cache.clear()
    return Browser(owner), Browser(member)


def open_contact(owner, member, listing) -> Contact:
    """The member writes from the page of the listing; the owner finds it in the inbox and answers."""
    member.open(listing.get_absolute_url())
    member.send("/contactar/", body="Se me tapó la tubería. ¿Puedes el martes?")
    contact = Contact.objects.get(listing=listing)
    assert member.address == f"/contactos/{contact.pk}/"
    owner.open("/contactos/?lado=recibidos")
    assert owner.main.select_one(f'[data-kind="contact"][data-id="{contact.pk}"][data-status="new"]')
    owner.open(f"/contactos/{contact.pk}/")
    assert "Se me tapó la tubería." in owner.text
    owner.send(f"/contactos/{contact.pk}/", body="Sí, a las nueve.")
    return contact


def propose(provider, contact, **changes) -> Agreement:
    provider.open(f"/contactos/{contact.pk}/")
    provider.open(f"/contactos/{contact.pk}/acuerdo/")
    values = {"price": "$150", "terms": TERMS, "accept_terms": "on"}
    provider.send(f"/contactos/{contact.pk}/acuerdo/", **(values | changes))
    agreement = Agreement.objects.latest("pk")
    assert provider.address == f"/acuerdos/{agreement.pk}/"
    assert status(provider) == "pending"
    return agreement


def status(browser) -> str:
    return browser.main["data-status"]


def visit(browser, agreement) -> None:
    browser.open(f"/acuerdos/{agreement.pk}/")


def take(browser, agreement, step: str, **filled: object) -> str:
    """Open the agreement, take a step, return the status that the page shows then."""
    visit(browser, agreement)
    browser.send(f"/acuerdos/{agreement.pk}/{step}/", **filled)
    assert browser.address == f"/acuerdos/{agreement.pk}/"
    return status(browser)


def review_both(provider, client, agreement) -> None:
    """Both review; neither sees the other's words before its own are in."""
    take(client, agreement, "resena", rating="5", body="Quedó como nuevo.")
    visit(provider, agreement)
    assert "Quedó como nuevo." not in provider.text
    take(provider, agreement, "resena", rating="4", body="Pagó el mismo día.")
    for browser in (provider, client):
        visit(browser, agreement)
        assert "Quedó como nuevo." in browser.text
        assert "Pagó el mismo día." in browser.text


def figures(browser, person) -> tuple[str, str, str]:
    browser.open(person.get_absolute_url())
    main = browser.main
    return main["data-palitas"], main["data-reviews"], main["data-rating"]


def mailed() -> list[tuple[str, str]]:
    """Return who got mail since the last look, with the first words of its subject."""
    found = [(mail.recipient, re.split("[:“]", mail.subject)[0].strip()) for mail in OutboxMail.objects.order_by("pk")]
    OutboxMail.objects.all().delete()
    return found


@pytest.mark.parametrize("kind", ["promotion", "request"])
def test_from_the_first_message_to_the_palita(browsers, owner, member, kind):
    """On a promotion its owner provides; on a request the sides are swapped."""
    factory = PromotionFactory if kind == "promotion" else ServiceRequestFactory
    listing = factory(owner=owner, title="Destapes en Ponce")
    contact = open_contact(*browsers, listing)
    provider, client = browsers if kind == "promotion" else reversed(browsers)
    provider_person, client_person = (owner, member) if kind == "promotion" else (member, owner)
    OutboxMail.objects.all().delete()

    client.open(f"/contactos/{contact.pk}/")
    assert not client.page.select(f'a[href="/contactos/{contact.pk}/acuerdo/"]')
    first = propose(provider, contact, price="$200")
    assert take(client, first, "rechazar", note="¿Puedes en 150?") == "rejected"
    visit(provider, first)
    assert "¿Puedes en 150?" in provider.text
    provider.click("Proponer de nuevo")
    assert provider.form("/acuerdo/").select_one("[name=price]")["value"] == "200"
    second = propose(provider, contact)
    assert (second.version, second.price) == (2, 150)
    assert take(client, second, "aceptar") == "active"
    assert take(provider, second, "entregar") == "delivered"
    take(provider, second, "qr", payment_qr=upload())
    visit(client, second)
    assert client.main.select_one("img[alt^='QR de ATH Móvil']")
    assert take(client, second, "cerrar") == "closed"
    assert {recipient for recipient, _subject in mailed()} == {owner.email, member.email}

    review_both(provider, client, second)
    assert client.main.select_one(".badge").get_text() == "Reseñado"
    assert figures(client, provider_person) == ("1", "1", "5.00")
    assert figures(client, client_person) == ("0", "1", "4.00")
    client.open("/contactos/?lado=recibidos" if kind == "request" else "/contactos/?lado=enviados")
    assert client.main.select_one('[data-kind="contact"] .badge').get_text() == "Reseñado"


@pytest.fixture
def active(browsers, owner):
    """An agreement about the owner's promotion that the member has accepted."""
    contact = open_contact(*browsers, PromotionFactory(owner=owner))
    agreement = propose(browsers[0], contact)
    assert take(browsers[1], agreement, "aceptar") == "active"
    OutboxMail.objects.all().delete()
    return agreement


def test_with_an_amendment(browsers, active, owner):
    provider, client = browsers
    visit(provider, active)
    provider.click("Proponer un cambio")
    provider.send("/acuerdo/", price="180", terms=f"{TERMS}\nCambiar la llave.", accept_terms="on")
    amendment = Agreement.objects.latest("pk")
    visit(client, amendment)
    assert [one.get_text() for one in client.main.select(".agreement-version ins")] == ["$180", "Cambiar la llave."]
    visit(client, active)
    assert status(client) == "active"
    assert take(client, amendment, "aceptar") == "active"
    visit(client, active)
    assert status(client) == "superseded"
    assert not client.can("/cerrar/")
    assert take(provider, amendment, "entregar") == "delivered"
    assert take(client, amendment, "cerrar") == "closed"
    assert figures(client, owner) == ("1", "0", "")


def test_with_a_cancellation(browsers, active, owner, member):
    provider, client = browsers
    assert take(provider, active, "cancelar", note="Se me dañó la guagua.") == "cancelled"
    [(recipient, _subject)] = mailed()
    assert recipient == member.email
    visit(client, active)
    assert "Se me dañó la guagua." in client.text
    review_both(provider, client, active)
    assert figures(client, owner) == ("0", "1", "5.00")


@pytest.mark.ignore_template_errors
def test_with_a_dispute(browsers, active, owner, member, moderator):
    provider, client = browsers
    assert take(client, active, "disputar", note="Sigue goteando.", photos=upload()) == "disputed"
    assert [recipient for recipient, _subject in mailed()] == [owner.email, "hola@palitaspr.example"]
    assert take(provider, active, "declaracion", note="Gotea otra tubería.", photos=upload()) == "disputed"
    assert not provider.can("/declaracion/")

    admin = Client(enforce_csrf_checks=True)
    admin.force_login(moderator, backend="django.contrib.auth.backends.ModelBackend")
    address = f"/admin/agreements/agreement/{active.pk}/change/"
    page = BeautifulSoup(admin.get(address).content, "html.parser")
    for words in ("Sigue goteando.", "Gotea otra tubería.", "Se me tapó la tubería.", "Sí, a las nueve."):
        assert words in page.get_text()
    token = page.select_one("#content form [name=csrfmiddlewaretoken]")["value"]
    decision = {"csrfmiddlewaretoken": token, "outcome": "closed", "finding": "Se hizo lo acordado."}
    OutboxMail.objects.all().delete()
    assert admin.post(address, decision).status_code == 302

    assert {recipient for recipient, _subject in mailed()} == {owner.email, member.email}
    for browser in browsers:
        visit(browser, active)
        assert status(browser) == "closed"
        assert "Se hizo lo acordado." in browser.text
    review_both(provider, client, active)
    assert figures(client, owner) == ("1", "1", "5.00")


def test_with_a_proposal_that_is_withdrawn_and_one_that_is_closed_before_delivery(browsers, owner):
    provider, client = browsers
    contact = open_contact(provider, client, PromotionFactory(owner=owner))
    first = propose(provider, contact)
    assert take(provider, first, "retirar") == "withdrawn"
    second = propose(provider, contact)
    assert take(client, second, "aceptar") == "active"
    assert take(client, second, "cerrar") == "closed"
    second.refresh_from_db()
    assert (second.delivered_at, second.ended_at <= timezone.now()) == (None, True)
    assert figures(client, owner) == ("1", "0", "")


def test_a_step_without_the_page_s_token_is_refused(active, member):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"/acuerdos/{active.pk}/cerrar/").status_code == 403
    active.refresh_from_db()
    assert active.status == "active"
