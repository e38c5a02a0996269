"""The document of an agreement, read back as a program for reading PDF reads it."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from pypdf import PdfReader

from agreements.actions import agreements as actions
from agreements.actions import disputes
from agreements.enums import Status
from agreements.pdf import document
from agreements.tests.factories import AgreementFactory, ContactFactory

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LETTERS = "¡Ñandú, pingüino y acción! “Comillas” — ½ € ¿sí?"
EMOJI = "🔧 👩🏽‍🔧 🇵🇷 ❤️ 🏳️‍🌈 ✅"
MARKUP = "#panic() $x^2$ *no* _es_ [marcado] @ref <script> \\u{41} // /* `"

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement(owner, member):
    contact = ContactFactory(listing__owner=owner, listing__title=f"Pintura {MARKUP[:30]}", opener=member)
    return actions.propose(
        contact=contact,
        by=owner,
        price=1500,
        terms=[LETTERS, EMOJI, MARKUP],
        scheduled_for=date(2026, 12, 4),
        now=NOW,
    )


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    """Return the words of every page in one line, as somebody selects them."""
    return " ".join(" ".join(page.extract_text() for page in read(content).pages).split())


def test_document_names_parties_terms_price_dates_and_events(agreement, member, owner):
    actions.accept(agreement=agreement, by=member, now=NOW + timedelta(hours=1))
    actions.cancel(agreement=agreement, by=owner, now=NOW + timedelta(hours=2), note="Llueve mucho.\nLo siento.")
    text = text_of(document.render(agreement, now=NOW + timedelta(days=1)))
    for words in (
        "PalitasPR",
        f"Acuerdo {agreement.pk}, versión 1 · Plomería",
        "Pilar Santiago",
        "Carlos Ortiz",
        "$1,500",
        "4 de diciembre de 2026",
        "Propuesto 20 de noviembre de 2026, 11:00 a.m.",
        "Aceptado 20 de noviembre de 2026, 12:00 p.m.",
        "Terminado 20 de noviembre de 2026, 1:00 p.m.",
        "Cancelado",
        "Llueve mucho. Lo siento.",
        f"http://localhost:8000/acuerdos/{agreement.pk}/ · Impreso el 21 de noviembre de 2026, 11:00 a.m.",
    ):
        assert words in text


def test_spanish_letters_emoji_and_markup_come_out_as_they_were_typed(agreement):
    text = text_of(document.render(agreement, now=NOW))
    for words in (LETTERS, EMOJI, " ".join(MARKUP.split())):
        assert words in text


def test_letters_are_those_of_the_bundled_fonts(agreement):
    reader = read(document.render(agreement, now=NOW))
    names = {
        font.get_object()["/BaseFont"].partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name.partition("-")[0] for name in names} == {"Figtree", "NotoEmoji"}
    assert reader.metadata.title == f"Acuerdo {agreement.pk}, versión 1: {agreement.listing_title}"
    assert reader.trailer["/Root"]["/Lang"] == "es"


def test_finding_of_a_dispute_is_in_the_document(agreement, member, superuser):
    actions.accept(agreement=agreement, by=member, now=NOW)
    disputes.dispute(agreement=agreement, by=member, now=NOW, note="Gotea.")
    disputes.resolve(agreement=agreement, by=superuser, now=NOW, outcome=Status.CLOSED, finding="Se hizo el trabajo.")
    text = text_of(document.render(agreement, now=NOW))
    assert "Determinación de la moderación Se hizo el trabajo." in text
    assert "Moderación" in text
    assert superuser.get_full_name() not in text


def test_document_speaks_the_language_of_the_page(agreement, member, login):
    response = login(member).get(f"/en/acuerdos/{agreement.pk}/pdf/")
    assert read(response.content).trailer["/Root"]["/Lang"] == "en"


def test_longest_agreement_is_complete(agreement):
    agreement.terms = [f"{number}: " + "Añadir " * 42 for number in range(20)]
    agreement.save(update_fields=["terms"])
    actions.reject(agreement=agreement, by=agreement.client, now=NOW, note="Muy largo. " * 180 + "Fin.")
    content = document.render(agreement, now=NOW)
    assert len(read(content).pages) in {3, 4}
    assert "19: Añadir" in text_of(content)
    assert "Fin." in text_of(content)


def test_both_sides_get_it_as_a_file_with_a_name(agreement, owner, member, login):
    for person in (owner, member):
        response = login(person).get(f"/acuerdos/{agreement.pk}/pdf/")
        assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
        assert response["Content-Disposition"] == f'inline; filename="palitaspr-{agreement.contact_id}-1.pdf"'
        assert response["Cache-Control"] == "private, no-store"
        assert response.content.startswith(b"%PDF-")


@pytest.mark.parametrize("status", [status for status in Status if status != Status.PENDING])
def test_every_status_can_be_printed(status):
    agreement = AgreementFactory(**{status: True})
    assert str(Status(status).label) in text_of(document.render(agreement, now=timezone.now()))
