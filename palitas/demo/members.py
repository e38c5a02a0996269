"""Writes the accounts of the demo's people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import Profile, User
from palitas.demo import texts
from palitas.demo.people import Person, email_ending, person
from services.models import Service, Town

BATCH = 1000
OLDEST_MEMBER = timedelta(days=3 * 365)

Advance = Callable[[int], object]


@dataclass(frozen=True)
class Member:
    """A person with their account and the trade they are in."""

    person: Person
    user_id: int
    trade: Service


def trades(seed: int) -> list[Service]:
    """Return the active services in the order in which a seed's people and first listings take them up."""
    services = list(Service.objects.active())
    Random(f"{seed}/trades").shuffle(services)
    return services


def seed_members(
    *, seed: int, count: int, password: str, services: list[Service], now: datetime, advance: Advance
) -> tuple[list[Member], int]:
    """Create those of a seed's first ``count`` people who are missing.

    Args:
        password: as it is stored, that is hashed.
        services: what ``trades`` gives.

    Returns:
        all ``count`` members, and how many of them are new.
    """
    towns = {town.slug: town for town in Town.objects.defer("svg_path")}
    ids = _ids_by_email(seed)
    people = [(number, person(seed, number)) for number in range(count)]
    missing = [(number, one) for number, one in people if one.email not in ids]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        _write(batch, seed=seed, password=password, services=services, towns=towns, now=now)
        advance(len(batch))
    if missing:
        ids = _ids_by_email(seed)
    return [Member(one, ids[one.email], _trade(services, number)) for number, one in people], len(missing)


def _ids_by_email(seed: int) -> dict[str, int]:
    return dict(User.objects.filter(email__endswith=email_ending(seed)).values_list("email", "pk"))


def _trade(services: list[Service], number: int) -> Service:
    return services[number % len(services)]


@transaction.atomic
def _write(
    batch: list[tuple[int, Person]],
    *,
    seed: int,
    password: str,
    services: list[Service],
    towns: dict[str, Town],
    now: datetime,
) -> None:
    users = User.objects.bulk_create(
        User(
            email=one.email,
            first_name=one.first_name,
            last_name=one.last_name,
            phone=one.phone,
            password=password,
            date_joined=now - OLDEST_MEMBER * Random(f"{seed}/joined/{number}").random(),
        )
        for number, one in batch
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    profiles = []
    for user, (number, one) in zip(users, batch, strict=True):
        town = towns[one.town]
        rng = Random(f"{seed}/profile/{number}")
        headline = texts.headline(one, slug=_trade(services, number).slug, town=town.name)
        bio = texts.bio(rng, one, town=town.name)
        profiles.append(Profile(user=user, base_town=town, headline=headline, bio=bio))
    Profile.objects.bulk_create(profiles)
