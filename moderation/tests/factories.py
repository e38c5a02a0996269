"""Reports for tests."""

from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from agreements.tests.factories import MessageFactory, ReviewFactory
from moderation.enums import ReportKind, ReportReason
from moderation.models import Report
from services.tests.factories import PromotionFactory


class ReportFactory(DjangoModelFactory):
    """An open report of a listing, or of what else its ``kind`` says."""

    class Meta:
        model = Report

    class Params:
        thing = factory.LazyAttribute(lambda self: a_thing(self.kind))

    reporter = factory.SubFactory(UserFactory)
    kind = ReportKind.LISTING
    listing = factory.LazyAttribute(lambda self: self.thing if self.kind == ReportKind.LISTING else None)
    message = factory.LazyAttribute(lambda self: self.thing if self.kind == ReportKind.MESSAGE else None)
    review = factory.LazyAttribute(lambda self: self.thing if self.kind == ReportKind.REVIEW else None)
    member = factory.LazyAttribute(lambda self: self.thing if self.kind == ReportKind.MEMBER else None)
    reason = ReportReason.SCAM
    body = "Pidió el pago por adelantado y no vino."
    created_at = factory.LazyFunction(timezone.now)


def a_thing(kind: str, **fields: Any) -> Any:
    """Make something of a kind that can be reported."""
    factories = {
        ReportKind.LISTING: PromotionFactory,
        ReportKind.MESSAGE: MessageFactory,
        ReportKind.REVIEW: ReviewFactory,
        ReportKind.MEMBER: UserFactory,
    }
    return factories[ReportKind(kind)](**fields)
