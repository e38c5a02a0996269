"""What time does to agreements. Each job is safe to repeat and to run in several workers at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F

from accounts.models import User
from agreements.actions.agreements import close_unanswered, expire, tell
from agreements.actions.reviews import publish_reviews
from agreements.enums import (
    DELIVERED_LIFETIME,
    DELIVERED_REMINDER,
    PENDING_LIFETIME,
    PENDING_REMINDERS,
    REVIEWABLE,
    Status,
)
from agreements.models import Agreement, AgreementQuerySet
from agreements.transitions import StatusMoved

BATCH = 500


def _each(due: AgreementQuerySet, action: Callable[..., object]) -> int:
    """Do ``action`` to every agreement that is due, in the order of their keys; returns to how many."""
    done, last = 0, 0
    rows = due.select_related("provider", "client", "contact").order_by("pk")
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for agreement in batch:
            try:
                done += bool(action(agreement=agreement))
            except StatusMoved:
                continue  # A person, or another worker, was faster.
        last = batch[-1].pk
    return done


def expire_pending(now: datetime) -> int:
    """End the proposals that nobody answered within 72 hours; returns how many."""
    due = Agreement.objects.filter(status=Status.PENDING, expires_at__lte=now).with_running_clock()
    return _each(due, partial(expire, now=now))


def close_delivered(now: datetime) -> int:
    """Close what was delivered 14 days ago without an answer; returns how many."""
    due = Agreement.objects.filter(status=Status.DELIVERED, closes_at__lte=now).with_running_clock()
    return _each(due, partial(close_unanswered, now=now))


def remind_pending(now: datetime) -> int:
    """Remind clients of a proposal after 24 and after 48 hours; returns how many reminders were written.

    When the worker was away at the first moment, one reminder stands for both.
    """
    done = 0
    for number, after in reversed(list(enumerate(PENDING_REMINDERS, start=1))):
        # Counted from the end, which moves when a suspension has stopped the clock.
        due = Agreement.objects.filter(
            status=Status.PENDING,
            expires_at__lte=now + PENDING_LIFETIME - after,
            expires_at__gt=now,
            reminders_sent__lt=number,
        ).with_running_clock()
        done += _each(due, partial(_remind, kind="agreement_waits", number=number, now=now))
    return done


def remind_delivered(now: datetime) -> int:
    """Remind clients on day 5 that a delivered agreement waits to be closed; returns how many reminders."""
    due = Agreement.objects.filter(
        status=Status.DELIVERED,
        closes_at__lte=now + DELIVERED_LIFETIME - DELIVERED_REMINDER,
        closes_at__gt=now,
        reminders_sent=0,
    ).with_running_clock()
    return _each(due, partial(_remind, kind="delivery_waits", number=1, now=now))


@transaction.atomic
def _remind(*, agreement: Agreement, kind: str, number: int, now: datetime) -> bool:
    due = Agreement.objects.filter(pk=agreement.pk, status=agreement.status, reminders_sent__lt=number)
    claimed = due.update(reminders_sent=number)
    if claimed:
        tell(agreement, agreement.client, kind, now=now)
    return bool(claimed)


def publish_due_reviews(now: datetime) -> int:
    """Let reviews appear whose window has ended; returns for how many agreements one did."""
    due = Agreement.objects.filter(review_until__lte=now, reviews_published_at=None).with_running_clock()
    return _each(due, partial(publish_reviews, now=now))


@transaction.atomic
def resume_clocks(*, user: User, suspended_for: timedelta, now: datetime) -> int:
    """Move the deadlines of a person's agreements by the time for which the person was suspended.

    Call it in the transaction that lifts the suspension. While the other side is suspended too, the clock goes on
    standing still, and what it stood still before that is added now: no hour is counted twice. A deadline that had
    passed before the suspension stays where it was.

    Returns:
        How many deadlines were moved.
    """
    since = now - suspended_for
    deadlines = (
        ("expires_at", "created_at", (Status.PENDING,)),
        ("closes_at", "delivered_at", (Status.DELIVERED,)),
        ("review_until", "ended_at", REVIEWABLE),
    )
    moved = 0
    for deadline, beginning, statuses in deadlines:
        rows = Agreement.objects.of(user).filter(status__in=statuses, reviews_published_at=None)
        for agreement in rows.select_related("provider", "client").order_by("pk"):
            other = agreement.other_party(user)
            start = max(since, getattr(agreement, beginning))
            end = now if other.suspended_at is None else max(start, min(now, other.suspended_at))
            still_due = Agreement.objects.filter(pk=agreement.pk, status=agreement.status, **{f"{deadline}__gt": start})
            moved += still_due.update(**{deadline: F(deadline) + (end - start)}) if end > start else 0
    return moved
