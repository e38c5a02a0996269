"""The catalogues hold every string of the site; no gettext needed, since Babel reads sources and catalogues."""

import importlib
import re
from collections.abc import Iterable, Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

BASE = Path(settings.BASE_DIR)
LOCALES = ["en", "es_PR"]
# What `make messages` leaves out, and what holds no sources.
LEFT_OUT = {"var", "tests", "locale", "node_modules", "static", "docs"}
# As Django calls xgettext: Babel's own list lacks the lazy functions.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
SPEAKS = re.compile(r"gettext|translate|\b_\(")
# %(name)s, %d, {name}, <a href="…"> and </a>
MARK = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}|</?\w[^>]*>")

# Context, singular and plural of a message.
Key = tuple[str | None, str, str | None]


def path_of(locale: str, suffix: str) -> Path:
    return BASE / "locale" / locale / "LC_MESSAGES" / f"django.{suffix}"


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages(locale: str) -> list[Message]:
    return [message for message in catalogue(path_of(locale, "po")) if message.id]


def forms(text: str | Iterable[str]) -> list[str]:
    """Return a message, or its translation, as its singular and, where it has one, its plural."""
    return [text] if isinstance(text, str) else list(text)


def key(message: Message) -> Key:
    singular, *plural = forms(message.id)
    return message.context, singular, plural[0] if plural else None


def sources() -> Iterator[Path]:
    for top in sorted(BASE.iterdir()):
        if top.is_dir() and not top.name.startswith(".") and top.name not in LEFT_OUT:
            for path in sorted(top.rglob("*")):
                if path.suffix in {".py", ".html", ".txt"} and not LEFT_OUT & set(path.relative_to(BASE).parts):
                    yield path


def said_in(path: Path) -> Iterator[Key]:
    """Yield the strings that a source gives to gettext."""
    text = path.read_text()
    if not SPEAKS.search(text):
        return
    if path.suffix != ".py":
        # Django turns a template into Python calls between filler, whose indentation would stop a reader of Python.
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    for _line, found, _comments, context in extract("python", BytesIO(text.encode()), keywords=KEYWORDS):
        singular, *plural = forms(found)
        yield context, singular, plural[0] if plural else None


def merged(keys: Iterable[Key]) -> set[Key]:
    """Return the keys as a catalogue holds them: what is said with and without a plural is there once, with it."""
    plurals: dict[tuple[str | None, str], str | None] = {}
    for context, singular, plural in keys:
        plurals[context, singular] = plural or plurals.get((context, singular))
    return {(context, singular, plural) for (context, singular), plural in plurals.items()}


def test_english_catalogue_holds_what_the_sources_say():
    in_sources = merged(found for path in sources() for found in said_in(path))
    in_catalogue = {key(message) for message in messages("en")}
    assert sorted(in_sources - in_catalogue, key=str) == [], "run `make messages` and translate these"
    assert sorted(in_catalogue - in_sources, key=str) == [], "run `make messages`: these are said no more"


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("a.py", 'x = _("Hola")', (None, "Hola", None)),
        ("a.py", 'gettext_lazy("Una " "línea")', (None, "Una línea", None)),
        ("a.py", 'ngettext("%d día", "%d días", n)', (None, "%d día", "%d días")),
        ("a.py", 'pgettext("mes", "mayo")', ("mes", "mayo", None)),
        ("a.html", '  {% load i18n %}\n{% translate "Hola" %}', (None, "Hola", None)),
        ("a.html", '{% translate "mayo" context "mes" %}', ("mes", "mayo", None)),
        ("a.html", '{% include "b.html" with label=_("Ver") %}', (None, "Ver", None)),
        ("a.html", "{% blocktranslate trimmed %}\n  A\n  {{ b }}\n{% endblocktranslate %}", (None, "A %(b)s", None)),
        ("a.txt", "{% blocktranslate count n=n %}día{% plural %}días{% endblocktranslate %}", (None, "día", "días")),
    ],
)
def test_each_way_of_saying_something_is_found(tmp_path, name, source, found):
    path = tmp_path / name
    path.write_text(source)
    assert list(said_in(path)) == [found]


@pytest.mark.parametrize("locale", LOCALES)
def test_compiled_catalogue_is_that_of_the_source(locale):
    compiled = BytesIO()
    write_mo(compiled, catalogue(path_of(locale, "po")))
    compiled.seek(0)
    with path_of(locale, "mo").open("rb") as committed:
        # The empty message is the head, which the two compilers write each in its own way.
        found, wanted = ({**GNUTranslations(file)._catalog, "": ""} for file in (committed, compiled))
    assert found == wanted, "run `make messages`"


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_guessed_or_left_untranslated(locale):
    assert [message.id for message in messages(locale) if message.fuzzy] == []
    assert [message.id for message in messages(locale) if not all(forms(message.string))] == []
    assert [m.id for m in messages(locale) if len(forms(m.id)) != len(forms(m.string))] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_translations_keep_placeholders_and_tags(locale):
    pairs = [
        pair for message in messages(locale) for pair in zip(forms(message.id), forms(message.string), strict=True)
    ]
    assert [pair for pair in pairs if set(MARK.findall(pair[0])) != set(MARK.findall(pair[1]))] == []


def test_overrides_are_words_of_the_libraries():
    """After an upgrade of a library its words may be others, and so must be the overrides."""
    words: set[Key] = set()
    for library in ("allauth", "django", "phonenumber_field"):
        place = Path(str(importlib.import_module(library).__file__)).parent
        for path in place.rglob("locale/es/LC_MESSAGES/django.po"):
            words |= {key(message) for message in catalogue(path)}
    assert [key(message) for message in messages("es_PR") if key(message) not in words] == []
