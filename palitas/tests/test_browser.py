"""The site in real Chromium: nothing overflows, nothing is refused by the content policy, axe finds nothing."""

import pytest

from agreements.tests.factories import AgreementFactory, ContactFactory
from palitas.tests.chromium import LOOKS
from services.catalog_data import load_catalog
from services.models import Service, Town
from services.tests.factories import PromotionFactory, ServiceRequestFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VISITOR_PAGES = [
    "/",
    "/en/",
    "/promociones/",
    "/promociones/?q=plomero+en+ponce&precio_max=500",
    "/solicitudes/?q=nadahay&pueblo=ponce",
    "{promotion}",
    "{request}",
    "{profile}",
    "{profile}volante/",
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


@pytest.fixture
def scene(db, owner, member) -> dict[str, str]:
    """A small but full site; the values are the addresses that the pages above name."""
    load_catalog()
    plumbing, ponce = Service.objects.get(slug="plomeria"), [Town.objects.get(slug="ponce")]
    promotion = PromotionFactory(owner=owner, service=plumbing, towns=ponce, photo_count=2, photo_count__files=True)
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


def look_at(open_tab, paths: list[str], user=None) -> list[str]:
    """Open every page in every look; returns all that is wrong, with its address."""
    wrong = []
    for width, scheme in LOOKS:
        tab = open_tab(user, width=width, scheme=scheme)
        for path in paths:
            tab.page.goto(path)
            wrong += [f"{path} {width} {scheme}: {problem}" for problem in tab.problems()]
    return wrong


def test_pages_of_a_visitor(open_tab, scene):
    assert look_at(open_tab, [path.format(**scene) for path in VISITOR_PAGES]) == []


def test_pages_of_a_member(open_tab, scene, member):
    assert look_at(open_tab, [path.format(**scene) for path in MEMBER_PAGES], member) == []


def test_a_refused_form_is_as_good_as_a_fresh_one(open_tab, scene, member):
    tab = open_tab(member)
    for path in ("/promociones/nueva/", "/solicitudes/nueva/", "/contacto/"):
        tab.page.goto(path)
        tab.page.evaluate("document.querySelector('main form[method=post]').noValidate = true")
        tab.page.click("main form[method=post] [type=submit]")
        assert tab.page.locator("main [aria-invalid=true]").count() > 0, path
        assert tab.problems() == []
