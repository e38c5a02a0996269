"""Saving a search from the search page, and the list of one's own."""

from itertools import count
from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import PASSWORD
from alerts.models import MAX_SEARCHES, SavedSearch
from alerts.tests.factories import SavedSearchFactory
from palitas.tests.visitor import Visitor
from services.tests.factories import ServiceFactory, TownFactory

LIST = "/busquedas/"


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def good_data(**changes):
    ServiceFactory()
    TownFactory()
    data = {"tipo": "promotion", "q": "", "servicio": "plomeria", "pueblo": "ponce", "precio_max": "", **changes}
    return {name: value for name, value in data.items() if value is not None}


def visitor_of(user) -> Visitor:
    visitor = Visitor()
    visitor.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return visitor


def columns(search: SavedSearch) -> tuple:
    return (search.kind, search.q, search.service, search.town, search.max_price, search.is_paused)


@pytest.mark.parametrize(("address", "kind"), [("/promociones/", "promotion"), ("/solicitudes/", "request")])
def test_search_is_saved_from_the_search_page(member, address, kind):
    plumbing, ponce = ServiceFactory(), TownFactory()
    visitor = visitor_of(member).open(
        f"{address}?q=+tubería++rota&servicio=plomeria&pueblo=ponce&precio_max=1,500&orden=recientes"
    )
    visitor.send(action=LIST)
    assert visitor.path == LIST
    assert "Guardamos tu búsqueda." in visitor.text
    assert columns(SavedSearch.objects.get(user=member)) == (kind, "tubería rota", plumbing, ponce, 1500, False)
    link = visitor.main.select_one("li[data-kind=search] a")
    assert link.get_text() == "“tubería rota” · Plomería · Ponce · Hasta $1,500"
    asked = urlsplit(link["href"])
    assert asked.path == address
    assert dict(parse_qsl(asked.query)) == {
        "q": "tubería rota",
        "servicio": "plomeria",
        "pueblo": "ponce",
        "precio_max": "1500",
    }


def test_search_page_without_a_search_offers_nothing_to_save(client, db):
    assert not soup(client.get("/promociones/")).select(f"form[action='{LIST}']")


def test_visitor_comes_back_from_the_login_to_the_search(member):
    good_data()
    visitor = Visitor().open("/promociones/?q=destape&servicio=plomeria&precio_max=90")
    visitor.send(action=LIST)
    assert visitor.path == "/cuenta/login/"
    visitor.send(action="/cuenta/login/", login=member.email, password=PASSWORD)
    assert (visitor.path, SavedSearch.objects.count()) == (LIST, 0)
    visitor.send(name="Mi tubería")
    assert (visitor.path, visitor.main.select_one("li h2").get_text()) == (LIST, "Mi tubería")
    search = SavedSearch.objects.get(user=member)
    assert (search.q, search.service.slug, search.max_price) == ("destape", "plomeria", 90)


def test_visitor_without_a_search_comes_back_to_the_list(client, db):
    assert client.get(LIST)["Location"] == "/cuenta/login/?next=/busquedas/"


def test_english_page_leads_to_the_english_list(client, db):
    assert client.get("/en/busquedas/")["Location"] == "/en/cuenta/login/?next=/en/busquedas/"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tipo": "otra"}, "tipo"),
        ({"tipo": None}, "tipo"),
        ({"servicio": "no-existe"}, "servicio"),
        ({"servicio": "a\0b"}, "servicio"),
        ({"pueblo": "atlantis"}, "pueblo"),
        ({"precio_max": "mucho"}, "precio_max"),
        ({"precio_max": "-3"}, "precio_max"),
        ({"precio_max": "9" * 30}, "precio_max"),
        ({"q": "x" * 201}, "q"),
        ({"name": "x" * 81}, "name"),
    ],
)
def test_bad_input_comes_back_with_a_sentence_at_its_field(member, login, changes, field):
    response = login(member).post(LIST, good_data(**changes))
    assert response.status_code == 200
    page = soup(response)
    (invalid,) = page.select("main .field-invalid")
    assert invalid.select_one("[name]")["name"] == field
    assert invalid.select_one(".errorlist li").get_text()
    if field != "pueblo":
        assert page.select_one("select[name=pueblo] option[selected]")["value"] == "ponce"
    assert SavedSearch.objects.count() == 0


@pytest.mark.parametrize("q", ["", "de la", "¡!"])
def test_search_for_nothing_is_not_saved(member, login, q):
    response = login(member).post(LIST, good_data(q=q, servicio="", pueblo=""))
    assert "Escribe qué buscas" in soup(response).select_one("[role=alert]").get_text()
    assert SavedSearch.objects.count() == 0


def test_database_refuses_a_search_for_nothing(member):
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedSearchFactory(user=member, service=None)


def test_same_search_is_saved_once_and_goes_on(member, login):
    browser = login(member)
    browser.post(LIST, good_data(name="Plomero"))
    SavedSearch.objects.update(is_paused=True)
    browser.post(LIST, good_data())
    browser.post(LIST, good_data(precio_max="90"))
    assert [(str(search), search.is_paused) for search in SavedSearch.objects.order_by("pk")] == [
        ("Plomero", False),
        ("Plomería · Ponce · Hasta $90", False),
    ]


def test_twenty_searches_are_enough(member, owner, login):
    SavedSearchFactory.create_batch(MAX_SEARCHES - 1, user=member)
    SavedSearchFactory(user=owner)
    browser = login(member)
    assert browser.post(LIST, good_data()).status_code == 302
    response = browser.post(LIST, good_data(q="otra"))
    assert "Puedes guardar hasta 20 búsquedas." in soup(response).select_one("[role=alert]").get_text()
    assert SavedSearch.objects.filter(user=member).count() == MAX_SEARCHES


def test_search_is_paused_resumed_and_deleted(member):
    search = SavedSearchFactory(user=member)
    visitor = visitor_of(member).open(LIST)
    visitor.send(action=f"/{search.pk}/pausar/")
    assert visitor.main.select_one("li .badge").get_text() == "En pausa"
    visitor.send(action=f"/{search.pk}/reanudar/")
    search.refresh_from_db()
    assert not search.is_paused
    visitor.send(action=f"/{search.pk}/borrar/")
    assert SavedSearch.objects.count() == 0
    assert visitor.main.select_one(".empty a")["href"] == "/promociones/"


@pytest.mark.parametrize("step", ["pausar", "reanudar", "borrar"])
def test_search_belongs_to_who_saved_it(owner, member, superuser, suspended, login, step):
    search = SavedSearchFactory(user=owner)
    theirs = SavedSearchFactory(user=suspended)
    before = list(SavedSearch.objects.values().order_by("pk"))
    for stranger in (member, superuser):
        assert login(stranger).post(f"{LIST}{search.pk}/{step}/").status_code == 404
    assert login(suspended).post(f"{LIST}{theirs.pk}/{step}/").status_code == 403
    assert login(owner).get(f"{LIST}{search.pk}/{step}/").status_code == 405
    assert list(SavedSearch.objects.values().order_by("pk")) == before


def test_list_shows_only_ones_own(owner, member, login):
    mine = SavedSearchFactory(user=member)
    SavedSearchFactory(user=owner, q="ajena")
    assert [row["data-id"] for row in soup(login(member).get(LIST)).select("li[data-kind=search]")] == [str(mine.pk)]


@pytest.mark.parametrize(("who", "sentence"), [("suspended", "suspendida"), ("unverified", "Confirma primero")])
def test_who_may_not_write_sees_the_list_without_buttons(request, login, who, sentence):
    person = request.getfixturevalue(who)
    SavedSearchFactory(user=person)
    page = soup(login(person).get(f"{LIST}?tipo=promotion&q=destape"))
    assert sentence in page.select_one("main .notice").get_text()
    assert page.select("li[data-kind=search]")
    assert not page.select("main form")
    assert login(person).post(LIST, good_data(q="destape")).status_code == 403


def test_list_makes_the_same_number_of_queries_for_any_number_of_rows(member, login):
    browser, counts, town = login(member), set(), count()
    for rows in (1, 3, 20):
        while member.saved_searches.count() < rows:
            number = next(town)
            SavedSearchFactory(user=member, town=TownFactory(slug=f"t{number}", name=f"T{number}"))
        browser.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert len(soup(browser.get(LIST)).select("li[data-kind=search]")) == rows
        counts.add(len(queries))
    assert counts == {5}
