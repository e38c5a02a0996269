"""An import from beginning to end."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import Profile
from agreements.actions.counters import recount, suspects
from palitas.legacy.catalogue import Services, Towns
from palitas.legacy.contacts import Contacts
from palitas.legacy.ledger import BATCH
from palitas.legacy.listings import Promotions, Requests
from palitas.legacy.people import Profiles, Users
from palitas.legacy.reviews import Reviews
from palitas.legacy.source import Source
from palitas.legacy.tasks import Tasks

# What refers to other rows comes after them.
STEPS = (Services, Towns, Users, Profiles, Promotions, Requests, Contacts, Tasks, Reviews)


def import_all(source: Source, *, now: datetime, tell: Callable[[str], object]) -> None:
    """Bring every table over and write people's figures anew. Safe to repeat, and to go on with after an end.

    Args:
        tell: is given the name of each table when it begins.
    """
    for step in STEPS:
        tell(step.table)
        step(source, now=now).run()
    tell("figures")
    recount_all()


def recount_all() -> int:
    """Write palitas, reviews and averages of everybody whose figures are not true; returns of how many people."""
    changed = last = 0
    people = Profile.objects.order_by("user_id").values_list("user_id", flat=True)
    while batch := list(people.filter(user_id__gt=last)[:BATCH]):
        wrong = suspects(batch)
        for user_id in wrong:
            recount(user_id)
        changed += len(wrong)
        last = batch[-1]
    return changed
