"""What demo listings say. The sentences are in ``texts/``, a table a service; here they are chosen and put together."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from palitas.demo.people import Person

TEXTS_DIR = Path(__file__).parent / "texts"
# Files that hold no table a service.
NOT_TRADES = ("general", "acuerdos")


@dataclass(frozen=True)
class ListingText:
    """The words and prices of a listing."""

    title: str
    description: str
    price_min: int | None
    price_max: int | None


@cache
def general_texts() -> dict[str, Any]:
    """Return the sentences that fit any service."""
    return tomllib.loads((TEXTS_DIR / "general.toml").read_text(encoding="utf-8"))


@cache
def service_texts() -> dict[str, dict[str, Any]]:
    """Return the sentences of each service, by its slug."""
    texts: dict[str, dict[str, Any]] = {}
    for path in sorted(TEXTS_DIR.glob("*.toml")):
        if path.stem not in NOT_TRADES:
            texts |= tomllib.loads(path.read_text(encoding="utf-8"))
    return texts


def texts_of(slug: str) -> dict[str, Any]:
    """Return the sentences of a service; a service without its own gets those that fit any."""
    texts: dict[str, Any] = service_texts().get(slug) or general_texts()["fallback"]
    return texts


def promotion_text(rng: Random, *, slug: str, service: str, person: Person, town: str) -> ListingText:
    """Write a promotion of ``person`` for a service (its slug and its name)."""
    texts, general = texts_of(slug), general_texts()
    title = rng.choice(texts["titles"])
    if rng.random() < 0.3:
        title += " en {pueblo}"
    parts = [
        rng.choice(general["openings"]),
        " ".join(rng.sample(texts["points"], min(len(texts["points"]), rng.choice((2, 3, 3))))),
        rng.choice(general["closings"]),
    ]
    price_min, price_max = _promotion_price(rng, *texts["price"])
    words = _words(person, town=town, service=service)
    return ListingText(title.format_map(words), "\n\n".join(parts).format_map(words), price_min, price_max)


def request_text(rng: Random, *, slug: str, service: str, person: Person, town: str) -> ListingText:
    """Write a request of ``person`` for a service (its slug and its name)."""
    texts, general = texts_of(slug), general_texts()
    title, need = rng.choice(texts["wanted"])
    if rng.random() < 0.4:
        title += " en {pueblo}"
    description = f"{need}\n\n{' '.join(rng.sample(general['request_closings'], 2))}"
    low, high = texts["price"]
    budget = _rounded(rng.uniform(low * 1.2, low + (high - low) * 0.6)) if rng.random() < 0.75 else None
    words = _words(person, town=town, service=service)
    return ListingText(title.format_map(words), description.format_map(words), None, budget)


def headline(person: Person, *, slug: str, town: str) -> str:
    """Return what a provider says of their trade in one line."""
    text: str = texts_of(slug)["headline"]
    return text.format_map(_words(person, town=town, service=""))


def bio(rng: Random, person: Person, *, town: str) -> str:
    """Return what a provider says of themselves."""
    sentences: Sequence[str] = rng.sample(general_texts()["bios"], 2)
    return "\n\n".join(sentences).format_map(_words(person, town=town, service=""))


def _words(person: Person, *, town: str, service: str) -> dict[str, str]:
    return {
        "pueblo": town,
        "servicio": service.lower(),
        "nombre": person.first_name,
        "anos": str(person.years),
        "o": "a" if person.woman else "o",
        "a": "a" if person.woman else "",
    }


def _promotion_price(rng: Random, low: int, high: int) -> tuple[int | None, int | None]:
    """Most say from and to, some only from, a few nothing."""
    dice = rng.random()
    price_min = _rounded(low * rng.uniform(0.8, 1.4))
    if dice < 0.12:
        return None, None
    if dice < 0.4:
        return price_min, None
    return price_min, max(price_min, _rounded(high * rng.uniform(0.7, 1.1)))


def _rounded(price: float) -> int:
    """Round as people do: to fives, from two hundred on to twenty-fives."""
    step = 5 if price < 200 else 25
    return max(step, round(price / step) * step)
