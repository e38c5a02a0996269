"""What the site knows by name: services, their synonyms, towns. Turns typed words into groups to look for.

The vocabulary is built from rows that a page reads anyway (for its lists of services and towns) and kept per process
under exactly those rows, so that a synonym added in admin counts at once and no signal has to be trusted.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeVar

from services.models import Service, Town
from services.search import text

MIN_PREFIX = 3  # letters before a beginning of a word is looked up among the names
MAX_PREFIX_CONCEPTS = 8  # a beginning of more names than this says nothing
MAX_WORDS = 12  # of a query; what follows is left out

# Wards that people name instead of their municipio (U.S. Census Bureau: barrios and communities of Puerto Rico).
WARDS = {
    "Río Piedras": "san-juan",
    "Santurce": "san-juan",
    "Hato Rey": "san-juan",
    "Condado": "san-juan",
    "Cupey": "san-juan",
    "Viejo San Juan": "san-juan",
    "Old San Juan": "san-juan",
    "Isla Verde": "carolina",
    "Levittown": "toa-baja",
    "Boquerón": "cabo-rojo",
    "Palmas del Mar": "humacao",
}

Key = tuple[str, ...]
Row = TypeVar("Row", Service, Town)


class Concept(NamedTuple):
    """A service or a town, as it stands in ``Listing.search_text``."""

    is_town: bool
    slug: str

    @property
    def token(self) -> str:
        return text.town_token(self.slug) if self.is_town else text.service_token(self.slug)


class Name(NamedTuple):
    """One way to name something: the words that count, joined by spaces, and the text as the catalogue has it."""

    folded: str
    written: str
    concept: Concept


@dataclass(frozen=True)
class Group:
    """Part of a query of which a listing must have one alternative: a concept, or all the literal patterns."""

    words: tuple[str, ...]
    literal: tuple[str, ...]
    concepts: frozenset[Concept] = frozenset()

    @property
    def services(self) -> list[str]:
        return sorted(concept.slug for concept in self.concepts if not concept.is_town)

    @property
    def towns(self) -> list[str]:
        return sorted(concept.slug for concept in self.concepts if concept.is_town)

    @property
    def alternatives(self) -> list[tuple[str, ...]]:
        """Return lists of patterns; ``search_text`` has to contain each pattern of one list."""
        tokens = sorted(concept.token for concept in self.concepts)
        if self.towns:
            tokens.append(text.ISLAND_TOKEN)
        return [*((f" {token} ",) for token in tokens), self.literal]

    def is_in(self, search_text: str) -> bool:
        """Return whether a text, or a part of it with a space at both ends, answers this group."""
        return any(all(pattern in search_text for pattern in patterns) for patterns in self.alternatives)


@dataclass
class Vocabulary:
    """Every name: as it is typed, by its stems in any order, and sorted for looking up a beginning."""

    by_words: dict[str, set[Concept]] = field(default_factory=dict)
    by_stems: dict[Key, set[Concept]] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    longest: int = 1

    def add(self, name: str, concept: Concept) -> None:
        """Let ``name`` stand for ``concept`` too."""
        words = _telling(text.words(name))
        if words:
            self.by_words.setdefault(_plain(words), set()).add(concept)
            self.by_stems.setdefault(_key(words), set()).add(concept)
            self.names.append(Name(_plain(words), name, concept))
            self.longest = max(self.longest, len(words))

    def named(self, words: list[str]) -> frozenset[Concept]:
        """Return what these words name in another order, number or gender."""
        return frozenset(self.by_stems.get(_key(words), ()))

    def beginning_with(self, words: list[str]) -> frozenset[Concept]:
        """Return what has a name that begins with these words, the last of which may be unfinished."""
        beginning = _plain(words)
        if len(beginning) < MIN_PREFIX or words[-1].isdigit():
            return frozenset()
        found: set[Concept] = set()
        for name in self.names[bisect_left(self.names, (beginning,)) :]:
            if not name.folded.startswith(beginning):
                break
            found.add(name.concept)
        return frozenset(found) if len(found) <= MAX_PREFIX_CONCEPTS else frozenset()

    def analyse(self, query: str) -> list[Group]:
        """Return what a typed query asks for; a listing has to answer every group."""
        typed = text.words(query)[:MAX_WORDS]
        telling = [word for word in typed if not text.is_stop_word(word)]
        groups = self._groups(telling)
        if all(group.towns and not group.services for group in groups):
            # Nothing but places is left: "unas en ponce" was typed on a keyboard without ñ.
            kept = [word for word in typed if word in telling or self._names_service(word)]
            groups = self._groups(kept)
        return groups

    def _names_service(self, word: str) -> bool:
        return any(not concept.is_town for concept in self.by_words.get(_plain([word]), ()))

    def _groups(self, words: list[str]) -> list[Group]:
        groups = []
        while words:
            group = self._first_group(words)
            groups.append(group)
            words = words[len(group.words) :]
        return groups

    def _first_group(self, words: list[str]) -> Group:
        """Return the longest phrase at the start of ``words`` that names something, or the first word alone."""
        for size in range(min(self.longest, len(words)), 0, -1):
            phrase = words[:size]
            if exact := self.by_words.get(_plain(phrase)):
                return Group(tuple(phrase), _patterns(phrase), frozenset(exact))
            is_last = size == len(words)
            concepts = self.named(phrase) | (self.beginning_with(phrase) if is_last else frozenset())
            if concepts:
                return Group(tuple(phrase), _patterns(phrase, unfinished=is_last), concepts)
        return Group(tuple(words[:1]), _patterns(words[:1], unfinished=len(words) == 1))


def vocabulary_of(services: Iterable[Service], towns: Iterable[Town]) -> Vocabulary:
    """Return the vocabulary of these services and towns; not to be changed by the caller."""
    return _built(
        tuple((service.slug, service.name_es, service.name_en, service.keywords) for service in services),
        tuple((town.slug, town.name) for town in towns),
    )


@lru_cache(maxsize=4)
def _built(services: tuple[tuple[str, str, str, str], ...], towns: tuple[tuple[str, str], ...]) -> Vocabulary:
    vocabulary = Vocabulary()
    for slug, name_es, name_en, keywords in services:
        for name in [name_es, name_en, *keywords.splitlines()]:
            vocabulary.add(name.strip(), Concept(is_town=False, slug=slug))
    known_towns = {slug for slug, _name in towns}
    for slug, name in [*towns, *((slug, ward) for ward, slug in WARDS.items() if slug in known_towns)]:
        vocabulary.add(name, Concept(is_town=True, slug=slug))
    vocabulary.names.sort()
    return vocabulary


class UnknownSlug(LookupError):
    """The address names a service or a town that does not exist."""


@dataclass(frozen=True)
class Catalogue:
    """The services and towns, read once for a page, and what they are called."""

    services: Sequence[Service]
    towns: Sequence[Town]

    @classmethod
    def load(cls) -> "Catalogue":
        """Read the catalogue: two queries, without the outlines of the towns."""
        return cls(tuple(Service.objects.all()), tuple(Town.objects.only("name", "slug")))

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary_of(self.services, self.towns)

    def service(self, slug: str) -> Service:
        return self._with_slug(self.services, slug)

    def town(self, slug: str) -> Town:
        return self._with_slug(self.towns, slug)

    @staticmethod
    def _with_slug(rows: Sequence[Row], slug: str) -> Row:
        for row in rows:
            if row.slug == slug:
                return row
        raise UnknownSlug(slug)


def _telling(words: list[str]) -> list[str]:
    return [word for word in words if not text.is_stop_word(word)] or words


def _key(words: list[str]) -> Key:
    return tuple(sorted(text.stem(word) for word in words))


def _plain(words: list[str]) -> str:
    return " ".join(words).replace("ñ", "n")


def _patterns(words: list[str], *, unfinished: bool = False) -> tuple[str, ...]:
    stems = [text.stem(word) for word in words]
    patterns = [f" {stem} " for stem in stems]
    if unfinished and len(stems[-1]) > 1 and not stems[-1].isdigit():
        patterns[-1] = f" {stems[-1]}"
    return tuple(patterns)
