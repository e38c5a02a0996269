"""What the demo's people have agreed with each other, through the actions that the site itself uses.

Members have closed agreements with reviews, so that profiles and results show stars; the logins have something waiting
in every state of an agreement.
"""

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from django.db import transaction

from accounts.models import User
from agreements.actions import agreements, contacts, disputes, reviews
from agreements.enums import PENDING_LIFETIME
from agreements.models import Agreement, Contact
from notices.models import Notice, OutboxMail
from palitas.demo.logins import CLIENT, PROVIDER
from palitas.demo.members import Advance
from palitas.demo.people import EMAIL_DOMAIN, email_ending
from palitas.demo.texts import TEXTS_DIR
from services.enums import Kind
from services.models import Listing

MINUTES, HOURS, DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# A finished agreement takes five days from the first message to the last review.
FINISHED_AFTER = 5 * DAYS
DEFAULT_PRICE = 80
RATINGS, RATING_WEIGHTS = (5, 4, 3), (75, 20, 5)
REPLY_SHARE = 0.4
UNREVIEWED_SHARE = 0.15


@cache
def sentences() -> dict[str, Any]:
    """Return what the people say, by occasion."""
    return tomllib.loads((TEXTS_DIR / "acuerdos.toml").read_text(encoding="utf-8"))


class Story:
    """One contact from its first message on; each step happens some time after the one before."""

    def __init__(self, listing: Listing, opener: User, *, start: datetime, rng: Random) -> None:
        self.rng, self.now = rng, start
        body = self._say("questions", listing.owner)
        self.contact: Contact = contacts.open_contact(listing=listing, opener=opener, body=body, now=start)[0]

    def _say(self, occasion: str, to: User) -> str:
        return str(self.rng.choice(sentences()[occasion])).format(nombre=to.first_name)

    def _later(self, least: timedelta, most: timedelta) -> datetime:
        self.now += least + (most - least) * self.rng.random()
        return self.now

    def answer(self) -> "Story":
        """Have the listing's owner answer, and the other thank for it."""
        now = self._later(20 * MINUTES, 6 * HOURS)
        owner, opener = self.contact.owner, self.contact.opener
        contacts.write_message(contact=self.contact, author=owner, body=self._say("answers", opener), now=now)
        now = self._later(5 * MINUTES, 2 * HOURS)
        contacts.write_message(contact=self.contact, author=opener, body=self._say("thanks", owner), now=now)
        return self

    def propose(self) -> Agreement:
        """Have the provider propose three terms at a price within the listing's; once accepted, an amendment."""
        listing = self.contact.listing
        least = listing.price_min or listing.price_max or DEFAULT_PRICE
        price = self.rng.randint(least, max(least, listing.price_max or least))
        now = self._later(10 * MINUTES, 3 * HOURS)
        terms = self.rng.sample(sentences()["terms"], 3)
        return agreements.propose(
            contact=self.contact, by=self.contact.provider, price=price, terms=terms, scheduled_for=None, now=now
        )

    def reject(self) -> Agreement:
        agreement = self.propose()
        note, now = self._say("rejections", agreement.provider), self._later(HOURS, 10 * HOURS)
        return agreements.reject(agreement=agreement, by=agreement.client, note=note, now=now)

    def withdraw(self) -> Agreement:
        agreement = self.propose()
        return agreements.withdraw(agreement=agreement, by=agreement.provider, now=self._later(HOURS, 10 * HOURS))

    def expire(self) -> Agreement:
        return agreements.expire(agreement=self.propose(), now=self._later(PENDING_LIFETIME, PENDING_LIFETIME))

    def accept(self) -> Agreement:
        agreement = self.propose()
        return agreements.accept(agreement=agreement, by=agreement.client, now=self._later(HOURS, 10 * HOURS))

    def amend(self) -> Agreement:
        """Have both agree, and agree once more on something else."""
        self.accept()
        return self.accept()

    def cancel(self) -> Agreement:
        agreement = self.accept()
        note, now = self._say("cancellations", agreement.client), self._later(HOURS, DAYS)
        return agreements.cancel(agreement=agreement, by=agreement.provider, note=note, now=now)

    def deliver(self) -> Agreement:
        agreement = self.accept()
        return agreements.deliver(agreement=agreement, by=agreement.provider, now=self._later(DAYS, 2 * DAYS))

    def dispute(self) -> Agreement:
        """Have the client open a dispute and the provider answer it; nobody has decided it yet."""
        agreement = self.deliver()
        client, provider = agreement.client, agreement.provider
        complaint, now = self._say("complaints", provider), self._later(HOURS, DAYS)
        disputes.dispute(agreement=agreement, by=client, note=complaint, now=now)
        defence, now = self._say("defences", client), self._later(HOURS, DAYS)
        disputes.add_statement(agreement=agreement, by=provider, note=defence, now=now)
        return agreement

    def close(self) -> Agreement:
        agreement = self.deliver()
        return agreements.close(agreement=agreement, by=agreement.client, now=self._later(HOURS, DAYS))

    def review(self) -> Agreement:
        """Have both sides review each other, and some providers reply."""
        agreement = self.close()
        rating = self.rng.choices(RATINGS, RATING_WEIGHTS)[0]
        client, provider = agreement.client, agreement.provider
        body = str(self.rng.choice(sentences()["reviews"][str(rating)])).format(nombre=provider.first_name)
        now = self._later(HOURS, 8 * HOURS)
        review = reviews.write_review(agreement=agreement, by=client, rating=rating, body=body, now=now)
        body = str(self.rng.choice(sentences()["reviews"]["of_clients"]))
        reviews.write_review(agreement=agreement, by=provider, rating=5, body=body, now=self._later(HOURS, 8 * HOURS))
        if self.rng.random() < REPLY_SHARE:
            thanks = str(self.rng.choice(sentences()["reviews"]["replies"])).format(nombre=client.first_name)
            reviews.reply(review=review, by=provider, body=thanks, now=self._later(HOURS, 8 * HOURS))
        return agreement


def seed_agreements(*, seed: int, count: int, now: datetime, advance: Advance) -> int:
    """Write those of ``count`` finished agreements of a seed's people that are missing; returns how many.

    They are about the oldest promotions, so that a promotion is older than what was agreed on it.
    """
    ending = email_ending(seed)
    missing = count - Contact.objects.filter(owner__email__endswith=ending, opener__email__endswith=ending).count()
    clients = list(User.objects.filter(email__endswith=ending).order_by("pk"))
    promotions = (
        Listing.objects.published()
        .of_kind(Kind.PROMOTION)
        .filter(owner__email__endswith=ending, published_at__lt=now - FINISHED_AFTER - DAYS, contacts=None)
        .select_related("owner", "service")
        .order_by("published_at", "pk")[: max(0, missing)]
    )
    written = 0
    for promotion in promotions:
        rng = Random(f"{seed}/agreement/{promotion.owner.email}/{promotion.title}")
        client = rng.choice([user for user in clients if user != promotion.owner] or [None])
        if client is None:
            continue
        published = promotion.published_at or now
        start = published + (now - FINISHED_AFTER - published) * rng.random()
        _write(lambda: _finish(Story(promotion, client, start=start, rng=rng).answer()))  # noqa: B023 - called at once
        written += 1
        advance(1)
    return written


def _finish(story: Story) -> Agreement:
    return story.close() if story.rng.random() < UNREVIEWED_SHARE else story.review()


def seed_login_agreements(*, seed: int, now: datetime) -> int:
    """Give the client and the provider who log in contacts and agreements in every state, once; returns how many."""
    client, provider = (User.objects.get(email=login.email) for login in (CLIENT, PROVIDER))
    others = list(User.objects.filter(email__endswith=email_ending(seed)).order_by("pk")[:6])
    offered, wanted = (
        list(Listing.objects.published().filter(owner=one).order_by("pk")[:2]) for one in (provider, client)
    )
    if (len(others), len(offered), len(wanted)) != (6, 2, 2) or Contact.objects.of(provider).exists():
        return 0
    (acrylics, manicure), (plumber, painting) = offered, wanted
    rng = Random(f"{seed}/logins")

    def story(listing: Listing, opener: User, age: timedelta) -> Story:
        return Story(listing, opener, start=now - age, rng=rng)

    stories: list[Callable[[], object]] = [
        lambda: story(acrylics, client, 20 * DAYS).answer().review(),
        lambda: story(acrylics, others[0], 15 * DAYS).answer().review(),
        lambda: story(manicure, others[1], 12 * DAYS).answer().review(),
        lambda: story(manicure, client, 6 * DAYS).answer().deliver(),
        lambda: story(acrylics, others[2], 4 * DAYS).answer().accept(),
        lambda: story(acrylics, others[3], 2 * HOURS),
        lambda: story(plumber, others[4], DAYS).answer().propose(),
        lambda: story(plumber, others[5], 3 * HOURS),
        lambda: story(painting, others[4], 5 * DAYS).answer().accept(),
        lambda: story(painting, others[5], 8 * DAYS).answer().amend(),
        lambda: story(acrylics, others[4], 9 * DAYS).answer().dispute(),
        lambda: story(acrylics, others[5], 11 * DAYS).answer().cancel(),
        lambda: story(manicure, others[2], 13 * DAYS).answer().reject(),
        lambda: story(manicure, others[3], 10 * DAYS).answer().withdraw(),
        lambda: story(plumber, others[0], 7 * DAYS).answer().expire(),
    ]
    for write in stories:
        _write(write)
    return len(stories)


def _write(story: Callable[[], object]) -> None:
    """Write a story whole or not at all; of what its steps tell, only what a login would see on the site is kept."""
    with transaction.atomic():
        story()
        # Their addresses belong to nobody.
        OutboxMail.objects.filter(recipient__endswith=f"@{EMAIL_DOMAIN}").delete()
        Notice.objects.filter(recipient__email__regex=rf"-\d+@{EMAIL_DOMAIN}$").delete()
