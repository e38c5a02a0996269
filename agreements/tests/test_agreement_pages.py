"""The form of a proposal, the page of an agreement, and the payment QR."""

from datetime import date, timedelta

import pytest
import rules
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.factories import UserFactory
from agreements.actions import agreements as actions
from agreements.actions import disputes
from agreements.models import Agreement, AgreementEvent
from agreements.permissions import is_party
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory
from agreements.versions import compare, history
from notices.models import Notice
from palitas.tests.snapshot import snapshot
from services.models import Service
from services.pictures.chosen import ChosenPicture
from services.tests.factories import PictureFactory
from services.tests.pages import errors_of
from services.tests.pictures import upload

GOOD = {"price": "$1,500", "terms": "Pintar la sala.\n\n  Dos   manos.  \n", "scheduled_for": "", "accept_terms": "on"}


@pytest.fixture
def contact(owner, member):
    return ContactFactory(listing__owner=owner, listing__title="Pintura", opener=member)


def page(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def propose_path(contact) -> str:
    return f"/contactos/{contact.pk}/acuerdo/"


def path(agreement, step: str = "") -> str:
    return f"/acuerdos/{agreement.pk}/" + (f"{step}/" if step else "")


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)


# Proposing -----------------------------------------------------------------------------------------------------------


def test_proposal_is_made_of_what_was_typed(contact, owner, login):
    response = login(owner).post(propose_path(contact), GOOD | {"scheduled_for": tomorrow().isoformat()})
    agreement = Agreement.objects.get()
    assert (response.status_code, response["Location"]) == (302, path(agreement))
    assert (agreement.price, agreement.terms) == (1500, ["Pintar la sala.", "Dos manos."])
    assert agreement.scheduled_for == tomorrow()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"price": ""}, "price", "Escribe el precio."),
        ({"price": "12.50"}, "price", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ({"price": "-5"}, "price", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ({"price": "٣"}, "price", "Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."),
        ({"price": "1,000,001"}, "price", "El precio puede ser de hasta $1,000,000."),
        ({"price": "9" * 500}, "price", "El precio puede ser de hasta $1,000,000."),
        ({"terms": " \n\x00\n "}, "terms", "Escribe al menos un término: qué vas a hacer."),
        ({"terms": "x\n" * 21}, "terms", "Son 21 líneas y el límite es 20: junta algunas."),
        (
            {"terms": "Bien\n" + "ñ" * 301},
            "terms",
            "La línea 2 tiene 301 letras y el límite es 300: pártela en dos.",
        ),
        ({"scheduled_for": "2020-01-01"}, "scheduled_for", "Esa fecha ya pasó."),
        ({"scheduled_for": "2026-02-31"}, "scheduled_for", "Escribe una fecha que exista."),
        ({"scheduled_for": "mañana"}, "scheduled_for", "Escribe una fecha que exista."),
        ({"accept_terms": ""}, "accept_terms", "Acepta los términos del sitio para enviar la propuesta."),
    ],
)
def test_mistake_in_a_proposal_comes_back_at_its_field(contact, owner, login, changes, field, sentence):
    response = login(owner).post(propose_path(contact), GOOD | changes)
    assert errors_of(response) == {field: [sentence]}
    assert not Agreement.objects.exists()
    typed = page(response)
    if field != "terms":
        assert "Dos   manos." in typed.select_one("[name=terms]").get_text()
    if field != "price":
        assert typed.select_one("[name=price]")["value"] == "$1,500"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("x\r\n" * 20, 20), ("ñ" * 300, 1), ("\u202eal revés\nDestapar 🔧👩🏽‍🔧", 2), ("'; DROP TABLE--<script>", 1)],
)
def test_terms_at_their_limits_are_taken(contact, owner, login, typed, kept):
    assert login(owner).post(propose_path(contact), GOOD | {"terms": typed}).status_code == 302
    assert len(Agreement.objects.get().terms) == kept
    assert "\u202e" not in "".join(Agreement.objects.get().terms)


@pytest.mark.parametrize("day", [timezone.localdate, tomorrow])
def test_today_is_not_in_the_past(contact, owner, login, day):
    assert login(owner).post(propose_path(contact), GOOD | {"scheduled_for": day().isoformat()}).status_code == 302


def test_form_is_filled_in_with_the_version_before(contact, owner, login):
    AgreementFactory(contact=contact, rejected=True, price=1200, scheduled_for=tomorrow(), terms=["Uno.", "Dos."])
    shown = page(login(owner).get(propose_path(contact)))
    assert shown.select_one("[name=price]")["value"] == "1200"
    assert shown.select_one("[name=terms]").get_text().strip() == "Uno.\nDos."
    assert shown.select_one("[name=scheduled_for]")["value"] == tomorrow().isoformat()
    assert not shown.select_one("[name=accept_terms]").has_attr("checked")
    assert shown.select_one("h1").get_text() == "Proponer de nuevo"
    assert shown.select_one('form a[href="/terminos/"]')


@pytest.mark.parametrize("method", ["get", "post"])
def test_form_leads_to_the_proposal_that_waits(contact, owner, login, method):
    pending = AgreementFactory(contact=contact)
    response = getattr(login(owner), method)(propose_path(contact), GOOD)
    assert response.status_code == 409
    assert "Ya hay una propuesta esperando respuesta." in response.content.decode()
    assert page(response).select_one(f'main a[href="{path(pending)}"]')


# The page ------------------------------------------------------------------------------------------------------------


def in_status(contact, status: str, **fields) -> Agreement:
    return AgreementFactory(contact=contact, **({} if status == "pending" else {status: True}), **fields)


STATUSES = {
    "pending": "Pendiente",
    "active": "Activo",
    "delivered": "Entregado",
    "disputed": "En disputa",
    "closed": "Cerrado",
    "rejected": "Rechazado",
    "withdrawn": "Retirado",
    "expired": "Vencido",
    "cancelled": "Cancelado",
    "superseded": "Reemplazado",
}
# Typed by hand: what the forms of the page post to; the first is the button that stands out, if any.
FORMS = {
    ("pending", "provider"): ("", ["retirar"]),
    ("pending", "client"): ("aceptar", ["rechazar"]),
    ("active", "provider"): ("entregar", ["cancelar", "disputar"]),
    ("active", "client"): ("cerrar", ["cancelar", "disputar"]),
    ("delivered", "provider"): ("", ["disputar", "qr"]),
    ("delivered", "client"): ("cerrar", ["disputar"]),
    ("disputed", "provider"): ("", ["declaracion"]),
    ("disputed", "client"): ("", ["declaracion"]),
    ("closed", "provider"): ("", ["qr", "resena"]),
    ("closed", "client"): ("", ["resena"]),
    ("cancelled", "provider"): ("", ["resena"]),
    ("cancelled", "client"): ("", ["resena"]),
}


def forms_of(shown: BeautifulSoup) -> tuple[str, list[str]]:
    main = [form["action"] for form in shown.select("main .agreement-steps > form")]
    every = [form["action"].partition("#")[0] for form in shown.select("main form")]
    names = [action.rstrip("/").rpartition("/")[2] for action in every]
    main_names = [action.rstrip("/").rpartition("/")[2] for action in main]
    assert len(main_names) <= 1
    return "".join(main_names), sorted(set(names) - set(main_names))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("side", ["provider", "client"])
def test_page_says_its_status_and_offers_just_what_the_side_may_do(contact, owner, member, login, status, side):
    agreement = in_status(contact, status)
    response = login(owner if side == "provider" else member).get(path(agreement))
    shown = page(response)
    main = shown.select_one("main")
    assert (main["data-kind"], main["data-id"], main["data-status"]) == ("agreement", str(agreement.pk), status)
    assert shown.select_one("main .badge").get_text() == STATUSES[status]
    assert forms_of(shown) == FORMS.get((status, side), ("", []))
    assert not shown.select("[style], script:not([src])")


@pytest.mark.parametrize("status", STATUSES)
def test_page_offers_nothing_to_a_suspended_side(contact, owner, login, status):
    agreement = in_status(contact, status)
    owner.suspended_at = timezone.now()
    owner.save(update_fields=["suspended_at"])
    shown = page(login(owner).get(path(agreement)))
    assert shown.select("main form") == []
    assert not shown.select(f'main a[href="{propose_path(contact)}"]')
    assert "Tu cuenta está suspendida" in shown.select_one("main .notice-warning").get_text()


@pytest.mark.parametrize(
    ("statuses", "offered"),
    [
        (["pending"], False),
        (["active"], True),
        (["active", "pending"], False),
        (["delivered"], False),
        (["disputed"], False),
        (["rejected"], True),
        (["rejected", "pending"], False),
        (["closed"], True),
        (["cancelled"], True),
        (["superseded", "active"], True),
    ],
)
def test_proposing_anew_is_offered_to_the_provider_when_it_can_be_done(
    contact, owner, member, login, statuses, offered
):
    agreement, *_others = [in_status(contact, status) for status in statuses]
    link = f'main a[href="{propose_path(contact)}"]'
    assert bool(page(login(owner).get(path(agreement))).select(link)) == offered
    assert not page(login(member).get(path(agreement))).select(link)
    assert login(owner).get(propose_path(contact)).status_code == (200 if offered else 409)


def test_reviewed_is_the_name_of_a_closed_one_whose_reviews_are_out(contact, owner, login):
    agreement = AgreementFactory(contact=contact, closed=True, reviews_published_at=timezone.now(), reviews_written=1)
    shown = page(login(owner).get(path(agreement)))
    assert shown.select_one("main .badge").get_text() == "Reseñado"
    assert shown.select_one("main")["data-status"] == "closed"
    Agreement.objects.update(reviews_written=0)
    assert page(login(owner).get(path(agreement))).select_one("main .badge").get_text() == "Cerrado"


def test_timeline_tells_who_did_what_when_and_why(contact, owner, member, login):
    agreement = AgreementFactory(contact=contact)
    actions.reject(agreement=agreement, by=member, now=timezone.now(), note="Caro.\n<b>¿120?</b>")
    moments = page(login(owner).get(path(agreement))).select(".timeline > li")
    assert [one.strong.get_text() for one in moments] == ["Propuesto", "Rechazado"]
    assert "Pilar Santiago" in moments[0].get_text()
    assert "Carlos Ortiz" in moments[1].get_text()
    assert "Caro.<br/>&lt;b&gt;¿120?&lt;/b&gt;" in str(moments[1])


@pytest.mark.parametrize(
    ("status", "ahead"),
    [
        ("pending", ["Aceptado", "Entregado", "Cerrado"]),
        ("active", ["Entregado", "Cerrado"]),
        ("delivered", ["Cerrado"]),
        ("disputed", ["La moderación decide"]),
        ("closed", []),
        ("expired", []),
    ],
)
def test_timeline_goes_on_to_what_is_to_come(contact, owner, login, status, ahead):
    moments = page(login(owner).get(path(in_status(contact, status)))).select(".timeline > li")
    assert [one.strong.get_text() for one in moments] == ["Propuesto", *ahead]
    assert [one.has_attr("aria-current") for one in moments[1:]] == [place == 0 for place in range(len(ahead))]


@pytest.mark.parametrize(
    ("status", "steps", "current"),
    [
        ("pending", ["Pendiente", "Activo", "Entregado", "Cerrado"], "Pendiente"),
        ("active", ["Pendiente", "Activo", "Entregado", "Cerrado"], "Activo"),
        ("delivered", ["Pendiente", "Activo", "Entregado", "Cerrado"], "Entregado"),
        ("closed", ["Pendiente", "Activo", "Entregado", "Cerrado"], None),
        ("rejected", ["Pendiente", "Rechazado"], "Rechazado"),
        ("superseded", ["Pendiente", "Reemplazado"], "Reemplazado"),
    ],
)
def test_stepper_says_where_an_agreement_is(contact, owner, login, status, steps, current):
    shown = page(login(owner).get(path(in_status(contact, status)))).select(".stepper > li")
    assert [one.get_text() for one in shown] == steps
    assert [one.get_text() for one in shown if one.has_attr("aria-current")] == ([current] if current else [])


def test_stepper_of_a_cancelled_one_has_the_steps_that_were_taken(contact, owner, member, login):
    agreement = AgreementFactory(contact=contact)
    actions.accept(agreement=agreement, by=member, now=timezone.now())
    actions.cancel(agreement=agreement, by=owner, now=timezone.now(), note="No hay gomas.")
    shown = page(login(owner).get(path(agreement))).select(".stepper > li")
    assert [one.get_text() for one in shown] == ["Pendiente", "Activo", "Cancelado"]


@pytest.mark.parametrize(("agreed", "shown"), [("Plomería", "Plumbing"), ("Destapes", "Destapes")])
def test_service_is_in_the_language_of_the_page_unless_it_was_renamed(contact, member, login, agreed, shown):
    Service.objects.filter(pk=contact.listing.service_id).update(name_es="Plomería", name_en="Plumbing")
    agreement = AgreementFactory(contact=contact, service_name=agreed)
    assert page(login(member).get(f"/en{path(agreement)}")).select_one("main header p").get_text().startswith(shown)
    assert page(login(member).get(path(agreement))).select_one("main header p").get_text().startswith(agreed)


@pytest.mark.parametrize(("status", "order"), [("pending", ["terminos", "toca"]), ("active", ["toca", "terminos"])])
def test_terms_come_before_the_button_that_accepts_them(contact, member, login, status, order):
    agreement = AgreementFactory(contact=contact, **{status: True} if status != "pending" else {})
    headings = page(login(member).get(path(agreement))).select("#terminos, #toca")
    assert [heading["id"] for heading in headings] == order


def test_deadline_is_shown_unless_the_clock_stands_still(contact, owner, member, login):
    agreement = AgreementFactory(contact=contact, expires_at=timezone.make_aware(timezone.datetime(2027, 1, 5, 15, 30)))
    assert "Vence el 5 de enero de 2027, 3:30 p.m." in login(owner).get(path(agreement)).content.decode()
    member.suspended_at = timezone.now()
    member.save(update_fields=["suspended_at"])
    shown = login(owner).get(path(agreement)).content.decode()
    assert "Vence el" not in shown
    assert "El reloj está detenido" in shown


def test_page_marks_its_notices_as_read(contact, member, owner, login):
    agreement = actions.propose(contact=contact, by=owner, price=9, terms=["x"], scheduled_for=None, now=timezone.now())
    other = AgreementFactory(contact__opener=member)
    actions.tell(other, member, "agreement_waits", now=timezone.now())
    login(owner).get(path(agreement))
    assert Notice.objects.unread().count() == 2
    login(member).get(f"/en{path(agreement)}")
    assert Notice.objects.unread().get().path == path(other)


@pytest.mark.parametrize(
    ("step", "status", "sentence"),
    [("cancelar", "active", "Escribe por qué: la otra parte lo va a leer."), ("rechazar", "pending", None)],
)
def test_words_that_are_missing_or_too_long_come_back(contact, member, login, step, status, sentence):
    agreement = in_status(contact, status)
    browser = login(member)
    if sentence:
        shown = page(browser.post(path(agreement, step), {"note": " "}))
        assert [one.get_text() for one in shown.select("details[open] .errorlist li")] == [sentence]
    response = browser.post(path(agreement, step), {"note": "x" * 2001})
    assert response.status_code == 200
    shown = page(response)
    assert len(shown.select("details[open] .errorlist li")) == 1
    assert shown.select_one("details[open] textarea").get_text().strip() == "x" * 2001
    assert Agreement.objects.get().status == status


def test_step_that_comes_too_late_says_how_it_stands_and_leads_back(contact, member, owner, login):
    agreement = AgreementFactory(contact=contact)
    login(owner).post(path(agreement, "retirar"))
    response = login(member).post(path(agreement, "aceptar"))
    assert response.status_code == 409
    assert "Este acuerdo ya fue retirado." in response.content.decode()
    assert page(response).select_one(f'main a[href="{path(agreement)}"]')


def test_a_login_on_the_way_to_a_step_ends_on_the_page(contact, member, login):
    agreement = AgreementFactory(contact=contact)
    asked = Client().post(path(agreement, "aceptar"))
    assert asked["Location"] == f"/cuenta/login/?next={path(agreement, 'aceptar')}"
    assert login(member).get(path(agreement, "aceptar"))["Location"] == path(agreement)
    assert Agreement.objects.get().status == "pending"


def test_pages_are_for_the_two_sides_alone(contact, superuser, moderator, login):
    agreement = AgreementFactory(contact=contact, delivered=True)
    for person in (UserFactory(), superuser, moderator):
        before = snapshot()
        browser = login(person)
        answers = [browser.get(address).status_code for address in (path(agreement), path(agreement, "pdf"))]
        assert answers == [404, 404]
        assert browser.post(path(agreement, "qr"), {"payment_qr": upload()}).status_code == 404
        assert {**snapshot(), "accounts.User": 0} == {**before, "accounts.User": 0}  # A login writes its time.


def test_rule_and_set_are_the_same_for_everybody(contact, owner, member, superuser, moderator, suspended, unverified):
    mine, other = AgreementFactory(contact=contact), AgreementFactory()
    suspended_one = AgreementFactory(contact__opener=suspended)
    every = {mine, other, suspended_one}
    for person in (owner, member, superuser, moderator, suspended, unverified):
        by_rule = {one for one in every if is_party.test(person, one)}
        assert set(Agreement.objects.of(person)) == by_rule
        assert {one for one in every if rules.has_perm("agreements.view_agreement", person, one)} == by_rule
    assert not is_party.test(owner, None)


# Versions ------------------------------------------------------------------------------------------------------------


def version(number: int, **fields) -> Agreement:
    values = {"pk": number, "version": number, "price": 100, "terms": ["a", "b"], "scheduled_for": None}
    return Agreement(**(values | fields))


def test_compare_names_what_was_added_taken_away_and_changed():
    changes = compare(version(1), version(2, price=120, terms=["b", "c", "b"], scheduled_for=date(2026, 12, 4)))
    assert (changes.price, changes.scheduled_for) == ((100, 120), (None, date(2026, 12, 4)))
    assert (changes.added, changes.removed, changes.is_reordered, changes.is_empty) == (["c", "b"], ["a"], False, False)


def test_compare_knows_another_order_and_no_change():
    assert compare(version(1), version(2, terms=["b", "a"])).is_reordered
    assert compare(version(1), version(2)).is_empty


def test_history_compares_an_amendment_with_what_it_would_replace():
    versions = [version(1), version(2, amends_id=1, price=150), version(3, amends_id=1, price=130), version(4)]
    found = [(one.agreement.version, one.changes and one.changes.before.version) for one in history(versions)]
    assert found == [(4, 3), (3, 1), (2, 1), (1, None)]


def test_page_shows_versions_and_what_changed(contact, owner, member, login):
    first = AgreementFactory(contact=contact, rejected=True, price=150, terms=["Pintar.", "Limpiar."])
    second = AgreementFactory(contact=contact, price=120, terms=["Pintar.", "Recoger."], scheduled_for=date(2027, 1, 5))
    shown = page(login(member).get(path(second)))
    lines = shown.select(".agreement-version")
    assert [one.h3.get_text() for one in lines] == ["Versión 2, esta", "Versión 1"]
    assert [one.get_text() for one in lines[0].select("del")] == ["$150", "A convenir", "Limpiar."]
    assert [one.get_text() for one in lines[0].select("ins")] == ["$120", "5 de enero de 2027", "Recoger."]
    assert shown.select_one("main .notice") is None
    older = page(login(member).get(path(first)))
    assert older.select_one(f'main .notice a[href="{path(second)}"]')


# Cost ----------------------------------------------------------------------------------------------------------------


def add_history(contact, versions: int) -> None:
    for _ in range(versions):
        AgreementFactory(contact=contact, rejected=True)
        MessageFactory(contact=contact)


def add_events(agreement, number: int) -> None:
    for _ in range(number):
        AgreementEvent.objects.create(
            agreement=agreement, transition="lapse", party="clock", to_status="pending", created_at=timezone.now()
        )


@pytest.mark.parametrize("side", ["provider", "client"])
def test_page_makes_the_same_queries_with_1_3_and_20_rows(contact, owner, member, login, side):
    agreement = AgreementFactory(contact=contact, active=True)
    photos = [ChosenPicture(PictureFactory(owner=member)) for _ in range(4)]
    disputes.dispute(agreement=agreement, by=member, now=timezone.now(), note="Gotea.", photos=photos)
    browser = login(owner if side == "provider" else member)
    costs = []
    for more in (1, 2, 17):
        add_history(contact, more)
        add_events(agreement, more)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path(agreement)).status_code == 200
        costs.append(len(queries))
    assert costs == [10, 10, 10]


def test_proposal_of_who_has_left_has_no_button_and_answers_409(contact, owner, member, login):
    agreement = AgreementFactory(contact=contact)
    browser = login(agreement.client)
    path = agreement.get_absolute_url()
    assert f'action="{path}aceptar/"' in browser.get(path).content.decode()
    provider = agreement.provider
    provider.is_active = False
    provider.save(update_fields=["is_active"])
    page = browser.get(path).content.decode()
    assert f'action="{path}aceptar/"' not in page
    assert f'action="{path}rechazar/' in page
    response = browser.post(f"{path}aceptar/")
    assert response.status_code == 409
    assert "La otra persona ya no está en PalitasPR" in response.content.decode()
    assert browser.post(f"{path}rechazar/").status_code == 302
