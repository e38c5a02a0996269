"""What time does to agreements. Each job is safe to repeat and to run in several workers at once."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F

from agreements.actions.agreements import close, expire
from agreements.actions.reviews import publish_reviews
from agreements.enums import DELIVERED_LIFETIME, DELIVERED_REMINDER, PENDING_LIFETIME, PENDING_REMINDERS, Status
from agreements.models import Agreement, AgreementQuerySet
from agreements.transitions import StatusMoved
from notices.actions import notify

BATCH = 500


def _each(due: AgreementQuerySet, action: Callable[[Agreement], object]) -> int:
    done = 0
    for agreement in due.select_related("provider", "client", "contact")[:BATCH]:
        try:
            done += bool(action(agreement))
        except StatusMoved:
            continue  # A person, or another worker, was faster.
    return done


def expire_pending(now: datetime) -> int:
    """End the proposals that nobody answered within 72 hours; returns how many."""
    due = Agreement.objects.filter(status=Status.PENDING, expires_at__lte=now).with_running_clock()
    return _each(due.order_by("expires_at"), lambda agreement: expire(agreement=agreement, now=now))


def close_delivered(now: datetime) -> int:
    """Close what was delivered 14 days ago without an answer; returns how many."""
    due = Agreement.objects.filter(status=Status.DELIVERED, closes_at__lte=now).with_running_clock()
    return _each(due.order_by("closes_at"), lambda agreement: close(agreement=agreement, by=None, now=now))


def remind_pending(now: datetime) -> int:
    """Remind clients of a proposal after 24 and after 48 hours; returns how many reminders were written."""
    done = 0
    for number, after in enumerate(PENDING_REMINDERS):
        # Counted from the end, which moves when a suspension has stopped the clock.
        due = Agreement.objects.filter(
            status=Status.PENDING,
            expires_at__lte=now + PENDING_LIFETIME - after,
            expires_at__gt=now,
            reminders_sent=number,
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
    return _each(due, partial(_remind, kind="delivery_waits", number=0, now=now))


@transaction.atomic
def _remind(agreement: Agreement, *, kind: str, number: int, now: datetime) -> bool:
    claimed = Agreement.objects.filter(pk=agreement.pk, status=agreement.status, reminders_sent=number).update(
        reminders_sent=F("reminders_sent") + 1
    )
    if claimed:
        notify(
            recipient=agreement.client,
            kind=kind,
            context={"name": agreement.provider_name, "title": agreement.listing_title, "price": agreement.price},
            path=agreement.get_absolute_url(),
            now=now,
        )
    return bool(claimed)


def publish_due_reviews(now: datetime) -> int:
    """Let reviews appear whose window has ended; returns for how many agreements."""
    due = Agreement.objects.filter(review_until__lte=now, reviews_published_at=None).order_by("review_until")
    return _each(due, lambda agreement: publish_reviews(agreement=agreement, now=now) or True)
