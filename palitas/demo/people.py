"""Who the demo's people are: names, towns and ways to reach them, by seed and number."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from django.utils.text import slugify

# ``.example`` belongs to nobody: no mail can reach a stranger.
EMAIL_DOMAIN = "demo.palitaspr.example"


@dataclass(frozen=True)
class Person:
    """One member of the demo; ``years`` is how long they have been in their trade."""

    email: str
    first_name: str
    last_name: str
    woman: bool
    phone: str
    town: str
    years: int


@cache
def people_data() -> dict[str, Any]:
    """Return names and the population of each town."""
    return tomllib.loads((Path(__file__).parent / "people.toml").read_text(encoding="utf-8"))


def email_ending(seed: int) -> str:
    """Return how the addresses of a seed's people end; it tells their rows from everybody else's."""
    return f"-{seed}@{EMAIL_DOMAIN}"


def person(seed: int, number: int) -> Person:
    """Return a seed's person: the same each time it is asked."""
    data = people_data()
    rng = Random(f"{seed}/person/{number}")
    woman = rng.random() < 0.5
    first_name = rng.choice(data["women" if woman else "men"])
    surnames = rng.sample(data["surnames"], 2)
    last_name = " ".join(surnames if rng.random() < 0.4 else surnames[:1])
    # 555-0100 to 555-0199 are kept free for examples.
    phone = f"+1{rng.choice(('787', '939'))}55501{rng.randrange(100):02d}"
    return Person(
        email=f"{slugify(first_name)}.{slugify(surnames[0])}.{number}{email_ending(seed)}",
        first_name=first_name,
        last_name=last_name,
        woman=woman,
        phone=phone,
        town=weighted_town(rng),
        years=rng.randint(2, 28),
    )


def weighted_town(rng: Random) -> str:
    """Return the slug of a town, the populous ones more often."""
    population: dict[str, int] = people_data()["population"]
    return rng.choices(list(population), weights=list(population.values()))[0]
