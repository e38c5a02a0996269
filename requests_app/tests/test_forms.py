from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from services.models import Listing
from services.tests.factories import ServiceFactory, ServiceRequestFactory, TownFactory


def post(client, needed_by):
    ServiceFactory()
    TownFactory()
    data = {
        "service": "plomeria",
        "title": "Se busca plomero",
        "description": "Liqueo.",
        "towns": "ponce",
        "needed_by": needed_by,
    }
    return client.post("/solicitudes/nueva/", data)


def test_needed_by_may_be_today(owner, login):
    today = timezone.localdate()
    assert post(login(owner), today.isoformat()).status_code == 302
    assert Listing.objects.get().needed_by == today


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ((timezone.localdate() - timedelta(days=1)).isoformat(), "Esa fecha ya pasó."),
        ("mañana", "Escribe una fecha válida."),
        ("2026-02-30", "Escribe una fecha válida."),
        ("99999-01-01", "Escribe una fecha válida."),
    ],
)
def test_needed_by_that_makes_no_sense_is_refused(owner, login, typed, sentence):
    response = post(login(owner), typed)
    page = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 200
    assert [error.get_text() for error in page.select(".errorlist li")] == [sentence]
    assert page.select_one("[name=needed_by]")["value"] == typed
    assert not Listing.objects.exists()


def test_needed_by_is_shown_as_the_browser_wants_it(owner, login):
    day = timezone.localdate() + timedelta(days=3)
    listing = ServiceRequestFactory(owner=owner, needed_by=day)
    page = BeautifulSoup(login(owner).get(f"/solicitudes/{listing.pk}/editar/").content, "html.parser")
    assert page.select_one("[name=needed_by]")["value"] == day.isoformat()
