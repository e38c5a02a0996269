from datetime import timedelta

import pytest
from django.utils import timezone

from agreements import answer_time
from agreements.answer_time import answer_time_words, typical_answer_time
from agreements.tests.factories import ContactFactory
from services.tests.factories import PromotionFactory

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def contacts(owner, *waits: timedelta | None) -> None:
    """Make received contacts, each answered after its time, or not at all."""
    listing = PromotionFactory(owner=owner)
    opened = timezone.now() - timedelta(days=60)
    for wait in waits:
        answered = None if wait is None else opened + wait
        ContactFactory(listing=listing, created_at=opened, owner_wrote_at=answered)


def test_four_answers_say_nothing(owner):
    contacts(owner, *[HOUR] * 4, *[None] * 10)
    assert typical_answer_time(owner) is None
    assert answer_time_words(owner) == ""


def test_it_is_the_middle_of_what_was_answered(owner, member):
    contacts(owner, MINUTE, MINUTE, 3 * HOUR, DAY, 30 * DAY, None)
    contacts(member, *[MINUTE] * 5)
    assert typical_answer_time(owner) == 3 * HOUR


def test_only_the_last_fifty_contacts_count(owner, monkeypatch):
    monkeypatch.setattr(answer_time, "RECENT_CONTACTS", 5)
    contacts(owner, *[30 * DAY] * 5, *[HOUR] * 5)
    assert typical_answer_time(owner) == HOUR
    contacts(owner, None)
    assert typical_answer_time(owner) is None


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (MINUTE, "en menos de una hora"),
        (HOUR, "en menos de una hora"),
        (HOUR + MINUTE, "en unas horas"),
        (12 * HOUR, "en unas horas"),
        (13 * HOUR, "en un día"),
        (36 * HOUR, "en un día"),
        (37 * HOUR, "en unos días"),
        (7 * DAY, "en unos días"),
        (8 * DAY, "en más de una semana"),
    ],
)
def test_words(owner, wait, words):
    contacts(owner, *[wait] * 5)
    assert answer_time_words(owner) == words


def test_it_is_one_query(owner, django_assert_num_queries):
    contacts(owner, *[HOUR] * 7)
    with django_assert_num_queries(1):
        answer_time_words(owner)
