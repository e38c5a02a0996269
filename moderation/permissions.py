"""Who may do what a moderator does.

The group *Moderadores* gives four rights: ``moderation.moderate_listing``, ``…_person``, ``…_review``, ``…_report``.
Whether a right holds for one thing is asked with ``rules.has_perm`` and the names registered below: superusers would
pass ``User.has_perm`` without being asked, even for suspending themselves.
"""

from typing import TYPE_CHECKING, Any

import rules
from django.db.models import Q

from accounts.permissions import Visitor, is_in_good_standing
from moderation.enums import ReportKind, ReportStatus

if TYPE_CHECKING:
    from accounts.models import User
    from agreements.models import Review
    from moderation.models import Report
    from services.models import Listing


@rules.predicate
def has_listing_right(user: Visitor) -> bool:
    return user.has_perm("moderation.moderate_listing")


@rules.predicate
def has_person_right(user: Visitor) -> bool:
    return user.has_perm("moderation.moderate_person")


@rules.predicate
def has_review_right(user: Visitor) -> bool:
    return user.has_perm("moderation.moderate_review")


@rules.predicate
def has_report_right(user: Visitor) -> bool:
    return user.has_perm("moderation.moderate_report")


@rules.predicate
def is_above(user: Visitor, person: "User | None") -> bool:
    """Superusers are above everybody else, moderators above those who are not staff; nobody is above oneself."""
    if person is None:
        return True
    return person.pk != user.pk and (user.is_superuser or not (person.is_staff or person.is_superuser))


def people_below(user: "User") -> Q:
    """Return the set that ``is_above`` describes, for the condition of an UPDATE."""
    others = ~Q(pk=user.pk)
    return others if user.is_superuser else others & Q(is_staff=False, is_superuser=False)


@rules.predicate
def is_of_somebody_else(user: Visitor, thing: "Listing | Review | None") -> bool:
    """Nobody decides about their own listing, about their own review, or about one of themselves."""
    return thing is None or user.pk not in people_in(thing)


def people_in(thing: Any) -> tuple[int, ...]:
    """Return the keys of those whom a listing, review, message or member is from or about."""
    names = ("owner_id", "author_id", "subject_id")
    return tuple(getattr(thing, name) for name in names if hasattr(thing, name)) or (thing.pk,)


@rules.predicate
def is_uninvolved(user: Visitor, report: "Report | None") -> bool:
    """Nobody decides on what they reported themselves, or on what is reported of them."""
    return report is None or user.pk not in (report.reporter_id, *people_in(report.thing))


@rules.predicate
def is_above_reported(user: Visitor, report: "Report | None") -> bool:
    return report is None or is_above.test(user, report.person)


@rules.predicate
def has_right_to_remove(user: Visitor, report: "Report | None") -> bool:
    """Listings and reviews can be taken away; for messages and people it is the person who answers."""
    if report is None:
        return True
    right = {ReportKind.LISTING: has_listing_right, ReportKind.REVIEW: has_review_right}.get(ReportKind(report.kind))
    return right is not None and right.test(user)


@rules.predicate
def waits_about_a_message(_user: Visitor, report: "Report | None") -> bool:
    """A conversation can be read while a report of one of its messages waits; decided, it is private again."""
    return report is not None and report.kind == ReportKind.MESSAGE and report.status == ReportStatus.OPEN


moderates_listings = is_in_good_standing & rules.is_staff & has_listing_right
moderates_people = is_in_good_standing & rules.is_staff & has_person_right
moderates_reviews = is_in_good_standing & rules.is_staff & has_review_right
moderates_reports = is_in_good_standing & rules.is_staff & has_report_right
decides_report = moderates_reports & is_uninvolved

rules.add_perm("moderation.remove_listing", moderates_listings & is_of_somebody_else)
rules.add_perm("moderation.restore_listing", moderates_listings & is_of_somebody_else)
rules.add_perm("moderation.suspend_person", moderates_people & is_above)
rules.add_perm("moderation.reinstate_person", moderates_people & is_above)
rules.add_perm("moderation.remove_review", moderates_reviews & is_of_somebody_else)
rules.add_perm("moderation.dismiss_report", decides_report)
rules.add_perm("moderation.remove_reported", decides_report & has_right_to_remove)
rules.add_perm("moderation.suspend_reported", decides_report & has_person_right & is_above_reported)
rules.add_perm("moderation.read_conversation", decides_report & waits_about_a_message)
