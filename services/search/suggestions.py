"""What to offer when a search finds little: a corrected word, fewer words, the towns next door."""

from dataclasses import dataclass, replace
from difflib import get_close_matches

from services.models import Town
from services.search import text
from services.search.query import LIMIT, NEWEST, SearchParameters, in_towns, matching
from services.search.vocabulary import Catalogue, Vocabulary

FEW_RESULTS = 5  # with fewer, a word that the catalogue does not know may be misspelt
SIMILARITY = 0.75  # of difflib: "plomro", "electrisista", "bizcoxo" are above it
MIN_LETTERS = 4  # shorter words resemble everything
MAX_CORRECTIONS = 3  # comparing one word with all names takes some ten milliseconds


@dataclass(frozen=True)
class Neighbour:
    """A town next door and how many listings a search finds there (1,000 at most)."""

    town: Town
    count: int


def place_of(parameters: SearchParameters, catalogue: Catalogue) -> Town | None:
    """Return the one town that a search is about: chosen in the list, or named in the words."""
    if parameters.town:
        return parameters.town
    named = [group.towns for group in parameters.groups if group.towns and not group.services]
    return catalogue.town(named[0][0]) if len(named) == 1 and len(named[0]) == 1 else None


def service_of(parameters: SearchParameters) -> str:
    """Return the slug of the one service that a search is about, or an empty string."""
    if parameters.service:
        return parameters.service.slug
    named = [group.services for group in parameters.groups if group.services]
    return named[0][0] if len(named) == 1 and len(named[0]) == 1 else ""


def without_place(parameters: SearchParameters) -> str:
    """Return the words of a query without the town in them: for a search in another town, or a request's title."""
    places = {word for group in parameters.groups if group.towns and not group.services for word in group.words}
    kept = [word for word in parameters.q.split() if not places.intersection(text.words(word))]
    while kept and all(text.is_stop_word(word) for word in text.words(kept[-1])):
        kept.pop()  # "electricista en"
    return " ".join(kept)


def neighbours_with_results(parameters: SearchParameters, town: Town) -> list[Neighbour]:
    """Return the neighbours of ``town`` where the same search finds something, most first; two queries.

    Meant for a search that finds nothing in ``town``, so nothing that serves the whole island can be among it.
    """
    towns = list(town.neighbors.only("name", "slug"))
    if not towns:
        return []
    elsewhere = replace(
        parameters,
        town=None,
        groups=tuple(group for group in parameters.groups if not group.towns or group.services),
    )
    nearby = matching(elsewhere).filter(in_towns([town.slug for town in towns], or_island_wide=False))
    texts = list(nearby.order_by(*NEWEST).values_list("search_text", flat=True)[:LIMIT])
    counted = [
        Neighbour(town, sum(f" {text.town_token(town.slug)} " in search_text for search_text in texts))
        for town in towns
    ]
    return sorted((neighbour for neighbour in counted if neighbour.count), key=lambda neighbour: -neighbour.count)


def correction(parameters: SearchParameters, vocabulary: Vocabulary) -> str:
    """Return the query with misspelt words replaced by what the catalogue says; empty if there is none."""
    unknown = {group.words[0] for group in parameters.groups if not group.concepts}
    if not unknown:
        return ""
    names = _spellings(vocabulary)
    corrected: list[str] = []
    for run in _runs(parameters.q.split(), unknown):
        corrected += _corrected(run, names) if _is_unknown(run[0], unknown) else run
    query = " ".join(corrected)
    return query if query.casefold() != parameters.q.casefold() else ""


def known_part(parameters: SearchParameters) -> str:
    """Return the query with the words left out that the catalogue does not know; empty if that changes nothing."""
    unknown = {group.words[0] for group in parameters.groups if not group.concepts}
    if not unknown or len(unknown) == len(parameters.groups):
        return ""
    return " ".join(word for word in parameters.q.split() if not _is_unknown(word, unknown))


def _spellings(vocabulary: Vocabulary) -> dict[str, str]:
    """Return every name, and every word of one, as it is written, by its folded form."""
    spellings = {name.folded: name.written for name in vocabulary.names}
    for name in vocabulary.names:
        for word in name.written.split():
            spellings.setdefault(_folded(word), word)
    return spellings


def _is_unknown(typed: str, unknown: set[str]) -> bool:
    words = text.words(typed)
    return bool(words) and unknown.issuperset(words)


def _runs(typed: list[str], unknown: set[str]) -> list[list[str]]:
    """Split a query into runs of neighbouring words that are all unknown or all not."""
    runs: list[list[str]] = []
    for word in typed:
        if runs and _is_unknown(runs[-1][0], unknown) == _is_unknown(word, unknown):
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _corrected(run: list[str], names: dict[str, str]) -> list[str]:
    """Return the run as one name, "san jaun", or with each of its first words corrected that can be."""
    whole = _closest(" ".join(run), names)
    if len(run) > 1 and whole:
        return [whole]
    return [_closest(word, names) or word for word in run[:MAX_CORRECTIONS]] + run[MAX_CORRECTIONS:]


def _closest(typed: str, names: dict[str, str]) -> str:
    folded = _folded(typed)
    if len(folded) < MIN_LETTERS:
        return ""
    close = get_close_matches(folded, names, n=1, cutoff=SIMILARITY)
    return names[close[0]] if close else ""


def _folded(typed: str) -> str:
    return " ".join(text.words(typed)).replace("ñ", "n")
