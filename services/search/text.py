"""The one analysis of text, for what is stored and for what is typed, on both database engines.

A listing's ``search_text`` is one line of stems between spaces::

     1plomeria destap tuberi plomeri plumb | repar liqueo 0ponce 0juanadiaz

Before the bar stand the service, the words of the title and the names of the service; after it the description and the
towns. A concept (a service, a town) is a digit followed by letters: no typed word ever becomes such a token, because
typed digits and letters are always split. Why: docs/decisions/0002-search.md.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import snowballstemmer

if TYPE_CHECKING:
    from services.models import Listing, Service, Town

HEAD_END = "|"
ISLAND_TOKEN = "0isla"  # noqa: S105  (a word of the search text)

# Articles, prepositions and the words with which people begin ("busco", "need"); on this site "servicio", "service"
# and "Puerto Rico" tell nothing apart. Written as ``fold`` leaves them: without accents, but with ñ.
_SPANISH = """
a al algo alguien alguna alguno ante busca buscan buscando buscar busco cada cerca como con cual de del desde donde e
el en entre era es esa ese esta este esto hace hacen hacer hacia hasta hay la las le les lo los mas me mi mis muy
necesita necesitan necesito ni no nos nuestra nuestro o ofrece ofrecemos ofrezco otra otro para pero por pr puedo puerto
que quien quiero rico se sea ser servicio servicios si sin sobre solo somos son soy su sus tambien te tengo tiene tu tus
u un una unas uno unos y ya yo
"""
_ENGLISH = """
am an and any are at be by can do does find for from get has have i in is it its looking my near need needed needs of
offer on or our services service someone that the this to want we who with you your
"""
STOP_WORDS = frozenset(_SPANISH.split()) | frozenset(_ENGLISH.split())
MAX_WORD = 40  # no word of Spanish or English is longer; a wall of letters is cut into pieces of this length

# Aguada is a town; its stem would be that of "agua".
NOT_STEMMED = frozenset({"aguada"})

_WORD = re.compile(rf"[a-zñ]{{1,{MAX_WORD}}}|[0-9]{{1,{MAX_WORD}}}")
_APOSTROPHES = re.compile(r"['’`´]")
# "es" after a consonant (flores), "s" after three (uñas) or after two without a vowel between (djs).
_PLURALS = re.compile(r"(?<=..[^aeiou])es$|(?<=..[^s])s$|(?<=^.[^aeious])s$")
_stemmer = snowballstemmer.stemmer("spanish")
_stemmer_lock = Lock()  # the stemmer keeps the word that it works on in itself


def fold(text: str) -> str:
    """Return ``text`` in lower case without accents; ñ stays, so that "uña" is still told from "una"."""
    text = unicodedata.normalize("NFC", text).casefold()
    if text.isascii():
        return text
    return "ñ".join(
        "".join(letter for letter in unicodedata.normalize("NFKD", part) if not unicodedata.combining(letter))
        for part in text.split("ñ")
    )


def words(text: str) -> list[str]:
    """Return the words of ``text`` in order, folded: runs of letters and runs of digits ("24h" is "24", "h")."""
    found: list[str] = _WORD.findall(_APOSTROPHES.sub("", fold(text)))
    return found


def is_stop_word(word: str) -> bool:
    """Return whether a word from ``words`` is too common to tell listings apart."""
    return word in STOP_WORDS


def _singular(word: str) -> str:
    """Take off plural endings that the stemmer leaves on short and foreign words: uñas, djs, acrílicas."""
    singular = _PLURALS.sub("", word)
    return word if singular == word else _singular(singular)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return what a word from ``words`` has in common with its plural and its relatives: ASCII letters or digits."""
    if word in NOT_STEMMED:
        return word
    plain = _singular(word.replace("ñ", "n"))
    with _stemmer_lock:
        stemmed = _stemmer.stemWord(plain)
    stemmed = _singular(stemmed)
    return f"{stemmed[:-1]}c" if stemmed.endswith("z") else stemmed  # luz, luces


def stems(text: str) -> list[str]:
    """Return the stems of ``text`` in order, without stop words; repeated words stay repeated."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def _token(digit: str, slug: str) -> str:
    return digit + slug.replace("-", "").replace("_", "")


def service_token(slug: str) -> str:
    """Return the token that marks the listings of a service."""
    return _token("1", slug)


def town_token(slug: str) -> str:
    """Return the token that marks the listings of a town."""
    return _token("0", slug)


def search_text(listing: "Listing", service: "Service", towns: Iterable["Town"]) -> str:
    """Return what is stored in ``listing.search_text``; reads title, description and island_wide of the listing."""
    head = dict.fromkeys(
        [service_token(service.slug), *stems(listing.title), *stems(service.name_es), *stems(service.name_en)]
    )
    rest = dict.fromkeys(stem for stem in stems(listing.description) if stem not in head)
    places = [ISLAND_TOKEN] if listing.island_wide else [town_token(town.slug) for town in towns]
    return f" {' '.join([*head, HEAD_END, *rest, *places])} "
