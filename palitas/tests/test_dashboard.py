"""The dashboard: what waits for a member, their numbers, and what is theirs."""

from datetime import timedelta
from itertools import count

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from agreements.enums import Status
from agreements.models import Agreement, DisputeStatement
from agreements.tests.factories import AgreementFactory, ContactFactory, ReviewFactory
from palitas.pages.waiting import time_left
from services.models import DailyViews
from services.tests.factories import PromotionFactory, ServiceRequestFactory, TownFactory

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


def page_of(browser, **query) -> BeautifulSoup:
    response = browser.get("/tablero/", query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def agreement_of(*, provider, client, **fields):
    """Return an agreement about a promotion of ``provider``; nothing in its conversation is unread."""
    contact = ContactFactory(listing__owner=provider, opener=client, owner_unread=False)
    return AgreementFactory(contact=contact, **fields)


def tasks_of(browser) -> list[tuple[str, str]]:
    """Return kind and title of everything that waits."""
    rows = page_of(browser).select("[data-task]")
    return [(row["data-task"], row.select_one(".muted").get_text(" ", strip=True).partition(" · ")[0]) for row in rows]


def figures_of(browser) -> dict[str, tuple[int, int]]:
    return {
        box["data-figure"]: (int(box["data-recent"]), int(box["data-ever"]))
        for box in page_of(browser).select("[data-figure]")
    }


def shown(page: BeautifulSoup) -> list[tuple[str, int]]:
    return [(row["data-kind"], int(row["data-id"])) for row in page.select("li[data-id]")]


def test_dashboard_is_for_people_who_logged_in(client):
    response = client.get("/tablero/?seccion=acuerdos")
    assert (response.status_code, response["Location"]) == (
        302,
        "/cuenta/login/?next=/tablero/%3Fseccion%3Dacuerdos",
    )


def test_dashboard_without_anything_invites(owner, login):
    page = page_of(login(owner))
    assert page.select_one(".empty a")["href"] == "/promociones/nueva/"
    assert not page.select("section")


@pytest.mark.parametrize(
    ("who", "sentence"), [("unverified", "Confirma tu correo"), ("suspended", "Tu cuenta está suspendida")]
)
def test_dashboard_says_what_one_may_not_do(request, login, who, sentence):
    person = request.getfixturevalue(who)
    PromotionFactory(owner=person, asked_at=timezone.now())
    PromotionFactory(owner=person, draft=True)
    browser = login(person)
    for query in ({}, {"seccion": "promociones"}):
        page = page_of(browser, **query)
        assert sentence in page.select_one("main .notice").get_text()
        assert page.select("li[data-id]")
        assert not page.select("main form")
        assert not page.select(".owner-actions .button")
        assert not page.select("main a[href$='/nueva/']")


def test_what_waits_has_no_end_while_the_clock_stands_still(owner, member, login):
    agreement_of(provider=owner, client=member)
    agreement_of(provider=owner, client=member, closed=True)
    Agreement.objects.filter(status="closed").update(review_until=timezone.now() - timedelta(days=1))
    assert [task["data-task"] for task in page_of(login(member)).select("[data-task]")] == ["accept"]
    User.objects.filter(pk=owner.pk).suspend(now=timezone.now() - timedelta(days=2), reason="Estafa.")
    page = page_of(login(member))
    assert sorted(task["data-task"] for task in page.select("[data-task]")) == ["accept", "review"]
    assert "Queda" not in page.select_one("main").get_text()


def test_dashboard_shows_ones_own_newest_first(owner, member, login):
    agreement = agreement_of(provider=owner, client=member)
    removed = PromotionFactory(owner=owner, removed=True)
    draft = PromotionFactory(owner=owner, draft=True, towns=[])
    request = ServiceRequestFactory(owner=owner)
    sent = ContactFactory(listing__owner=member, opener=owner)
    PromotionFactory(owner=owner, deleted=True)
    ServiceRequestFactory(owner=member)
    ContactFactory(listing=request, owner_hidden=True)
    agreement_of(provider=member, client=UserFactory())
    page = page_of(login(owner))
    assert shown(page) == [
        ("promotion", draft.pk),
        ("promotion", removed.pk),
        ("promotion", agreement.contact.listing.pk),
        ("request", request.pk),
        ("contact", sent.pk),
        ("contact", agreement.contact.pk),
        ("agreement", agreement.pk),
    ]
    assert "La moderación lo retiró: No es un servicio." in page.get_text()
    assert "Sin pueblos" in page.get_text()


def test_dashboard_shows_five_of_each_and_leads_to_the_rest(owner, login):
    PromotionFactory.create_batch(6, owner=owner)
    ServiceRequestFactory.create_batch(5, owner=owner)
    page = page_of(login(owner))
    assert [kind for kind, _pk in shown(page)] == ["promotion"] * 5 + ["request"] * 5
    assert [link["href"] for link in page.select("main a[href^='?seccion']")] == ["?seccion=promociones"]


@pytest.mark.parametrize(
    ("section", "kind"), [("promociones", "promotion"), ("solicitudes", "request"), ("acuerdos", "agreement")]
)
def test_section_lists_all_of_one_twenty_a_page(owner, member, login, section, kind):
    makers = {
        "promotion": lambda: PromotionFactory(owner=owner),
        "request": lambda: ServiceRequestFactory(owner=owner),
        "agreement": lambda: agreement_of(provider=member, client=owner),
    }
    made = [makers[kind]().pk for _number in range(21)]
    PromotionFactory(owner=member)
    agreement_of(provider=member, client=UserFactory())
    browser, newest_first = login(owner), [(kind, pk) for pk in reversed(made)]
    first = page_of(browser, seccion=section)
    assert shown(first) == newest_first[:20]
    assert first.select_one("a[rel=next]")["href"] == f"?seccion={section}&pagina=2"
    for number, expected in (("2", newest_first[20:]), ("999", newest_first[20:]), ("x", newest_first[:20])):
        assert shown(page_of(browser, seccion=section, pagina=number)) == expected


def test_empty_section_leads_back_and_an_unknown_one_is_the_dashboard(owner, login):
    browser = login(owner)
    assert page_of(browser, seccion="acuerdos").select_one(".empty a")["href"] == "/tablero/"
    assert page_of(browser, seccion="otra").select_one(".empty a")["href"] == "/promociones/nueva/"


@pytest.mark.parametrize(
    ("trait", "of_provider", "of_client"),
    [
        ({}, [], ["accept"]),
        ({"accepted": True}, ["deliver"], []),
        ({"delivered": True}, [], ["close"]),
        ({"disputed": True}, ["statement"], ["statement"]),
        ({"closed": True}, ["review"], ["review"]),
        ({"cancelled": True}, ["review"], ["review"]),
        ({"rejected": True}, [], []),
        ({"withdrawn": True}, [], []),
        ({"expired": True}, [], []),
        ({"superseded": True}, [], []),
    ],
)
def test_what_waits_depends_on_the_side(owner, member, superuser, login, trait, of_provider, of_client):
    agreement = agreement_of(provider=owner, client=member, **trait)
    about = agreement.listing_title
    assert tasks_of(login(owner)) == [(kind, about) for kind in of_provider]
    assert tasks_of(login(member)) == [(kind, about) for kind in of_client]
    assert tasks_of(login(superuser)) == []


def test_every_status_of_an_agreement_is_thought_of():
    assert len(Status) == 10  # as many as the test above knows, which has each of them once


def test_who_has_spoken_or_reviewed_is_not_asked_again(owner, member, login, now):
    disputed = agreement_of(provider=owner, client=member, disputed=True)
    DisputeStatement.objects.create(agreement=disputed, author=member, body="No llegó.", created_at=now)
    closed = agreement_of(provider=owner, client=member, closed=True)
    ReviewFactory(agreement=closed, hidden=True)
    assert tasks_of(login(member)) == []
    assert [kind for kind, _about in tasks_of(login(owner))] == ["review", "statement"]


@pytest.mark.parametrize("over", [{"created_at": timezone.now() - 30 * DAY}, {"reviews_published_at": timezone.now()}])
def test_review_is_asked_for_while_it_can_be_written(owner, member, login, over):
    agreement_of(provider=owner, client=member, closed=True, **over)
    assert tasks_of(login(member)) == []


def test_what_ends_comes_first_and_says_when(owner, member, login, now):
    PromotionFactory(owner=owner, draft=True, title="Borrador")
    PromotionFactory(owner=owner, asked_at=now - 12 * DAY + HOUR, title="Vieja")
    agreement_of(provider=owner, client=member, accepted=True, listing_title="Trabajo")
    agreement_of(provider=member, client=owner, listing_title="Propuesta", created_at=now - 67 * HOUR)
    agreement_of(provider=member, client=owner, listing_title="Terminado", closed=True, created_at=now - 10 * DAY)
    ContactFactory(listing__owner=owner, listing__title="Pregunta", opener=member)
    browser = login(owner)
    assert tasks_of(browser) == [
        ("accept", "Propuesta"),
        ("confirm", "Vieja"),
        ("review", "Terminado"),
        ("deliver", "Trabajo"),
        ("contact", "Pregunta"),
        ("draft", "Borrador"),
    ]
    times = [element.get_text() for element in page_of(browser).select("[data-task] time")]
    assert times == ["Quedan 5 horas", "Quedan 3 días", "Quedan 5 días"]


def test_what_ends_soonest_is_shown_however_much_waits(owner, member, login, now):
    for day in range(1, 25):
        agreement_of(provider=member, client=owner, listing_title=f"Hace {day}", created_at=now - day * HOUR)
    assert tasks_of(login(owner))[0] == ("accept", "Hace 24")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (14 * DAY, "Quedan 14 días"),
        (DAY + HOUR, "Quedan 2 días"),
        (DAY, "Quedan 24 horas"),
        (HOUR, "Queda 1 hora"),
        (-HOUR, "Queda 1 hora"),
    ],
)
def test_time_left_is_in_days_and_at_last_in_hours(now, left, words):
    assert time_left(now + left, now) == words
    assert time_left(None, now) == ""


def test_old_promotion_is_confirmed_from_the_dashboard(owner, login, now):
    promotion = PromotionFactory(owner=owner, asked_at=now - DAY)
    browser = login(owner)
    form = page_of(browser).select_one("[data-task=confirm] form")
    assert browser.post(form["action"]).status_code == 302
    promotion.refresh_from_db()
    assert promotion.asked_at is None
    assert tasks_of(browser) == []


def test_unread_contact_of_an_agreement_that_waits_is_said_once(owner, member, login):
    contact = ContactFactory(listing__owner=member, opener=owner, opener_unread=True)
    AgreementFactory(contact=contact)
    assert [kind for kind, _about in tasks_of(login(owner))] == ["accept"]


def test_nothing_waiting_says_so(owner, login):
    PromotionFactory(owner=owner)
    assert "Estás al día" in page_of(login(owner)).select_one("section[aria-labelledby=te-espera]").get_text()


def test_figures_are_those_of_the_provider(owner, member, login, client, now):
    promotion = PromotionFactory(owner=owner)
    client.get(promotion.get_absolute_url())
    login(member).get(promotion.get_absolute_url())
    login(owner).get(promotion.get_absolute_url())
    today = timezone.localdate(now)
    DailyViews.objects.create(listing=promotion, day=today - 29 * DAY, count=10)
    DailyViews.objects.create(listing=promotion, day=today - 30 * DAY, count=100)
    request = ServiceRequestFactory(owner=owner)
    DailyViews.objects.create(listing=request, day=today, count=1000)
    old = now - 40 * DAY
    agreement_of(provider=owner, client=member, closed=True, price=200, created_at=now - DAY)
    agreement_of(provider=owner, client=member, closed=True, price=3000, created_at=old)
    agreement_of(provider=owner, client=member, cancelled=True, price=7, created_at=now - DAY)
    agreement_of(provider=owner, client=member, superseded=True, price=7, created_at=now - DAY)
    agreement_of(provider=owner, client=member, price=7)
    agreement_of(provider=member, client=owner, closed=True, price=50_000)
    ContactFactory(listing=request)
    ContactFactory(listing__owner=owner, created_at=old)
    ContactFactory(listing=ServiceRequestFactory(owner=member), opener=owner, kind="request")
    assert figures_of(login(owner)) == {
        "views": (12, 112),
        "contacts": (6, 7),
        "accepted": (2, 3),
        "earned": (200, 3200),
    }
    assert "$3,200" in page_of(login(owner)).select_one("[data-figure=earned]").get_text()


def test_who_offers_nothing_sees_no_figures(owner, login):
    ServiceRequestFactory(owner=owner)
    assert figures_of(login(owner)) == {}


def test_promotion_says_how_often_it_was_seen(owner, login, client):
    promotion = PromotionFactory(owner=owner)
    client.get(promotion.get_absolute_url())
    row = page_of(login(owner)).select_one(f"li[data-id='{promotion.pk}']")
    assert "1 vista en 30 días" in row.get_text()


@pytest.mark.parametrize(
    ("query", "queries"),
    [({}, 20), ({"seccion": "promociones"}, 9), ({"seccion": "solicitudes"}, 9), ({"seccion": "acuerdos"}, 6)],
)
def test_dashboard_makes_the_same_number_of_queries_for_any_number_of_rows(owner, login, query, queries):
    browser, counts, town = login(owner), set(), count()

    def some_towns():
        return [TownFactory(slug=f"t{next(town)}", name=f"T{next(town)}") for _ in range(2)]

    for rows in (1, 3, 20):
        while owner.listings.filter(kind="request").count() < rows:
            request = ServiceRequestFactory(owner=owner, photo_count=2, towns=some_towns())
            PromotionFactory(owner=owner, photo_count=2, towns=some_towns(), asked_at=timezone.now())
            AgreementFactory(contact=ContactFactory(listing=request, owner_unread=True))
            ContactFactory(listing__owner=owner, owner_unread=True)
        browser.get("/tablero/", query)
        with CaptureQueriesContext(connection) as asked:
            page_of(browser, **query)
        counts.add(len(asked))
    assert counts == {queries}
