"""What the clock does to listings. The worker calls these; each is safe to repeat and to run twice at once."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notices import kinds
from notices.actions import notify
from services.enums import ArchiveReason, Kind, Status
from services.models import Listing
from services.models.listing import ANSWER_TIME, PROMOTION_LIFETIME, REQUEST_LIFETIME

BATCH = 500
STILL_OFFERED = "promotion_still_offered"


def register_notices() -> None:
    """Make known what owners are told; called when the application starts."""
    kinds.register(
        STILL_OFFERED,
        _("¿Todavía ofreces “%(title)s”? Confírmalo en su página; si no, se pausa en 14 días."),
        subject=_("¿Todavía ofreces “%(title)s”?"),
        button=_("Confirmarlo"),
        category=kinds.MailCategory.REMINDERS,
    )


def archive_expired_requests(now: datetime) -> int:
    """Archive requests whose day is over (at its midnight in Puerto Rico) or that are 60 days old; returns how many.

    A paused request ages like a published one.
    """
    open_requests = Listing.objects.of_kind(Kind.REQUEST).filter(status__in=(Status.PUBLISHED, Status.PAUSED))
    ends = (
        (ArchiveReason.NEEDED_BY, Q(needed_by__lt=timezone.localdate(now))),
        (ArchiveReason.AGE, Q(published_at__lte=now - REQUEST_LIFETIME)),
    )
    return sum(
        open_requests.filter(is_over).update(status=Status.ARCHIVED, archive_reason=reason, updated_at=now)
        for reason, is_over in ends
    )


def ask_about_old_promotions(now: datetime) -> int:
    """Ask the owners of promotions that nobody has touched for 180 days whether they still hold; returns how many.

    The clocks of suspended people stand still.
    """
    cutoff = now - PROMOTION_LIFETIME
    old = (
        Listing.objects.of_kind(Kind.PROMOTION)
        .published()
        # The first condition follows from the second; only the first has an index.
        .filter(published_at__lte=cutoff, asked_at=None)
        .alias(fresh_at=Coalesce("confirmed_at", "published_at"))
        .filter(fresh_at__lte=cutoff)
        .select_related("owner")
        .order_by("published_at")
    )
    return sum(_ask(listing, now) for listing in old[:BATCH])


@transaction.atomic
def _ask(listing: Listing, now: datetime) -> bool:
    """Mark the promotion as asked and tell its owner; only one of several workers does."""
    rows = Listing.objects.filter(pk=listing.pk, status=Status.PUBLISHED, asked_at=None)
    if not rows.update(asked_at=now):
        return False
    notify(
        recipient=listing.owner,
        kind=STILL_OFFERED,
        context={"title": listing.title},
        path=listing.get_absolute_url(),
        now=now,
    )
    return True


def pause_unanswered_promotions(now: datetime) -> int:
    """Pause promotions whose owner has not answered for 14 days; returns how many."""
    unanswered = Listing.objects.of_kind(Kind.PROMOTION).published().filter(asked_at__lte=now - ANSWER_TIME)
    paused: int = unanswered.update(status=Status.PAUSED, asked_at=None, updated_at=now)
    return paused
