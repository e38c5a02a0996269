"""The search pages, with what people type."""

import re
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from services.enums import Status
from services.models import Listing
from services.search import index
from services.search.query import LIMIT
from services.tests.factories import PromotionFactory, ServiceFactory, ServiceRequestFactory, TownFactory

pytestmark = pytest.mark.django_db

PROMOTIONS = "/promociones/"


@pytest.fixture
def electricity(db):
    return ServiceFactory(
        slug="servicio-electrico", name_es="Servicio eléctrico", name_en="Electrical", keywords="electricista\nbreaker"
    )


@pytest.fixture
def nails(db):
    return ServiceFactory(slug="unas", name_es="Uñas", name_en="Nails", keywords="nails\nacrílicas")


def found(client, address=PROMOTIONS, **query):
    """Return the titles on a search page, in its order."""
    response = client.get(address, query)
    assert response.status_code == 200
    return [listing.title for listing in response.context["results"].listings]


def titles(*listings):
    return [listing.title for listing in listings]


@pytest.mark.parametrize(
    "q",
    [
        "plomero",
        "PLOMERÍA",
        "plomeros",
        "plumber",
        "tubería rota",
        "rota tuberia",
        "destapes",
        "destape",
        "DESTÁPE",
        "mismo dia reparo",
        "liqueo",
        "plom",
        "destap",
        "plomero en ponce",
        "ponce plomero",
        "plomero en pon",
        "Busco un plomero, cerca de Ponce.",
        "  plomero\tponce ",
    ],
)
def test_search_finds_the_plumber_and_nobody_else(client, nails, q):
    plumber = PromotionFactory()
    PromotionFactory(
        service=nails, title="Set completo", description="Gel.", towns=[TownFactory(slug="yauco", name="Yauco")]
    )
    assert found(client, q=q) == titles(plumber)


@pytest.mark.parametrize("q", ["uñas", "uña", "UNAS", "unas", "nails", "acrilica", "unas en ponce"])
def test_search_finds_nails_and_not_the_article(client, nails, q):
    manicurist = PromotionFactory(service=nails, title="Set completo", description="Para una noche.")
    PromotionFactory(description="Reparo una pluma o unas tuberías.")
    assert found(client, q=q) == titles(manicurist)


def test_search_finds_the_word_in_a_listing_of_another_service(client, electricity):
    handyman = PromotionFactory(service=electricity, title="De todo", description="También hago de plomero.")
    assert found(client, q="plomero") == titles(handyman)


@pytest.mark.parametrize("query", [{"pueblo": "ponce"}, {"q": "ponce"}, {"q": "destapes ponce"}])
def test_search_in_a_town_finds_what_serves_the_whole_island(client, query):
    yauco = TownFactory(slug="yauco", name="Yauco")
    here = PromotionFactory()
    everywhere = PromotionFactory(island_wide=True)
    PromotionFactory(towns=[yauco])
    assert found(client, **query) == titles(everywhere, here)


def test_search_of_one_kind_does_not_find_the_other(client):
    promotion, request = PromotionFactory(), ServiceRequestFactory()
    assert found(client, q="plomero") == titles(promotion)
    assert found(client, "/solicitudes/", q="plomero") == titles(request)


@pytest.mark.parametrize("query", [{}, {"q": "plomero"}, {"servicio": "plomeria"}, {"pueblo": "ponce"}])
def test_search_shows_nothing_that_others_may_not_see(client, login, owner, query):
    for hidden in ("draft", "paused", "archived", "removed", "deleted"):
        PromotionFactory(owner=owner, **{hidden: True})
    PromotionFactory(owner__suspended=True)
    PromotionFactory(owner__is_active=False)
    assert found(client, **query) == []
    assert found(login(owner), **query) == []


def test_search_follows_a_changed_listing(client):
    listing = PromotionFactory()
    listing.title = "Cisternas"
    listing.description = ""
    listing.save()
    index.refresh(listing)
    assert found(client, q="destapes") == []
    assert found(client, q="cisterna") == ["Cisternas"]


def test_search_by_service(client, nails):
    PromotionFactory()
    manicurist = PromotionFactory(service=nails)
    assert found(client, servicio="unas") == titles(manicurist)


def test_search_by_highest_price_looks_at_the_cheapest(client):
    from_forty = PromotionFactory(price_min=40, price_max=120)
    up_to_fifty = PromotionFactory(price_min=None, price_max=50)
    free = PromotionFactory(price_min=0, price_max=None)
    PromotionFactory(price_min=51, price_max=60)
    PromotionFactory(price_min=None, price_max=51)
    PromotionFactory(price_min=None, price_max=None)
    assert found(client, precio_max="50") == titles(free, up_to_fifty, from_forty)


@pytest.mark.parametrize("price", ["$1,500", "1500", " 1,500 "])
def test_search_reads_a_price_as_people_write_it(client, price):
    PromotionFactory(price_min=1501, price_max=None)
    affordable = PromotionFactory(price_min=1500, price_max=None)
    assert found(client, precio_max=price) == titles(affordable)


@pytest.mark.parametrize("price", ["barato", "-5", "1.5", "99999999999999999999", "٣", "1e3"])
def test_search_says_that_it_ignores_a_bad_price(client, price):
    listing = PromotionFactory()
    response = client.get(PROMOTIONS, {"precio_max": price})
    assert titles(*response.context["results"].listings) == titles(listing)
    assert "El precio máximo tiene que ser un número entero" in response.text


@pytest.mark.parametrize("page", ["0", "51", "-1", "99999999999999999999", "dos", "1.0", "٣"])
def test_search_says_that_it_ignores_a_bad_page(client, page):
    listing = PromotionFactory()
    response = client.get(PROMOTIONS, {"pagina": page})
    assert titles(*response.context["results"].listings) == titles(listing)
    assert "Esa página no existe; esta es la primera." in response.text


def test_search_shows_the_last_page_when_there_are_not_so_many(client):
    PromotionFactory()
    response = client.get(PROMOTIONS, {"pagina": "50"})
    assert response.context["results"].page.number == 1
    assert "No hay tantas páginas; esta es la última." in response.text


@pytest.mark.parametrize("address", ["/promociones/", "/solicitudes/", "/en/promociones/"])
@pytest.mark.parametrize("query", [{"servicio": "nada"}, {"pueblo": "nada"}, {"servicio": "\0"}, {"pueblo": "Ponce"}])
def test_search_of_an_unknown_slug_is_not_found(client, db, address, query):
    PromotionFactory()
    assert client.get(address, query).status_code == 404


def test_search_ignores_empty_filters(client):
    listing = PromotionFactory()
    empty = {"q": "", "servicio": "", "pueblo": "", "precio_max": "", "orden": "", "pagina": ""}
    response = client.get(PROMOTIONS, empty)
    assert titles(*response.context["results"].listings) == titles(listing)
    assert response.context["chips"] == response.context["results"].problems == []


@pytest.mark.parametrize(
    "q", ["%", "_", "%%%%", "\\", "'", '"; DROP TABLE x; --', "\0", "🔧🔧", "¿?", "水道", "<b>", "a", "|", "1", "()"]
)
def test_search_takes_hostile_words(client, q):
    PromotionFactory()
    response = client.get(PROMOTIONS, {"q": q})
    assert response.status_code == 200


@pytest.mark.parametrize("q", ["plomero " * 5_000, "x" * 100_000, "\0" * 1_000, "%" * 5_000, "á" * 5_000])
def test_search_takes_very_long_words(client, q):
    PromotionFactory()
    response = client.get(PROMOTIONS, {"q": q})
    assert response.status_code == 200
    assert len(response.context["parameters"].q) <= 200


def test_search_signs_match_no_pattern(client):
    PromotionFactory()
    assert found(client, q="d%s") == []
    assert found(client, q="dest_pes") == []


def test_typed_word_is_shown_and_escaped(client):
    assert "&lt;script&gt;" in client.get(PROMOTIONS, {"q": "<script>"}).text


def test_search_puts_title_and_service_before_the_rest(client, electricity):
    title = PromotionFactory(service=electricity, title="Hago de plomero", description="")
    PromotionFactory.create_batch(2, service=electricity, title="De todo", description="También plomero.")
    service = PromotionFactory(title="Llámame", description="")
    assert found(client, q="plomero") == ["Llámame", "Hago de plomero", "De todo", "De todo"]
    assert found(client, q="plomero", orden="recientes") == ["Llámame", "De todo", "De todo", "Hago de plomero"]
    assert {title.title, service.title} == {"Llámame", "Hago de plomero"}


def test_search_orders_by_rating_then_newest(client):
    now = timezone.now()
    for title, rating in (("cinco", 5), ("cuatro", 4), ("sin", 0), ("otro cuatro", 4)):
        PromotionFactory(title=title, owner_rating=Decimal(rating), published_at=now)
    assert found(client, orden="valoradas") == ["cinco", "otro cuatro", "cuatro", "sin"]


@pytest.mark.parametrize(
    ("address", "order"), [("/solicitudes/", "valoradas"), (PROMOTIONS, "relevancia"), (PROMOTIONS, "inventado")]
)
def test_search_ignores_an_order_that_does_not_apply(client, address, order):
    response = client.get(address, {"orden": order})
    assert response.context["parameters"].order == "recientes"


def test_pages_have_twenty_and_share_none(client):
    now = timezone.now()
    listings = PromotionFactory.create_batch(45, published_at=now)
    pages = [found(client, pagina=page) for page in ("1", "2", "3")]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert [title for page in pages for title in page] == titles(*reversed(listings))


def test_count_stops_at_a_thousand(client, owner):
    listing = PromotionFactory(owner=owner)
    copies = [
        Listing(
            owner=owner,
            kind=listing.kind,
            service=listing.service,
            title=f"Copia {number}",
            slug="copia",
            status=listing.status,
            published_at=listing.published_at,
            search_text=listing.search_text,
        )
        for number in range(LIMIT)
    ]
    Listing.objects.bulk_create(copies[1:])
    assert "1,000 resultados" in client.get(PROMOTIONS, {"q": "plomero"}).text
    Listing.objects.bulk_create(copies[:1])
    response = client.get(PROMOTIONS, {"q": "plomero", "pagina": "50"})
    assert "Más de 1,000 resultados" in response.text
    assert len(response.context["results"].listings) == 20
    assert not response.context["results"].page.has_next()


def test_chips_take_one_filter_away_each(client):
    PromotionFactory()
    query = {"q": "destapes", "servicio": "plomeria", "pueblo": "ponce", "precio_max": "50", "orden": "valoradas"}
    response = client.get(PROMOTIONS, query | {"pagina": "1"})
    assert [(chip["label"], chip["url"]) for chip in response.context["chips"]] == [
        ("“destapes”", "/promociones/?servicio=plomeria&pueblo=ponce&precio_max=50&orden=valoradas"),
        ("Plomería", "/promociones/?q=destapes&pueblo=ponce&precio_max=50&orden=valoradas"),
        ("Ponce", "/promociones/?q=destapes&servicio=plomeria&precio_max=50&orden=valoradas"),
        ("Hasta $50", "/promociones/?q=destapes&servicio=plomeria&pueblo=ponce&orden=valoradas"),
    ]


def test_pager_keeps_the_search(client):
    PromotionFactory.create_batch(21)
    text = client.get(PROMOTIONS, {"q": "plomero", "pueblo": "ponce"}).text
    assert 'href="?q=plomero&amp;pueblo=ponce&amp;pagina=2"' in text


@pytest.mark.parametrize(
    ("q", "correction"),
    [
        ("plomro", "plomero"),
        ("electrisista en ponce", "electricista en ponce"),
        ("plomero en ponse ya", "plomero en Ponce ya"),
        ("tuberya rotta", "tubería rota"),
        ("acrilycas", "acrílicas"),
        ("tuveria", "tubería"),
    ],
)
def test_search_that_finds_little_offers_the_word_that_was_meant(client, electricity, nails, q, correction):
    listing = PromotionFactory(description="Reparo ya.")
    response = client.get(PROMOTIONS, {"q": q, "pueblo": "ponce"})
    assert response.context["corrected"] == correction
    assert response.context["results"].listings == []
    query = {"q": correction, "pueblo": "ponce"}
    if "plom" in correction or "tuber" in correction:
        assert found(client, **query) == titles(listing)


@pytest.mark.parametrize("q", ["plomero", "xkcd", "ab", "🔧", ""])
def test_search_offers_no_correction_without_a_reason(client, q):
    PromotionFactory()
    assert client.get(PROMOTIONS, {"q": q}).context["corrected"] == ""


def test_search_that_finds_enough_corrects_nobody(client):
    PromotionFactory.create_batch(5, description="plomro")
    response = client.get(PROMOTIONS, {"q": "plomro"})
    assert (response.context["results"].count, response.context["corrected"]) == (5, "")


def test_empty_search_offers_the_words_that_it_knows(client):
    PromotionFactory()
    response = client.get(PROMOTIONS, {"q": "plomero xkcdxkcd ponce"})
    assert response.context["known"] == "plomero ponce"
    assert found(client, q="plomero ponce")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "plomero", "pueblo": "yauco"}, "/promociones/?q=plomero&pueblo=ponce"),
        ({"q": "plomero en yauco"}, "/promociones/?q=plomero&pueblo=ponce"),
        ({"servicio": "plomeria", "pueblo": "yauco"}, "/promociones/?servicio=plomeria&pueblo=ponce"),
    ],
)
def test_empty_search_in_a_town_offers_its_neighbours(client, nails, query, expected):
    yauco, ponce, guanica = (
        TownFactory(slug="yauco", name="Yauco"),
        TownFactory(),
        TownFactory(slug="guanica", name="Guánica"),
    )
    yauco.neighbors.set([ponce, guanica])
    PromotionFactory.create_batch(2)
    PromotionFactory(service=nails, title="Set", description="Gel.", towns=[guanica])
    response = client.get(PROMOTIONS, query)
    assert [(item["town"].name, item["count"], item["url"]) for item in response.context["neighbours"]] == [
        ("Ponce", 2, expected)
    ]
    assert len(found(client, **dict(pair.split("=") for pair in expected.partition("?")[2].split("&")))) == 2


def test_empty_search_offers_a_request_filled_in(client, db):
    TownFactory()
    ServiceFactory()
    response = client.get(PROMOTIONS, {"q": "plomero urgente en Ponce"})
    create = reverse("requests_app:create")
    assert response.context["create_url"] == f"{create}?servicio=plomeria&pueblo=ponce&q=plomero+urgente"
    assert response.context["other_kind_url"] == "/solicitudes/?q=plomero+urgente+en+Ponce"


def test_only_the_plain_list_is_for_search_engines(client):
    PromotionFactory()
    plain = client.get(PROMOTIONS).text
    assert 'rel="canonical" href="http://localhost:8000/promociones/"' in plain
    assert "noindex" not in plain
    for query in ({"q": "x"}, {"servicio": "plomeria"}, {"pueblo": "ponce"}, {"pagina": "2"}, {"orden": "valoradas"}):
        assert 'content="noindex, follow"' in client.get(PROMOTIONS, query).text


@pytest.mark.parametrize("query", [{}, {"q": "plomero en ponce"}, {"servicio": "plomeria", "pueblo": "ponce"}])
@pytest.mark.parametrize(
    ("address", "factory"), [(PROMOTIONS, PromotionFactory), ("/solicitudes/", ServiceRequestFactory)]
)
def test_search_makes_as_many_queries_for_one_as_for_twenty(client, django_assert_num_queries, address, factory, query):
    # Services, towns, keys, cards, and of the cards: towns, photos.
    ponce = TownFactory()
    for rows in (1, 3, 20):
        while Listing.objects.count() < rows:
            factory(towns=[ponce], photo_count=1)
        with django_assert_num_queries(7):
            assert len(found(client, address, **query)) == rows


def test_search_is_read_only(client, db):
    assert client.post(PROMOTIONS).status_code == 405


def test_reindex_search_writes_what_is_out_of_date(capsys):
    listings = PromotionFactory.create_batch(2)
    texts = list(Listing.objects.order_by("pk").values_list("search_text", flat=True))
    Listing.objects.filter(pk=listings[0].pk).update(search_text="")
    call_command("reindex_search")
    assert list(Listing.objects.order_by("pk").values_list("search_text", flat=True)) == texts
    call_command("reindex_search")
    assert capsys.readouterr().out == "1 listings changed.\n0 listings changed.\n"


def test_reindex_search_leaves_deleted_listings_without_text(db):
    listing = PromotionFactory(status=Status.DELETED)
    Listing.objects.update(search_text="")
    call_command("reindex_search")
    listing.refresh_from_db()
    assert listing.search_text == ""


HTMX = {"HX-Request": "true"}
NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"


def test_search_answers_htmx_with_what_depends_on_the_address(client):
    PromotionFactory(title="Destapes")
    page = client.get(PROMOTIONS, {"servicio": "plomeria"})
    part = client.get(PROMOTIONS, {"servicio": "plomeria"}, headers=HTMX)
    text = part.content.decode()
    assert re.findall(r'<(?:title|form|header|footer|nav|a|div|article)\b[^>]* id="([\w-]+)"', text) == [
        "cabecera",
        "ver-promociones",
        "ver-solicitudes",
        "resultados",
        "orden-recientes",
        "orden-valoradas",
        "otro-idioma",
    ]
    assert "<title>Promociones de Plomería\n" in text
    assert 'href="/en/promociones/?servicio=plomeria"' in text
    assert text.count("data-announce>") == 1
    assert len(part.content) < len(page.content) / 2


@pytest.mark.parametrize(
    ("headers", "stored"), [({}, ""), (HTMX, "max-age=0, no-cache, no-store, must-revalidate, private")]
)
def test_search_says_that_it_depends_on_htmx_and_keeps_the_part_out_of_caches(client, db, headers, stored):
    response = client.get(PROMOTIONS, headers=headers)
    assert "HX-Request" in response["Vary"].split(", ")
    assert response.headers.get("Cache-Control", "") == stored


def test_search_of_an_unknown_slug_is_not_found_for_htmx_either(client, db):
    assert client.get(PROMOTIONS, {"servicio": "no-existe"}, headers=HTMX).status_code == 404


def test_search_form_says_the_order_only_when_it_is_asked_for(client):
    PromotionFactory()
    unasked = '<input type="hidden" name="orden" value="" disabled>'
    assert unasked in client.get(PROMOTIONS).content.decode()
    asked = client.get(PROMOTIONS, {"orden": "valoradas"}).content.decode()
    assert '<input type="hidden" name="orden" value="valoradas">' in asked
