"""The inbox: its two sides, dots, statuses, hiding; and how predicate and set agree."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser

from accounts.tests.factories import UserFactory
from agreements.actions.contacts import write_message
from agreements.enums import Status
from agreements.models import Contact
from agreements.permissions import is_side
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory
from notices.models import Notice
from services.tests.factories import ServiceRequestFactory

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def rows_of(browser, side: str = "recibidos", **query) -> list[int]:
    page = soup(browser.get("/contactos/", {"lado": side, **query}))
    return [int(row["data-id"]) for row in page.select("[data-kind=contact]")]


@pytest.fixture
def received(owner, member) -> Contact:
    contact = ContactFactory(listing__owner=owner, opener=member, created_at=MORNING)
    MessageFactory(contact=contact, created_at=MORNING, body="Hola,\n¿cuánto sería?")
    return contact


def test_each_side_finds_it_under_its_own_tab(received, owner, member, login):
    assert rows_of(login(owner)) == rows_of(login(member), "enviados") == [received.pk]
    assert rows_of(login(owner), "enviados") == rows_of(login(member)) == []


def test_row_says_who_what_and_how_it_stands(received, owner, login):
    page = soup(login(owner).get("/contactos/"))
    row = page.select_one("[data-kind=contact]")
    link = row.select_one("h2 a")
    assert (link.get_text(), link["href"]) == ("Carlos Ortiz", f"/contactos/{received.pk}/")
    assert row.select_one(".contact-row-title").get_text() == received.listing.title
    assert row.select_one(".contact-row-last").get_text() == "Hola,\n¿cuánto sería?"
    assert row.select_one(".badge").get_text() == "Nuevo"
    assert page.select_one(".tabs [aria-current]").get_text().split()[0] == "Recibidos"


def test_own_last_line_and_a_photo_say_so(received, owner, login):
    MessageFactory(contact=received, author=owner, body="", photo_count=1, created_at=MORNING)
    row = soup(login(owner).get("/contactos/")).select_one(".contact-row-last")
    assert row.get_text(strip=True) == "Tú:Foto"


@pytest.mark.parametrize("side", ["", "otra", "RECIBIDOS"])
def test_unknown_side_is_the_first(received, owner, login, side):
    assert rows_of(login(owner), side) == [received.pk]


def test_empty_tabs_say_what_to_do(member, login):
    assert "Todavía nadie te ha escrito" in soup(login(member).get("/contactos/")).get_text()
    assert "No le has escrito a nadie" in soup(login(member).get("/contactos/?lado=enviados")).get_text()


def test_nobody_else_sees_it(received, login, superuser, moderator):
    for stranger in (superuser, moderator, UserFactory()):
        assert rows_of(login(stranger)) == rows_of(login(stranger), "enviados") == []


def test_other_methods_are_refused(member, login):
    assert login(member).post("/contactos/").status_code == 405


def test_newest_activity_comes_first_and_twenty_fit_a_page(owner, login):
    contacts = [
        ContactFactory(listing__owner=owner, last_activity_at=MORNING + timedelta(minutes=number))
        for number in range(23)
    ]
    browser = login(owner)
    expected = [contact.pk for contact in reversed(contacts)]
    assert rows_of(browser) == expected[:20]
    assert rows_of(browser, pagina=2) == expected[20:]
    link = soup(browser.get("/contactos/")).select_one(".pager a[rel=next]")
    assert link["href"] == "?lado=recibidos&pagina=2"
    write_message(contact=contacts[0], author=contacts[0].opener, body="¿Y?", now=MORNING + timedelta(days=1))
    assert rows_of(browser)[0] == contacts[0].pk


def dots(browser) -> dict[str, bool]:
    page = soup(browser.get("/contactos/"))
    return {tab.get_text().split()[0]: bool(tab.select_one(".dot")) for tab in page.select(".tabs a")} | {
        "row": bool(page.select_one(".contact-row .dot"))
    }


def test_dots_come_with_a_message_and_go_with_reading(received, owner, member, login):
    path = received.get_absolute_url()
    assert dots(login(owner)) == {"Recibidos": True, "Enviados": False, "row": True}
    login(owner).get(path)
    assert dots(login(owner)) == {"Recibidos": False, "Enviados": False, "row": False}
    login(owner).post(path, {"body": "$80."})
    assert dots(login(owner))["Recibidos"] is False
    assert dots(login(member)) == {"Recibidos": False, "Enviados": True, "row": False}
    assert Contact.objects.unread_by(member).count() == 1


def test_hidden_contact_is_gone_for_one_side_until_a_message_comes(received, owner, member, login):
    path = received.get_absolute_url()
    response = login(owner).post(f"{path}ocultar/")
    assert (response.status_code, response["Location"]) == (302, "/contactos/?lado=recibidos")
    assert rows_of(login(owner)) == []
    assert rows_of(login(member), "enviados") == [received.pk]
    assert not Contact.objects.unread_by(owner).exists()
    assert login(owner).get(path).status_code == 200
    login(member).post(path, {"body": "¿Y bien?"})
    assert rows_of(login(owner)) == [received.pk]
    assert dots(login(owner))["row"]


def test_hidden_by_the_writer_comes_back_with_their_own_message(received, member, login):
    path = received.get_absolute_url()
    login(member).post(f"{path}ocultar/")
    assert rows_of(login(member), "enviados") == []
    login(member).post(path, {"body": "Otra cosa"})
    assert rows_of(login(member), "enviados") == [received.pk]


@pytest.mark.parametrize("side", ["recibidos", "enviados"])
def test_hidden_contacts_have_a_list_and_a_way_back(received, owner, member, login, side):
    browser = login(owner if side == "recibidos" else member)
    inbox = f"/contactos/?lado={side}"
    assert soup(browser.get(inbox)).select_one('a[href*="ocultos"]') is None
    path = received.get_absolute_url()
    assert browser.post(f"{path}ocultar/")["Location"] == inbox
    page = soup(browser.get(inbox))
    link = page.select_one('a[href*="ocultos"]')
    assert (link["href"], link.get_text()) == (f"?lado={side}&ocultos=1", "Ver 1 oculto")
    assert rows_of(browser, side) == []
    assert rows_of(browser, side, ocultos=1) == [received.pk]
    other_side = "enviados" if side == "recibidos" else "recibidos"
    assert rows_of(browser, other_side, ocultos=1) == []
    form = soup(browser.get(f"{inbox}&ocultos=1")).select_one(".contact-row form")
    assert form["action"] == f"{path}mostrar/"
    actions = [form.get("action", "") for form in soup(browser.get(path)).select("form")]
    assert f"{path}mostrar/" in actions
    assert f"{path}ocultar/" not in actions
    assert browser.post(form["action"])["Location"] == inbox
    assert (rows_of(browser, side), rows_of(browser, side, ocultos=1)) == ([received.pk], [])


def test_hiding_marks_what_was_said_as_read(owner, member, login):
    contact = ContactFactory(listing__owner=owner, opener=member)
    write_message(contact=contact, author=member, body="¿Y bien?", now=MORNING)
    assert Notice.objects.unread_by(owner).count() == 1
    login(owner).post(f"{contact.get_absolute_url()}ocultar/")
    assert not Notice.objects.unread_by(owner).exists()
    login(owner).post(f"{contact.get_absolute_url()}mostrar/")
    assert not Contact.objects.unread_by(owner).exists()


@pytest.mark.parametrize("trait", ["active", "delivered", "disputed"])
def test_hiding_is_refused_while_an_agreement_is_live(received, owner, member, login, trait):
    AgreementFactory(contact=received, **{trait: True})
    for person in (owner, member):
        response = login(person).post(f"{received.get_absolute_url()}ocultar/")
        assert response.status_code == 403
        assert "Tienen un acuerdo en curso" in response.content.decode()
    received.refresh_from_db()
    assert not received.owner_hidden
    assert not received.opener_hidden


@pytest.mark.parametrize("trait", ["pending", "closed", "cancelled", "rejected", "withdrawn", "expired"])
def test_hiding_is_free_when_no_agreement_is_live(received, owner, login, trait):
    AgreementFactory(contact=received, **({trait: True} if trait != "pending" else {}))
    assert login(owner).post(f"{received.get_absolute_url()}ocultar/").status_code == 302


OUT = {"reviews_written": 2, "reviews_published_at": MORNING}


@pytest.mark.parametrize(
    ("agreements", "status", "label"),
    [
        ([], "new", "Nuevo"),
        ([{}], "pending", "Pendiente"),
        ([{"rejected": True}], "rejected", "Rechazado"),
        ([{"rejected": True}, {}], "pending", "Pendiente"),
        ([{"withdrawn": True}], "withdrawn", "Retirado"),
        ([{"expired": True}], "expired", "Vencido"),
        ([{"active": True}], "active", "Activo"),
        ([{"superseded": True}, {"active": True}], "active", "Activo"),
        ([{"delivered": True}], "delivered", "Entregado"),
        ([{"disputed": True}], "disputed", "En disputa"),
        ([{"closed": True}], "closed", "Cerrado"),
        ([{"closed": True, "reviews_written": 1}], "closed", "Cerrado"),
        ([{"closed": True} | OUT], "reviewed", "Reseñado"),
        # The window ended and nobody had written.
        ([{"closed": True} | OUT | {"reviews_written": 0}], "closed", "Cerrado"),
        ([{"cancelled": True} | OUT], "cancelled", "Cancelado"),
        ([{"closed": True} | OUT, {}], "pending", "Pendiente"),
    ],
)
def test_status_of_a_contact(received, owner, login, agreements, status, label):
    for fields in agreements:
        AgreementFactory(contact=received, **fields)
    row = soup(login(owner).get("/contactos/")).select_one("[data-kind=contact]")
    assert (row["data-status"], row.select_one(".badge").get_text()) == (status, label)
    page = soup(login(owner).get(received.get_absolute_url()))
    assert page.select_one("main")["data-status"] == status


@pytest.mark.parametrize("ending", [{}, {"rejected": True}, {"withdrawn": True}, {"expired": True}])
def test_amendment_counts_when_it_is_accepted(received, ending):
    first = AgreementFactory(contact=received, active=True)
    AgreementFactory(contact=received, amends=first, **ending)
    assert Contact.objects.with_status().get().status == Status.ACTIVE


def test_other_contacts_do_not_lend_their_status(received):
    AgreementFactory(contact__listing=received.listing, active=True)
    assert Contact.objects.with_status().get(pk=received.pk).status == "new"


def test_predicate_and_set_agree_for_every_role(received, owner, member, superuser, moderator, suspended, unverified):
    ContactFactory(listing=ServiceRequestFactory(owner=suspended), opener=unverified)
    for person in (owner, member, superuser, moderator, suspended, unverified, AnonymousUser()):
        by_predicate = {contact.pk for contact in Contact.objects.all() if is_side.test(person, contact)}
        assert set(Contact.objects.of(person).values_list("pk", flat=True)) == by_predicate


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_inbox_takes_the_same_queries_however_long(owner, login, rows, django_assert_num_queries):
    for number in range(rows):
        contact = ContactFactory(listing__owner=owner, opener__profile__headline=str(number))
        MessageFactory.create_batch(2, contact=contact)
        AgreementFactory(contact=contact, closed=True)
    browser = login(owner)
    with django_assert_num_queries(5):
        assert len(rows_of(browser)) == rows
