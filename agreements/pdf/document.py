"""An agreement as a PDF: parties, terms, price, dates and everything that happened. See docs/decisions/0006-pdf.md."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agreements.models import Agreement
from agreements.transitions import done_words

FOLDER = Path(__file__).parent
TEMPLATE = FOLDER / "agreement.typ"
FONTS = FOLDER / "fonts"


def render(agreement: Agreement, *, now: datetime) -> bytes:
    """Return the document in the language of the page that asks for it; its text can be selected and searched."""
    document: bytes = typst.compile(
        str(TEMPLATE),
        font_paths=[str(FONTS)],
        # The same letters on every machine.
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(content(agreement, now=now), ensure_ascii=False)},
    )
    return document


def content(agreement: Agreement, *, now: datetime) -> dict[str, Any]:
    """Return every word of the document."""
    title = _("Acuerdo %(number)s, versión %(version)s") % {"number": agreement.pk, "version": agreement.version}
    return {
        "site": settings.SITE_NAME,
        "language": (get_language() or settings.LANGUAGE_CODE).split("-")[0],
        "title": f"{title}: {agreement.listing_title}",
        "heading": agreement.listing_title,
        "subtitle": f"{title} · {agreement.shown_service}",
        "facts": _facts(agreement),
        "terms_heading": _("Términos"),
        "terms": agreement.terms,
        "events_heading": _("Lo que pasó"),
        "columns": [_("Cuándo"), _("Qué"), _("Quién")],
        "events": [
            {
                "at": _moment(event.created_at),
                "title": done_words(event.transition),
                "note": event.note,
                "who": agreement.name_of(event.party),
            }
            for event in agreement.events.all()
        ],
        "finding_heading": _("Determinación de la moderación"),
        "finding": agreement.finding,
        "footer": _("%(page)s · Impreso el %(date)s")
        % {"page": settings.SITE_URL + agreement.get_absolute_url(), "date": _moment(now)},
    }


def _facts(agreement: Agreement) -> list[dict[str, str]]:
    facts = {
        _("Proveedor"): agreement.shown_provider,
        _("Cliente"): agreement.shown_client,
        _("Precio"): f"${agreement.price:,}",
        _("Fecha del trabajo"): date_format(agreement.scheduled_for) if agreement.scheduled_for else _("A convenir"),
        _("Propuesto"): _moment(agreement.created_at),
        _("Aceptado"): _moment(agreement.accepted_at),
        _("Entregado"): _moment(agreement.delivered_at),
        _("Terminado"): _moment(agreement.ended_at),
        _("Estado"): agreement.status_label,
    }
    return [{"label": label, "value": value} for label, value in facts.items() if value]


def _moment(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else ""
