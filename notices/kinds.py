"""The kinds of notices. Each room registers its own in ``AppConfig.ready``.

A sentence is put together when it is read, in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailCategory(models.TextChoices):
    """What a person may switch off, one by one. A kind without category always reaches the person by mail."""

    MESSAGES = "messages", _("Mensajes y contactos nuevos")
    REMINDERS = "reminders", _("Recordatorios")
    MATCHING = "matching", _("Solicitudes que encajan con mis promociones")
    SEARCHES = "searches", _("Novedades de mis búsquedas guardadas")


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind: its sentence with named places (``%(title)s``), and whether its mail can be switched off."""

    name: str
    sentence: Any
    category: MailCategory | None = None


_kinds: dict[str, NoticeKind] = {}


def register(name: str, sentence: Any, *, category: MailCategory | None = None) -> None:
    """Make a kind known.

    Raises:
        ValueError: when the name is taken by another sentence.
    """
    kind = NoticeKind(name, sentence, category)
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
    return str(_kinds[name].sentence) % data
