import pytest
from django.urls import reverse
from django.utils.translation import override

PAGES = [
    # name, language, heading, a fact of the design
    ("about", "es-pr", "Acerca de PalitasPR", "72 horas"),
    ("about", "en", "About PalitasPR", "72 hours"),
    ("faq", "es-pr", "Preguntas frecuentes", "Cinco al día durante tu primera semana"),
    ("faq", "en", "Frequently asked questions", "Five a day in your first week"),
    ("terms", "es-pr", "Términos de uso", "Ningún pago pasa por PalitasPR"),
    ("terms", "en", "Terms of use", "No payment passes through PalitasPR"),
    ("privacy", "es-pr", "Privacidad", "cada lectura queda anotada"),
    ("privacy", "en", "Privacy", "each reading is logged"),
]


def address(name: str, language: str) -> str:
    with override(language):
        return reverse(name)


@pytest.mark.parametrize(("name", "language", "heading", "fact"), PAGES)
def test_plain_page_is_whole_in_each_language(client, db, name, language, heading, fact):
    response = client.get(address(name, language))
    assert response.status_code == 200
    page = " ".join(response.content.decode().split())
    assert page.count(f"<h1>{heading}</h1>") == 1
    assert page.count("<title>") == page.count('name="description"') == page.count('property="og:title"') == 1
    assert page.count(" · PalitasPR</title>") == 1
    assert fact in page


@pytest.mark.parametrize(
    ("name", "path"), [("about", "acerca"), ("faq", "preguntas"), ("terms", "terminos"), ("privacy", "privacidad")]
)
def test_plain_page_has_the_address_of_the_contract(name, path):
    assert address(name, "es-pr") == f"/{path}/"
    assert address(name, "en") == f"/en/{path}/"


@pytest.mark.parametrize("language", ["es-pr", "en"])
def test_faq_answers_at_least_ten_questions_that_open_without_scripts(client, db, language):
    page = client.get(address("faq", language)).content.decode()
    assert page.count("<summary>") == page.count('<details class="details">') >= 10


@pytest.mark.parametrize("name", ["about", "faq", "terms", "privacy"])
def test_plain_page_has_as_many_parts_in_both_languages(client, db, name):
    spanish, english = (client.get(address(name, language)).content.decode() for language in ("es-pr", "en"))
    for tag in ("<h2>", "<li>", "<summary>", "<dt>"):
        assert spanish.count(tag) == english.count(tag), tag


@pytest.mark.parametrize("language", ["es-pr", "en"])
def test_terms_state_age_times_and_who_agrees(client, db, language):
    page = client.get(address("terms", language)).content.decode()
    for fact in ("18", "72", "14", "60", "180", "DACO", "hola@palitaspr.example"):
        assert fact in page, fact


@pytest.mark.parametrize("name", ["about", "faq", "terms", "privacy"])
def test_plain_page_takes_no_writes(client, db, name):
    assert client.post(address(name, "es-pr")).status_code == 405
