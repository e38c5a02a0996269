"""What the clock does to listings. The worker calls these; each is safe to repeat and to run twice at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notices import kinds
from notices.actions import notify
from services.enums import ArchiveReason, Kind, Status
from services.models import Listing, ListingQuerySet
from services.models.listing import ANSWER_TIME, PROMOTION_LIFETIME, REQUEST_LIFETIME

BATCH = 500
# The clocks of suspended people stand still.
AWAKE = Q(owner__is_active=True, owner__suspended_at=None)
STILL_OFFERED = "promotion_still_offered"
PAUSED = "promotion_paused"
ARCHIVED = {ArchiveReason.NEEDED_BY: "request_past", ArchiveReason.AGE: "request_old"}


def register_notices() -> None:
    """Make known what owners are told; called when the application starts."""
    kinds.register(
        STILL_OFFERED,
        _("¿Todavía ofreces “%(title)s”? Confírmalo en su página; si no, se pausa en 14 días."),
        subject=_("¿Todavía ofreces “%(title)s”?"),
        button=_("Confirmarlo"),
        category=kinds.MailCategory.REMINDERS,
    )
    again = {
        "advice": _("Nadie más lo ve. Si todavía hace falta, publícalo otra vez desde su página."),
        "button": _("Ver tu anuncio"),
    }
    kinds.register(
        ARCHIVED[ArchiveReason.NEEDED_BY],
        _("Archivamos tu solicitud “%(title)s”: pasó la fecha en que se necesitaba."),
        subject=_("Archivamos tu solicitud “%(title)s”"),
        **again,
    )
    kinds.register(
        ARCHIVED[ArchiveReason.AGE],
        _("Archivamos tu solicitud “%(title)s”: cumplió 60 días publicada."),
        subject=_("Archivamos tu solicitud “%(title)s”"),
        **again,
    )
    kinds.register(
        PAUSED,
        _("Pusimos en pausa tu promoción “%(title)s”: no nos dijiste si todavía la ofreces."),
        subject=_("Pusimos en pausa tu promoción “%(title)s”"),
        **again,
    )


def archive_expired_requests(now: datetime) -> int:
    """Archive requests whose day is over (at its midnight in Puerto Rico) or that are 60 days old; returns how many.

    A paused request ages like a published one; those of suspended people do not, but their day passes all the same.
    """
    open_requests = Listing.objects.of_kind(Kind.REQUEST).filter(status__in=(Status.PUBLISHED, Status.PAUSED))
    past = open_requests.filter(needed_by__lt=timezone.localdate(now))
    old = open_requests.filter(published_at__lte=now - REQUEST_LIFETIME)
    return sum(
        _each(due, ARCHIVED[reason], now, whose=whose, status=Status.ARCHIVED, archive_reason=reason)
        for due, reason, whose in ((past, ArchiveReason.NEEDED_BY, Q()), (old, ArchiveReason.AGE, AWAKE))
    )


def ask_about_old_promotions(now: datetime) -> int:
    """Ask the owners of promotions that nobody has touched for 180 days whether they still hold; returns how many."""
    cutoff = now - PROMOTION_LIFETIME
    old = (
        Listing.objects.of_kind(Kind.PROMOTION)
        # The first condition on time follows from the second; only the first has an index.
        .filter(status=Status.PUBLISHED, published_at__lte=cutoff, asked_at=None)
        .alias(fresh_at=Coalesce("confirmed_at", "published_at"))
        .filter(fresh_at__lte=cutoff)
    )
    return _each(old, STILL_OFFERED, now, whose=AWAKE, asked_at=now)


def pause_unanswered_promotions(now: datetime) -> int:
    """Pause promotions whose owner has not answered for 14 days; returns how many."""
    published = Listing.objects.of_kind(Kind.PROMOTION).filter(status=Status.PUBLISHED)
    unanswered = published.filter(asked_at__lte=now - ANSWER_TIME)
    return _each(unanswered, PAUSED, now, whose=AWAKE, status=Status.PAUSED, asked_at=None)


def _each(due: ListingQuerySet, kind: str, now: datetime, *, whose: Q, **changes: Any) -> int:
    """Write ``changes`` to the listings that are due, and tell their owners; returns to how many.

    Args:
        due: without a join, because an UPDATE says it again: PostgreSQL does not ask a subquery a second time when it
            has waited for another worker.
        kind: of the notice.
        whose: a condition on the owners.
        changes: after them a listing is not due any more.
    """
    done, last = 0, 0
    rows = due.filter(whose).select_related("owner").order_by("pk")
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        done += sum(_change(due.filter(pk=listing.pk), listing, kind, now, changes) for listing in batch)
        last = batch[-1].pk
    return done


@transaction.atomic
def _change(row: ListingQuerySet, listing: Listing, kind: str, now: datetime, changes: Mapping[str, Any]) -> bool:
    """Change a listing, unless its owner or another worker was faster."""
    if not row.update(updated_at=now, **changes):
        return False
    path = listing.get_absolute_url()
    notify(recipient=listing.owner, kind=kind, context={"title": listing.title}, path=path, now=now)
    return True


def resume_clocks(*, owner: User, suspended_for: timedelta, now: datetime) -> None:
    """Let a person's listings be as old as they were when the suspension began.

    Call it in the transaction that lifts the suspension. The day for which something is needed does not move.
    """
    Listing.objects.filter(
        owner=owner, published_at__lte=now - suspended_for, status__in=(Status.PUBLISHED, Status.PAUSED, Status.REMOVED)
    ).update(**{name: F(name) + suspended_for for name in ("published_at", "confirmed_at", "asked_at")})
