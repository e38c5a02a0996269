"""What this room keeps about people: what they have reported, and what was decided of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from accounts.personal_data.log import forget_in_log
from accounts.personal_data.registry import Keeper, Section
from moderation.enums import ReportKind, ReportStatus
from moderation.models import Report
from notices.models import Notice
from notices.personal_data import address_before_slug, forget_in_sent_mail

CHUNK = 100
DECISIONS = ("report_acted", "report_dismissed")


def sections(user: User) -> dict[str, Section]:
    """Return the reports that the person has made; who has reported the person is not theirs to know."""
    return {"denuncias": _reports(user)}


def _reports(user: User) -> Iterator[dict[str, Any]]:
    reports = Report.objects.filter(reporter=user).with_things().order_by("pk")
    for report in reports.iterator(CHUNK):
        yield {
            "clase": report.get_kind_display(),
            "que": report.title,
            "razon": report.get_reason_display(),
            "que_paso": report.body,
            "recibida": report.created_at,
            "estado": report.get_status_display(),
            # What was done about somebody is told to that person alone.
            "decision": report.note if report.status == ReportStatus.DISMISSED else "",
        }


def erase(user: User, now: datetime) -> None:  # noqa: ARG001 - what every eraser takes
    """Leave the reports to the moderators; take the person's name out of the log and of what reporters were told."""
    own = Report.objects.filter(reporter=user)
    forget_in_log(Report, list(own.values_list("pk", flat=True)), with_words=False)
    concerning = Report.objects.filter(
        Q(member=user)
        | Q(listing__owner=user)
        | Q(message__author=user)
        | Q(review__author=user)
        | Q(review__subject=user)
    )
    last = 0
    while batch := list(concerning.with_things().filter(pk__gt=last).order_by("pk")[:CHUNK]):
        forget_in_log(Report, [report.pk for report in batch], with_words=False)
        _forget_decisions(batch, user)
        last = batch[-1].pk


def _forget_decisions(reports: list[Report], user: User) -> None:
    """Delete what the reporters were told, where it names the person or a page that has gone with them."""
    titles = {report.title for report in reports if report.kind in (ReportKind.LISTING, ReportKind.MEMBER)}
    pages = {address_before_slug(user)}
    pages |= {address_before_slug(report.thing) for report in reports if report.kind == ReportKind.LISTING}
    gone = Q(data__title__in=titles)
    for page in pages:
        gone |= Q(path__startswith=page)
    reporters = {report.reporter for report in reports}
    Notice.objects.filter(gone, recipient__in=reporters, kind__in=DECISIONS).delete()
    forget_in_sent_mail([reporter.email for reporter in reporters], titles | pages)


KEEPER = Keeper("moderation", sections=sections, erase=erase)
