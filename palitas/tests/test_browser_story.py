"""The story of two people in real Chromium: on a phone and on a desktop, with scripts and without.

Whatever they touch is found by its label or its role, as somebody with a screen reader would find it.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.tests.factories import PASSWORD
from palitas.tests.chromium import DESKTOP, PHONE, Tab
from services.catalog_data import load_catalog
from services.tests.pictures import drawing, encoded

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CODE = re.compile(r"^[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}$", re.MULTILINE)
TITLE = "Destapo tuberías el mismo día"
PICTURE = {"name": "banco.jpg", "mimeType": "image/jpeg", "buffer": encoded(drawing(600, 400))}
expect.set_options(timeout=15_000)


class Person:
    """Somebody at a browser, who reads what the page says before going on."""

    def __init__(self, tab: Tab, *, email: str, first_name: str, last_name: str) -> None:
        self.tab, self.page = tab, tab.page
        self.email, self.first_name, self.last_name = email, first_name, last_name

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def reads(self, heading: str) -> None:
        """Wait for the page with this heading, which must fit its window."""
        expect(self.main.get_by_role("heading", name=heading).first).to_be_visible()
        assert self.tab.overflow() == []

    def finds_status(self, words: str) -> None:
        expect(self.main.locator(".badge").first).to_have_text(words)

    def fills(self, **fields: str) -> None:
        """Write into the fields with these labels; an underscore stands for a space."""
        for label, text in fields.items():
            field = self.main.get_by_label(re.compile(rf"^{label.replace('_', ' ')}"))
            field.fill(text)

    def presses(self, name: str) -> None:
        self.main.get_by_role("button", name=name, exact=True).click()

    def follows(self, name: str | re.Pattern[str]) -> None:
        self.main.get_by_role("link", name=name).first.click()

    def unfolds(self, name: str) -> Locator:
        """Open the part of the page that stands behind these words; returns it."""
        part = self.main.get_by_role("group").filter(has=self.page.get_by_text(name, exact=True)).first
        part.get_by_text(name, exact=True).first.click()
        return part

    def signs_up(self) -> None:
        self.reads("Crear cuenta")
        self.fills(Nombre=self.first_name, Apellidos=self.last_name, Teléfono="787-555-0134")
        self.main.get_by_label("Correo electrónico").fill(self.email)
        self.main.get_by_label("Contraseña", exact=True).fill(PASSWORD)
        self.main.get_by_label(re.compile(r"^Contraseña .*vez")).fill(PASSWORD)
        self.presses("Crear cuenta")
        self.main.get_by_label("Código").fill(self.reads_code())
        self.presses("Confirmar")

    def reads_code(self) -> str:
        """Look for the code in the newest mail, in another window."""
        expect(self.main.get_by_label("Código")).to_be_visible()
        mails: Page = self.page.context.new_page()
        mails.goto("/correo/")
        newest = mails.get_by_role("main").get_by_role("article").first
        expect(newest).to_contain_text(self.email)
        code = CODE.search(newest.locator("pre").inner_text())
        mails.close()
        assert code
        return code[0]

    def writes(self, message: str) -> None:
        self.fills(Tu_mensaje=message)
        self.presses("Enviar")
        expect(self.main.get_by_text(message)).to_be_visible()

    def proposes(self, price: str, *terms: str) -> None:
        self.fills(Precio=price, Términos="\n".join(terms))
        self.main.get_by_label(re.compile("^Acepto los términos")).check()
        self.presses("Enviar la propuesta")
        self.finds_status("Pendiente")

    def reviews(self, stars: str, words: str) -> None:
        self.main.get_by_label(stars).check()
        self.fills(Cómo_te_fue=words)
        self.presses("Enviar mi reseña")
        self.reads("Tu reseña")


LOOKS = {
    "phone": (PHONE, True),
    "phone-without-scripts": (PHONE, False),
    "desktop": (DESKTOP, True),
    "desktop-without-scripts": (DESKTOP, False),
}


@pytest.fixture(params=LOOKS)
def people(request, open_tab, db) -> tuple[Person, Person]:
    """Nilda, who fixes pipes, and Wilfredo, whose sink is blocked; neither has an account."""
    load_catalog()
    width, has_scripts = LOOKS[request.param]
    nilda, wilfredo = (open_tab(width=width, java_script_enabled=has_scripts) for _person in range(2))
    return (
        Person(nilda, email="nilda@example.com", first_name="Nilda", last_name="Rodríguez Peña"),
        Person(wilfredo, email="wilfredo@example.com", first_name="Wilfredo", last_name="Ortiz"),
    )


def publish(nilda: Person) -> str:
    """Sign up on the way to the form, send it with a mistake first; returns where the promotion is."""
    nilda.page.goto("/promociones/nueva/")
    nilda.follows("Créala en un minuto")
    nilda.signs_up()
    nilda.reads("Publica una promoción")
    nilda.fills(Título=TITLE, Descripción="Trabajo con cámara.", Precio_desde="60", Precio_hasta="20")
    nilda.main.get_by_label("Servicio").select_option(label="Plomería")
    nilda.main.get_by_label("Ponce").check()
    nilda.main.get_by_label(re.compile("^Fotos")).set_input_files(PICTURE)
    nilda.presses("Publicar")
    expect(nilda.main.get_by_label(re.compile("^Precio hasta"))).to_have_attribute("aria-invalid", "true")
    nilda.fills(Precio_hasta="90")
    nilda.presses("Publicar")
    nilda.reads(TITLE)
    expect(nilda.main.get_by_role("img")).not_to_have_count(0)
    return nilda.page.url


def contact(wilfredo: Person) -> None:
    """Find the promotion, write before there is an account, and have it sent with the new one."""
    wilfredo.page.goto("/")
    search = wilfredo.page.get_by_role("main").get_by_role("searchbox").first
    search.fill("plomero en ponce")
    search.press("Enter")
    wilfredo.follows(TITLE)
    wilfredo.reads(TITLE)
    expect(wilfredo.main).not_to_contain_text("787-555-0134")
    wilfredo.fills(Tu_mensaje="Se me tapó el fregadero. ¿Puedes el martes?")
    wilfredo.presses("Enviar el mensaje")
    wilfredo.follows("Créala en un minuto")
    wilfredo.signs_up()
    wilfredo.presses("Enviar el mensaje")
    wilfredo.reads("Nilda Rodríguez Peña")


def agree(nilda: Person, wilfredo: Person) -> None:
    """Two proposals; the second is accepted, delivered and closed."""
    nilda.page.goto("/contactos/?lado=recibidos")
    nilda.follows(re.compile("Wilfredo"))
    nilda.writes("Sí, a las nueve.")
    expect(nilda.main).to_contain_text("(787) 555-0134")
    nilda.follows("Proponer un acuerdo")
    nilda.proposes("$120", "Destapar el fregadero.", "Limpiar al terminar.")

    wilfredo.page.goto("/tablero/")
    wilfredo.follows(re.compile("^Ver la propuesta"))
    wilfredo.finds_status("Pendiente")
    answer = wilfredo.unfolds("Rechazar la propuesta")
    answer.get_by_label(re.compile("^Por qué")).fill("¿Puedes en 90?")
    answer.get_by_role("button", name="Rechazar la propuesta").click()
    wilfredo.finds_status("Rechazado")

    nilda.page.reload()
    nilda.finds_status("Rechazado")
    expect(nilda.main).to_contain_text("¿Puedes en 90?")
    nilda.follows("Proponer de nuevo")
    expect(nilda.main.get_by_role("textbox", name="Términos")).to_have_value(
        "Destapar el fregadero.\nLimpiar al terminar."
    )
    nilda.proposes("90", "Destapar el fregadero.")

    wilfredo.page.reload()
    wilfredo.follows(re.compile("^Hay una versión más nueva"))
    wilfredo.presses("Aceptar")
    wilfredo.finds_status("Activo")
    nilda.page.reload()
    nilda.presses("Marcar como entregado")
    nilda.finds_status("Entregado")
    wilfredo.page.reload()
    wilfredo.presses("Cerrar el acuerdo")
    wilfredo.finds_status("Cerrado")


def test_two_people_from_signing_up_to_their_reviews(people):
    nilda, wilfredo = people
    promotion = publish(nilda)
    contact(wilfredo)
    agree(nilda, wilfredo)

    wilfredo.reviews("5 estrellas", "Quedó como nuevo.")
    nilda.page.reload()
    nilda.reads("Reseñas")
    expect(nilda.main).not_to_contain_text("Quedó como nuevo.")
    nilda.reviews("4 estrellas", "Pagó el mismo día.")
    for person in people:
        person.page.reload()
        person.finds_status("Reseñado")
        expect(person.main).to_contain_text("Quedó como nuevo.")
        expect(person.main).to_contain_text("Pagó el mismo día.")

    wilfredo.page.goto(promotion)
    wilfredo.follows("Nilda Rodríguez Peña")
    wilfredo.reads("Nilda Rodríguez Peña")
    figures = ("data-palitas", "data-reviews", "data-rating")
    assert [wilfredo.main.get_attribute(name) for name in figures] == ["1", "1", "5.00"]
    expect(wilfredo.main).to_contain_text("Quedó como nuevo.")
    assert nilda.tab.take_troubles() + wilfredo.tab.take_troubles() == []
