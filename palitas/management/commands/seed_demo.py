"""``manage.py seed_demo``: people, promotions, requests and agreements to try the site with."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from palitas.demo.agreements import seed_agreements, seed_login_agreements
from palitas.demo.listings import ListingSeeder
from palitas.demo.logins import LOGINS, PASSWORD, seed_logins
from palitas.demo.members import seed_members, trades
from palitas.demo.people import EMAIL_DOMAIN
from palitas.demo.photos import MOST_LISTINGS, MOST_MEMBERS, listing_albums, member_albums, seed_photos
from services.enums import Kind
from services.models import Listing

DEFAULT_PORT = "8000"


def whole_number(text: str) -> int:
    """Return an option's number; refuses what is negative."""
    number = int(text)
    if number < 0:
        raise ArgumentTypeError("must not be negative")
    return number


class Command(BaseCommand):
    help = (
        "Fill the site with believable people, promotions, requests and agreements. Needs seed_catalog first. "
        "Deterministic: a seed always gives the same people and texts, only times count from now. Safe to run twice: "
        f"the rows of a seed are known by their addresses at {EMAIL_DOMAIN}; only those missing up to the numbers "
        "asked for are written. In development all accounts share one printed password, and a client, a provider and "
        "a moderator are made to log in with; in production nobody can log in as any of them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--users", type=whole_number, default=60, help="how many people (default: 60)")
        parser.add_argument(
            "--promotions",
            type=whole_number,
            default=160,
            help="how many promotions (default: 160); from the number of services on, every service has one",
        )
        parser.add_argument("--requests", type=whole_number, default=60, help="how many requests (default: 60)")
        parser.add_argument(
            "--agreements",
            type=whole_number,
            default=60,
            help="how many finished agreements, most of them with reviews (default: 60, and at most one a promotion)",
        )
        parser.add_argument("--seed", type=int, default=1, help="another number gives other people and texts")
        parser.add_argument(
            "--photos",
            action=BooleanOptionalAction,
            default=True,
            help=f"draw pictures for the newest {MOST_LISTINGS} listings and the first {MOST_MEMBERS} people",
        )
        parser.add_argument(
            "--once", action="store_true", help="do nothing, and print the logins, if there are listings"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if not (options["once"] and Listing.objects.exists()):
            self._seed(**options)
        if settings.DEVELOPMENT:
            self._print_logins()

    def _seed(
        self, *, users: int, promotions: int, requests: int, agreements: int, seed: int, photos: bool, **_options: Any
    ) -> None:
        services = trades(seed)
        if not services:
            raise CommandError("There are no services: run seed_catalog first.")
        if (promotions or requests) and not users:
            raise CommandError("Listings need people: ask for at least one with --users.")
        now = timezone.now()
        # One hash for everybody: hashing is slow by design.
        password = make_password(PASSWORD if settings.DEVELOPMENT else None)
        with self._bar("People", users) as bar:
            members, new_users = seed_members(
                seed=seed, count=users, password=password, services=services, now=now, advance=bar.update
            )
        seeder = ListingSeeder(seed=seed, members=members, services=services, now=now)
        written = {}
        for kind, label, count in (
            (Kind.PROMOTION, "Promotions", promotions),
            (Kind.REQUEST, "Requests", requests),
        ):
            with self._bar(label, max(0, count - seeder.written(kind))) as bar:
                written[kind] = seeder.top_up(kind, count, advance=bar.update)
        albums = seed_logins(password=password, now=now) if settings.DEVELOPMENT else []
        if photos:
            albums += [*member_albums(seed, members), *listing_albums(seed)]
        pictures = self._draw(albums, now) if photos else 0
        with self._bar("Agreements", agreements) as bar:
            agreed = seed_agreements(seed=seed, count=agreements, now=now, advance=bar.update)
        if settings.DEVELOPMENT:
            agreed += seed_login_agreements(seed=seed, now=now)
        self.stdout.write(
            f"Demo: {new_users} people, {written[Kind.PROMOTION]} promotions, {written[Kind.REQUEST]} requests, "
            f"{agreed} agreements and {pictures} pictures added."
        )

    def _draw(self, albums: list[Any], now: datetime) -> int:
        with self._bar("Pictures", len(albums)) as bar:
            return seed_photos(albums, now=now, advance=bar.update)

    def _bar(self, label: str, total: int) -> "tqdm[Any]":
        """Return a progress bar on the terminal; silent where there is none."""
        return tqdm(desc=f"{label:<10}", total=total, file=sys.stderr, disable=None if total else True, leave=False)

    def _print_logins(self) -> None:
        port = os.environ.get("PORT", DEFAULT_PORT)
        lines = [f"Demo site   http://localhost:{port}/", f"Password    {PASSWORD}"]
        lines += [f"{login.role:<12}{login.email}" for login in LOGINS]
        rule = "─" * max(len(line) for line in lines)
        self.stdout.write("\n".join(["", rule, *lines, rule, ""]))
