"""The main pages on a desktop, in both themes; test_crawl.py looks at every page on a phone."""

import pytest

from agreements.tests.factories import AgreementFactory, ContactFactory
from palitas.tests.chromium import DESKTOP
from services.catalog_data import load_catalog
from services.models import Service, Town
from services.tests.factories import PromotionFactory, ServiceRequestFactory

# On one engine only: what a browser sees does not depend on it.
pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

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
    """Open every page in both themes; returns all that is wrong, with its address."""
    wrong = []
    for scheme in ("light", "dark"):
        tab = open_tab(user, width=DESKTOP, scheme=scheme)
        for path in paths:
            tab.page.goto(path)
            wrong += [f"{path} {scheme}: {problem}" for problem in tab.problems()]
    return wrong


def test_pages_of_a_visitor(open_tab, scene):
    assert look_at(open_tab, [path.format(**scene) for path in VISITOR_PAGES]) == []


def test_pages_of_a_member(open_tab, scene, member):
    assert look_at(open_tab, [path.format(**scene) for path in MEMBER_PAGES], member) == []
