"""Writing a report and deciding it. Each is one transaction: the change, its log line, what the reporter is told."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Visitor, has_public_profile
from agreements.actions.contacts import LimitReached
from agreements.models import Contact, Message, Review
from moderation import actions
from moderation.enums import ReportKind, ReportStatus
from moderation.models import Report, person_behind
from notices.actions import notify
from services.enums import Status
from services.models import Listing
from services.transitions import StatusMoved

REPORTS_PER_DAY = 10
DAY = timedelta(days=1)


class AlreadyReported(StatusMoved):
    """The person has reported the thing, and the moderators have not decided yet."""

    def __init__(self, kind: str, thing: Any) -> None:
        super().__init__(_("Ya lo denunciaste: la moderación lo va a mirar."))
        self.back_url = page_of(kind, thing)


def find_thing(*, kind: str, pk: int, by: Visitor) -> Any:
    """Return the listing, message, review or person that ``by`` may see, or None."""
    things = {
        ReportKind.LISTING: lambda: Listing.objects.visible_to(by).select_related("owner"),
        ReportKind.MESSAGE: lambda: Message.objects.filter(contact__in=Contact.objects.of(by)).select_related("author"),
        ReportKind.REVIEW: lambda: Review.objects.visible_to(by).select_related("author", "subject"),
        ReportKind.MEMBER: lambda: User.objects.visible_to(by),
    }[ReportKind(kind)]()
    return things.filter(pk=pk).first()


def page_of(kind: str, thing: Any) -> str:
    """Return the page on which the reporter has seen the thing."""
    if kind == ReportKind.MESSAGE:
        return str(thing.contact.get_absolute_url())
    if kind == ReportKind.REVIEW:
        # The subject of a review may have left, or be suspended; its two sides still have the agreement.
        is_on_profile = has_public_profile.test(None, thing.subject)
        return str((thing.subject if is_on_profile else thing.agreement).get_absolute_url())
    return str(thing.get_absolute_url())


def refuse_report(*, kind: str, thing: Any, by: User) -> None:
    """Do nothing when ``by`` may report a thing that they can see.

    Raises:
        PermissionDenied: it is their own; with a sentence.
        AlreadyReported: their report of it still waits.
    """
    if person_behind(kind, thing).pk == by.pk:
        raise PermissionDenied(_("Esto es tuyo: no hace falta denunciarlo."))
    if Report.objects.open().about(kind, thing.pk).filter(reporter=by).exists():
        raise AlreadyReported(kind, thing)


@transaction.atomic
def write_report(*, kind: str, thing: Any, by: User, reason: str, body: str, now: datetime) -> Report:
    """Point a thing out to the moderators.

    Raises:
        PermissionDenied, AlreadyReported: see ``refuse_report``.
        LimitReached: ten reports within a day; with a sentence.
    """
    # One request of a person at a time goes on from here, so that what is counted stays true.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    refuse_report(kind=kind, thing=thing, by=by)
    if Report.objects.filter(reporter=by, created_at__gt=now - DAY).count() >= REPORTS_PER_DAY:
        raise LimitReached(_("Llegaste al máximo de 10 denuncias en un día. Mañana puedes enviar más."))
    report = Report(reporter=by, kind=kind, reason=reason, body=body, created_at=now, **{kind: thing})
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyReported(kind, thing) from error
    return report


@transaction.atomic
def dismiss(*, report: Report, reason: str, by: User, now: datetime) -> None:
    """Decide that nothing has to be done; the reporter reads ``reason``.

    Raises:
        StatusMoved: the report is decided already.
    """
    _tell_reporters(_decide(report, ReportStatus.DISMISSED, reason, by, now), now)


@transaction.atomic
def remove_reported(*, report: Report, reason: str, by: User, now: datetime) -> None:
    """Take the reported listing or review off the site; all open reports of it are decided with this one.

    Raises:
        StatusMoved: the report is decided already.
    """
    decided = _decide(report, ReportStatus.ACTED, reason, by, now)
    thing = report.thing
    thing.refresh_from_db()
    # That it was taken away before, from its own page of admin, is as good.
    if report.kind == ReportKind.LISTING and thing.status not in (Status.REMOVED, Status.DELETED):
        actions.remove_listing(listing=thing, reason=reason, by=by, now=now)
    elif report.kind == ReportKind.REVIEW and not thing.removed_at:
        actions.remove_review(review=thing, reason=reason, by=by, now=now)
    _tell_reporters(decided, now)


@transaction.atomic
def suspend_reported(*, report: Report, reason: str, by: User, now: datetime) -> None:
    """Suspend the person behind what was reported; all open reports of it are decided with this one.

    Raises:
        StatusMoved: the report is decided already, or the person is above ``by``.
    """
    decided = _decide(report, ReportStatus.ACTED, reason, by, now)
    person = report.person
    person.refresh_from_db()
    if not person.is_suspended:
        actions.suspend_person(person=person, reason=reason, by=by, now=now)
    _tell_reporters(decided, now)


def _decide(report: Report, status: ReportStatus, note: str, by: User, now: datetime) -> list[Report]:
    """Close the report and, when something was done, the others of the same thing; returns those that it closed."""
    decision = {"status": status, "decided_by": by, "decided_at": now, "note": note}
    if not Report.objects.open().filter(pk=report.pk).update(**decision):
        raise StatusMoved(_("Esta denuncia ya está decidida."))
    decided = [report]
    if status == ReportStatus.ACTED:
        others = Report.objects.open().about(report.kind, report.thing_id).with_things().order_by("pk")
        # One by one: of two moderators who decide two reports of a thing each tells a reporter once.
        decided += [other for other in others if Report.objects.open().filter(pk=other.pk).update(**decision)]
    for one in decided:
        one.refresh_from_db(fields=list(decision))
        actions.log(by, one, Report, _("%(status)s. %(note)s") % {"status": status.label, "note": note}, now)
    return decided


def _tell_reporters(decided: list[Report], now: datetime) -> None:
    for report in decided:
        is_dismissed = report.status == ReportStatus.DISMISSED
        # What has been taken away has no page any more.
        thing = find_thing(kind=report.kind, pk=report.thing_id, by=report.reporter)
        notify(
            recipient=report.reporter,
            kind="report_dismissed" if is_dismissed else "report_acted",
            # What was done about somebody is told to that person alone.
            context={"title": report.title, "note": report.note if is_dismissed else ""},
            path=page_of(report.kind, thing) if thing else "",
            now=now,
        )
