"""What moderators do. Each is one transaction: the change, its line in the moderation log, what the person is told."""

from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from agreements.actions import reviews
from agreements.actions.agreements import tell_other
from agreements.actions.clock import resume_clocks
from agreements.models import Agreement, Review
from moderation.permissions import people_below
from notices.actions import notify
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services import expiry, transitions
from services.enums import Kind, Status
from services.models import Listing

# Listings are administered kind by kind, and so are their log lines: "History" in admin looks for its own model.
LISTING_MODELS: dict[str, type[Listing]] = {Kind.PROMOTION: Promotion, Kind.REQUEST: ServiceRequest}


@transaction.atomic
def remove_listing(*, listing: Listing, reason: str, by: User, now: datetime) -> None:
    """Take a listing off the site and tell its owner why.

    Raises:
        services.transitions.StatusMoved: when it is removed or deleted already.
    """
    try:
        transitions.remove(listing=listing, reason=reason, now=now)
    except transitions.StatusMoved as moved:
        listing.refresh_from_db(fields=["status"])
        if listing.status == Status.REMOVED:  # The transition's own sentence is meant for the owner.
            raise transitions.StatusMoved(_("Este anuncio ya está retirado.")) from moved
        raise
    log(by, listing, LISTING_MODELS[listing.kind], _("Retirado. Razón: %(reason)s") % {"reason": reason}, now)
    words = {"title": listing.title, "reason": reason}
    _tell_owner(listing, "listing_removed", "moderation/emails/listing_removed", words, now)


@transaction.atomic
def restore_listing(*, listing: Listing, by: User, now: datetime) -> None:
    """Give a removed listing its former status back and tell its owner.

    Raises:
        services.transitions.StatusMoved: when it is not removed.
    """
    transitions.restore(listing=listing, now=now)
    log(by, listing, LISTING_MODELS[listing.kind], _("Restaurado."), now)
    _tell_owner(listing, "listing_restored", "moderation/emails/listing_restored", {"title": listing.title}, now)


@transaction.atomic
def remove_review(*, review: Review, reason: str, by: User, now: datetime) -> None:
    """Take a review off the site and tell its author and its subject why.

    Raises:
        services.transitions.StatusMoved: when it is removed already.
    """
    reviews.remove_review(review=review, reason=reason, now=now)
    log(by, review, Review, _("Retirada. Razón: %(reason)s") % {"reason": reason}, now)


@transaction.atomic
def suspend_person(*, person: User, reason: str, by: User, now: datetime) -> None:
    """Suspend a person, which hides their listings and stops their clocks, and tell them why.

    The other side of each agreement that is pending or live is told that the person is suspended, not why.

    Raises:
        services.transitions.StatusMoved: when the person is suspended already, or has meanwhile become somebody whom
            ``by`` may not suspend.
    """
    if not User.objects.filter(people_below(by), pk=person.pk).suspend(now=now, reason=reason):
        raise transitions.StatusMoved(_("Esta persona ya está suspendida."))
    person.refresh_from_db(fields=["suspended_at", "suspended_reason"])
    log(by, person, User, _("Cuenta suspendida. Razón: %(reason)s") % {"reason": reason}, now)
    _tell_person(person, "account_suspended", "moderation/emails/account_suspended", {"reason": reason}, now)
    _tell_other_sides(person, "party_suspended", now)


@transaction.atomic
def reinstate_person(*, person: User, by: User, now: datetime) -> None:
    """Lift a suspension, let the person's clocks go on, and tell the person and the other sides.

    Raises:
        services.transitions.StatusMoved: when the person is not suspended, or see ``suspend_person``.
    """
    people = User.objects.filter(people_below(by), pk=person.pk)
    since = people.select_for_update(no_key=True).values_list("suspended_at", flat=True).first()
    if since is None or not people.reinstate():
        raise transitions.StatusMoved(_("Esta persona no está suspendida."))
    person.refresh_from_db(fields=["suspended_at", "suspended_reason"])
    resume_clocks(user=person, suspended_for=now - since, now=now)
    expiry.resume_clocks(owner=person, suspended_for=now - since, now=now)
    log(by, person, User, _("Suspensión levantada."), now)
    _tell_person(person, "account_reinstated", "moderation/emails/account_reinstated", {}, now)
    _tell_other_sides(person, "party_reinstated", now)


def _tell_other_sides(person: User, kind: str, now: datetime) -> None:
    """Tell the other side of each agreement of ``person`` that is pending or live."""
    for agreement in Agreement.objects.of(person).open().with_people().order_by("contact_id", "pk"):
        tell_other(agreement, person, kind, now=now)


def _tell_owner(listing: Listing, kind: str, template: str, context: dict[str, str], now: datetime) -> None:
    path = listing.get_absolute_url()
    notify(recipient=listing.owner, kind=kind, template=template, context=context, path=path, now=now)


def _tell_person(person: User, kind: str, template: str, context: dict[str, str], now: datetime) -> None:
    path = reverse("contact") if person.is_suspended else reverse("dashboard")
    notify(recipient=person, kind=kind, template=template, context=context, path=path, now=now)


def log(by: User, target: Model, model: type[Model], message: str, now: datetime) -> None:
    """Write who did what to whom; see docs/decisions/0003-moderation-log.md."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(model, for_concrete_model=False),
        object_id=str(target.pk),
        object_repr=str(target)[:200],
        action_flag=CHANGE,
        change_message=message,
        action_time=now,
    )
