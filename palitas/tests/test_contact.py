import pytest
from django.test import Client

from notices.models import OutboxMail

PATH = "/contacto/"
DATA = {
    "name": "Ana Rosado",
    "email": "ana@example.com",
    "subject": "No encuentro mi pueblo",
    "message": "Vivo en Culebra.\r\n¿Qué hago?",
    "website": "",
}


def test_message_is_mailed_to_the_site_and_answers_go_to_the_visitor(client, db, settings):
    settings.CONTACT_EMAIL = "equipo@example.com"
    response = client.post(PATH, DATA)
    assert (response.status_code, response["Location"]) == (302, PATH)
    assert "Gracias por escribirnos" in client.get(PATH).content.decode()
    mail = OutboxMail.objects.get()
    assert mail.recipient == "equipo@example.com"
    assert mail.subject == "[PalitasPR] No encuentro mi pueblo"
    assert mail.text == "Ana Rosado <ana@example.com>\n\nVivo en Culebra.\n¿Qué hago?"
    assert mail.headers == {"Reply-To": "ana@example.com"}
    assert mail.sender == settings.DEFAULT_FROM_EMAIL
    assert not mail.is_secret


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "A" * 101),
        ("email", ""),
        ("email", "ana"),
        ("email", "ana@example.com\nBcc: todos@example.com"),
        ("subject", ""),
        ("subject", "A" * 151),
        ("message", ""),
        ("message", "A" * 5001),
    ],
)
def test_bad_input_comes_back_with_a_sentence_at_its_field(client, db, field, typed):
    response = client.post(PATH, DATA | {field: typed})
    assert response.status_code == 200
    form = response.context["form"]
    assert list(form.errors) == [field]
    assert {name: form[name].value() for name in DATA} == DATA | {field: typed}
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("field", ["name", "subject"])
def test_line_breaks_do_not_reach_the_headers(client, db, field):
    assert client.post(PATH, DATA | {field: "Hola\r\nBcc: todos@example.com"}).status_code == 302
    mail = OutboxMail.objects.get()
    assert "\n" not in mail.subject
    assert mail.text.splitlines()[0].endswith("<ana@example.com>")
    assert set(mail.headers) == {"Reply-To"}


def test_program_that_fills_in_the_trap_is_thanked_and_ignored(client, db):
    assert client.post(PATH, DATA | {"website": "https://spam.example"}).status_code == 302
    assert not OutboxMail.objects.exists()


def test_sixth_message_of_an_hour_is_kept_in_the_form_with_a_sentence(client, db):
    answers = [client.post(PATH, DATA).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    assert OutboxMail.objects.count() == 5
    response = client.post(PATH, DATA)
    form = response.context["form"]
    assert form.non_field_errors()
    assert form["message"].value() == DATA["message"]


def test_mistakes_do_not_use_up_the_messages_of_an_hour(client, db):
    for _ in range(6):
        client.post(PATH, DATA | {"email": "ana"})
    assert client.post(PATH, DATA).status_code == 302


def test_form_knows_who_is_logged_in(member, login):
    page = login(member).get(PATH).content.decode()
    assert 'value="Carlos Ortiz"' in page
    assert 'value="carlos@example.com"' in page


def test_suspended_person_may_write(suspended, login):
    assert login(suspended).post(PATH, DATA).status_code == 302


def test_message_needs_the_csrf_token(db):
    assert Client(enforce_csrf_checks=True).post(PATH, DATA).status_code == 403
    assert not OutboxMail.objects.exists()


def test_english_page(client, db):
    assert client.get("/en/contacto/").status_code == 200
    assert client.post("/en/contacto/", DATA)["Location"] == "/en/contacto/"
