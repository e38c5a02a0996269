"""The kinds of notices. Each room registers its own in ``AppConfig.ready``.

A sentence is put together when it is read, in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import shown_name

Words = str | Promise
SEE_ON_SITE = _("Verlo en PalitasPR")


class MailCategory(models.TextChoices):
    """What a person may switch off, one by one. A kind without category always reaches the person by mail."""

    MESSAGES = "messages", _("Mensajes y contactos nuevos")
    REMINDERS = "reminders", _("Recordatorios")
    MATCHING = "matching", _("Solicitudes que encajan con mis promociones")
    SEARCHES = "searches", _("Novedades de mis búsquedas guardadas")


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind of notice. Its words may have named places (``%(title)s``).

    Attributes:
        sentence: what happened; all that the site shows.
        subject: of the mail; without one the sentence is it.
        advice: what the reader of the mail can do now, or should know.
        button: the words of the mail's link.
        category: with which its mail can be switched off.
    """

    name: str
    sentence: Words
    subject: Words = ""
    advice: Words = ""
    button: Words = SEE_ON_SITE
    category: MailCategory | None = None

    def mail_words(self, data: Mapping[str, object]) -> dict[str, str]:
        """Return sentence, subject, advice and button about ``data``, in the language that is active.

        Raises:
            KeyError: ``data`` lacks what one of them names.
        """
        data = _shown(data)
        sentence = str(self.sentence) % data
        return {
            "sentence": sentence,
            "subject": str(self.subject) % data or sentence.removesuffix("."),
            "advice": str(self.advice) % data,
            "button": str(self.button) % data,
        }


_kinds: dict[str, NoticeKind] = {}


def register(name: str, sentence: Words, **words: Any) -> None:
    """Make a kind known.

    Args:
        words: further attributes of ``NoticeKind``.

    Raises:
        ValueError: when the name is taken by another sentence.
    """
    kind = NoticeKind(name, sentence, **words)
    if name in _kinds and _kinds[name] != kind:
        raise ValueError(f"There is another kind of notice called {name!r}.")
    _kinds[name] = kind


def get(name: str) -> NoticeKind:
    """Return a kind; KeyError when nobody registered it."""
    return _kinds[name]


def registered() -> tuple[NoticeKind, ...]:
    """Return all kinds, in the order in which they were registered."""
    return tuple(_kinds.values())


def sentence(name: str, data: Mapping[str, object]) -> str:
    """Return the sentence of a kind about ``data``.

    Raises:
        KeyError: when the kind is unknown or ``data`` lacks what its sentence names.
    """
    return str(_kinds[name].sentence) % _shown(data)


def _shown(data: Mapping[str, object]) -> dict[str, object]:
    """Return the data as a reader sees them: what is kept of a former member is no name but words to translate."""
    return {**data, "name": shown_name(str(data["name"]))} if "name" in data else dict(data)
