from itertools import count

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from services.tests.factories import PromotionFactory, ServiceRequestFactory, TownFactory


def page_of(browser, **query) -> BeautifulSoup:
    response = browser.get("/tablero/", query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def test_dashboard_is_for_people_who_logged_in(client):
    response = client.get("/tablero/")
    assert (response.status_code, response["Location"]) == (302, "/cuenta/login/?next=/tablero/")


def test_dashboard_lists_ones_own_by_status(owner, member, login):
    draft = ServiceRequestFactory(owner=owner, draft=True, towns=[])
    published = PromotionFactory(owner=owner)
    removed = PromotionFactory(owner=owner, removed=True)
    PromotionFactory(owner=owner, deleted=True, title="Borrada")
    PromotionFactory(owner=member, title="Ajena")
    page = page_of(login(owner))
    assert [heading.get_text() for heading in page.select("section > h2")] == [
        "Retirado por moderación",
        "Borrador",
        "Publicado",
    ]
    shown = [(row["data-kind"], int(row["data-id"])) for row in page.select("li[data-id]")]
    assert shown == [("promotion", removed.pk), ("request", draft.pk), ("promotion", published.pk)]
    assert "La moderación lo retiró: No es un servicio." in page.get_text()
    assert "Sin pueblos" in page.get_text()


def test_dashboard_without_listings_invites(owner, login):
    page = page_of(login(owner))
    assert page.select_one(".empty a")["href"] == "/promociones/nueva/"


@pytest.mark.parametrize(
    ("who", "sentence"), [("unverified", "Confirma tu correo"), ("suspended", "Tu cuenta está suspendida")]
)
def test_dashboard_says_what_one_may_not_do(request, login, who, sentence):
    person = request.getfixturevalue(who)
    PromotionFactory(owner=person, draft=True)
    page = page_of(login(person))
    assert sentence in page.select_one(".notice").get_text()
    assert page.select("li[data-id]")
    assert not page.select(".owner-actions .button")
    assert not page.select("main a[href$='/nueva/']")


def test_dashboard_has_twenty_a_page(owner, login):
    PromotionFactory.create_batch(21, owner=owner)
    browser = login(owner)
    assert len(page_of(browser).select("li[data-id]")) == 20
    assert len(page_of(browser, pagina="2").select("li[data-id]")) == 1
    assert len(page_of(browser, pagina="x").select("li[data-id]")) == 20
    assert len(page_of(browser, pagina="999").select("li[data-id]")) == 1


def test_dashboard_makes_the_same_number_of_queries_for_any_number_of_rows(owner, login):
    browser, counts, town = login(owner), set(), count()
    for rows in (1, 3, 20):
        while owner.listings.count() < rows:
            towns = [TownFactory(slug=f"t{next(town)}", name=f"T{next(town)}") for _ in range(2)]
            PromotionFactory(owner=owner, photo_count=2, towns=towns)
        browser.get("/tablero/")
        with CaptureQueriesContext(connection) as queries:
            page_of(browser)
        counts.add(len(queries))
    assert len(counts) == 1
