"""Every kind of notice as a mail, in both languages. An unknown name in a template fails the suite."""

import re
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from django.template.loader import TemplateDoesNotExist, get_template

from accounts.tests.factories import UserFactory
from notices import kinds
from notices.actions import notify
from notices.models import OutboxMail
from notices.tests.samples import KNOWN, sample_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LEFTOVERS = re.compile(r"%\(|\{\{|\{%|None")


def template_of(kind: str) -> str:
    """Return the templates that belong to a kind alone, or the common ones."""
    for room in ("moderation", "alerts"):
        try:
            return get_template(f"{room}/emails/{kind}.html").template.name.removesuffix(".html")
        except TemplateDoesNotExist:
            continue
    return "notices/emails/notice"


def mail_of(kind: str, language: str) -> OutboxMail:
    reader = UserFactory(first_name="Pilar", language=language)
    notify(
        recipient=reader, kind=kind, template=template_of(kind), context=sample_of(kind), path="/acuerdos/7/", now=NOW
    )
    return OutboxMail.objects.get()


@pytest.mark.parametrize("language", ["es-pr", "en"])
@pytest.mark.parametrize("kind", [kind.name for kind in kinds.registered()])
def test_mail_of_each_kind_is_whole(db, settings, kind, language):
    settings.SITE_URL = "https://palitas.example"
    mail = mail_of(kind, language)
    page = BeautifulSoup(mail.html, "html.parser")
    assert not LEFTOVERS.search(mail.subject + mail.text + mail.html)
    assert 10 < len(mail.subject) <= 120
    assert not mail.subject.endswith(".")
    url = "https://palitas.example" + ("/en" if language == "en" else "") + "/acuerdos/7/"
    assert url in mail.text
    [button] = page.find_all("a", href=url)
    assert button.get_text(strip=True)
    assert page.html["lang"] == language
    assert "Pilar" in mail.text
    assert "Pilar" in page.get_text()
    # Escaped in the HTML, as written in the text.
    assert "<b>" not in mail.html
    assert "&amp;" not in mail.text + mail.subject


def test_mail_quotes_what_was_written_and_names_the_price(db):
    mail = mail_of("agreement_rejected", "es-pr")
    page = BeautifulSoup(mail.html, "html.parser")
    assert mail.subject == "Ana Díaz rechazó el acuerdo “Uñas & más”"
    assert page.blockquote.get_text("\n", strip=True) == "Primera línea\nsegunda <b>línea</b>"
    assert "“Primera línea\nsegunda <b>línea</b>”" in mail.text
    assert "Precio: $1,500" in mail.text
    assert "Precio: $1,500" in page.get_text()


def test_inbox_shows_what_was_written_after_the_subject(db):
    page = BeautifulSoup(mail_of("message_received", "es-pr").html, "html.parser")
    preheader = page.body.find("div")
    assert preheader.get_text(strip=True).startswith("Primera línea")
    assert "display: none" in preheader["style"]


def test_long_subject_is_cut(owner):
    notify(recipient=owner, kind="message_received", context=KNOWN | {"title": "x" * 300}, path="/", now=NOW)
    assert len(OutboxMail.objects.get().subject) == 120


def test_mail_without_note_quotes_nothing(owner):
    context = {"name": "Ana", "title": "Uñas"}
    notify(recipient=owner, kind="review_published", context=context, path="/acuerdos/7/", now=NOW)
    mail = OutboxMail.objects.get()
    assert "<blockquote" not in mail.html
    assert "Precio" not in mail.text + mail.html


def test_mail_loads_nothing_and_has_colours_for_dark_readers(db):
    page = BeautifulSoup(mail_of("message_received", "es-pr").html, "html.parser")
    assert not page.find_all(["img", "script", "link", "iframe", "form"])
    assert page.find("meta", {"name": "color-scheme"})["content"] == "light dark"
    assert "prefers-color-scheme: dark" in page.style.string
