"""Cleaning of what people type."""

import unicodedata

# Emoji are put together with this invisible letter.
ZERO_WIDTH_JOINER = "\u200d"


def plain_text(text: str) -> str:
    """Return ``text`` with Unix line ends and without control, formatting and surrogate characters.

    Among them are NUL, which PostgreSQL refuses, and those that turn the direction of the letters after them.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in text if letter in "\n\t" or not _is_invisible(letter)).strip()


def plain_line(text: str) -> str:
    """Return ``plain_text`` in one line with single spaces."""
    return " ".join(plain_text(text).split())


def _is_invisible(letter: str) -> bool:
    return letter != ZERO_WIDTH_JOINER and unicodedata.category(letter) in {"Cc", "Cf", "Cs"}
