"""What the database itself refuses, whatever the code does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from agreements.models import SAYS_WHY, Agreement, AgreementEvent, Contact, DisputeStatement, Review
from agreements.tests.factories import AgreementFactory, ContactFactory, ReviewFactory
from agreements.transitions import TRANSITIONS, Note

pytestmark = pytest.mark.django_db

LIVE = ("active", "delivered", "disputed")
ENDED = ("rejected", "withdrawn", "expired", "closed", "cancelled", "superseded")


def refused_by(name: str, action) -> None:
    """Assert that ``action`` breaks the constraint ``name`` (SQLite names the columns of a unique index instead)."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        action()
    assert name in str(refused.value) or "UNIQUE constraint failed: agreements_" in str(refused.value)


def test_one_pending_in_a_contact():
    first = AgreementFactory()
    refused_by("agreement_one_pending_per_contact", lambda: AgreementFactory(contact=first.contact))
    AgreementFactory()


@pytest.mark.parametrize("there", LIVE)
@pytest.mark.parametrize("new", LIVE)
def test_one_live_in_a_contact(there, new):
    contact = AgreementFactory(**{there: True}).contact
    refused_by("agreement_one_live_per_contact", lambda: AgreementFactory(contact=contact, **{new: True}))


def test_a_pending_stands_beside_a_live_one_and_any_number_of_ended_ones():
    contact = ContactFactory()
    AgreementFactory(contact=contact)
    AgreementFactory(contact=contact, active=True)
    for status in ENDED * 2:
        AgreementFactory(contact=contact, **{status: True})
    assert contact.agreements.count() == 14


def test_a_version_stands_once_in_a_contact():
    contact = AgreementFactory(rejected=True).contact
    refused_by("agreement_version_once", lambda: AgreementFactory(contact=contact, version=1))


WRONG = [
    ("agreement_of_two_people", {"provider": F("client")}, "pending"),
    ("agreement_status_known", {"status": "paid"}, "active"),
    ("agreement_accepted_has_time", {"status": "active"}, "pending"),
    ("agreement_accepted_has_time", {"accepted_at": timezone.now()}, "pending"),
    ("agreement_accepted_has_time", {"status": "rejected"}, "active"),
    ("agreement_delivered_has_times", {"status": "delivered"}, "active"),
    ("agreement_delivered_has_times", {"closes_at": None}, "delivered"),
    ("agreement_ended_has_times", {"status": "closed"}, "delivered"),
    ("agreement_ended_has_times", {"status": "cancelled"}, "active"),
    ("agreement_ended_has_times", {"review_until": None}, "closed"),
    ("agreement_ended_has_times", {"review_until": timezone.now()}, "active"),
    ("agreement_reviews_of_two_after_its_end", {"reviews_written": 3}, "closed"),
    ("agreement_reviews_of_two_after_its_end", {"reviews_written": 1}, "active"),
    ("agreement_reviews_out_after_its_end", {"reviews_published_at": timezone.now()}, "active"),
    ("agreement_finding_ends_it", {"finding": "Se hizo."}, "disputed"),
    ("agreement_price_limited", {"price": 1_000_001}, "pending"),
    ("agreement_version_from_one", {"version": 0}, "pending"),
    ("agreement_amends_another", {"amends": F("pk")}, "pending"),
]


@pytest.mark.parametrize(("name", "changes", "status"), WRONG)
def test_agreement_that_cannot_be_is_refused(name, changes, status):
    agreement = AgreementFactory(**({} if status == "pending" else {status: True}))
    refused_by(name, lambda: Agreement.objects.filter(pk=agreement.pk).update(**changes))


WRONG_EVENTS = [
    ("event_statuses_known", {"to_status": "paid"}),
    ("event_statuses_known", {"from_status": "paid"}),
    ("event_of_a_person_or_the_clock", {"party": "clock"}),
    ("event_of_a_person_or_the_clock", {"actor": None}),
    ("event_of_a_person_or_the_clock", {"party": "stranger"}),
    *(("event_says_why", {"transition": name}) for name in ("cancel", "dispute", "resolve_closed")),
    ("event_says_why", {"transition": "resolve_cancelled"}),
]


@pytest.mark.parametrize(("name", "changes"), WRONG_EVENTS)
def test_event_that_cannot_be_is_refused(name, changes):
    agreement = AgreementFactory()
    values = {"transition": "accept", "party": "client", "actor": agreement.client, "to_status": "active"}
    moment = {"agreement": agreement, "created_at": timezone.now()}
    refused_by(name, lambda: AgreementEvent.objects.create(**(values | changes | moment)))
    AgreementEvent.objects.create(**values, **moment)


def test_steps_that_need_words_are_those_of_the_table():
    assert [name for name, row in sorted(TRANSITIONS.items()) if row.note is Note.REQUIRED] == list(SAYS_WHY)


WRONG_REVIEWS = [
    ("review_reply_has_time", {"reply": "Gracias."}, {}),
    ("review_reply_has_time", {"replied_at": timezone.now()}, {}),
    ("review_removed_with_reason", {"removed_at": timezone.now()}, {}),
    ("review_removed_with_reason", {"removed_reason": "Insulta."}, {}),
    ("review_hidden_is_left_alone", {"reply": "Gracias.", "replied_at": timezone.now()}, {"hidden": True}),
    ("review_hidden_is_left_alone", {"removed_reason": "No.", "removed_at": timezone.now()}, {"hidden": True}),
    ("review_rating_1_to_5", {"rating": 6}, {}),
    ("review_rating_1_to_5", {"rating": 0}, {}),
    ("review_of_another", {"author": F("subject")}, {}),
]


@pytest.mark.parametrize(("name", "changes", "traits"), WRONG_REVIEWS)
def test_review_that_cannot_be_is_refused(name, changes, traits):
    review = ReviewFactory(**traits)
    refused_by(name, lambda: Review.objects.filter(pk=review.pk).update(**changes))


def test_contact_is_about_a_known_kind_and_between_two_people():
    contact = ContactFactory()
    refused_by("contact_kind_known", lambda: Contact.objects.filter(pk=contact.pk).update(kind="job"))
    refused_by("contact_of_two_people", lambda: Contact.objects.filter(pk=contact.pk).update(opener=F("owner")))


def test_a_statement_says_something():
    agreement = AgreementFactory(disputed=True)
    values = {"agreement": agreement, "author": agreement.client, "body": "", "created_at": timezone.now()}
    refused_by("statement_says_something", lambda: DisputeStatement.objects.create(**values))


def test_one_statement_a_side():
    agreement = AgreementFactory(disputed=True)
    values = {"agreement": agreement, "body": "Llegó tarde.", "created_at": timezone.now()}
    DisputeStatement.objects.create(author=agreement.client, **values)
    DisputeStatement.objects.create(author=agreement.provider, **values)
    refused_by("statement_one_per_side", lambda: DisputeStatement.objects.create(author=agreement.client, **values))


def test_events_are_only_ever_added():
    event = AgreementFactory().events.get()
    event.note = "Otra cosa."
    every = AgreementEvent.objects.all()
    for change in (
        event.save,
        event.delete,
        every.delete,
        lambda: every.update(note="Otra cosa."),
        lambda: every.bulk_update([event], ["note"]),
        lambda: event.agreement.events.all().delete(),
        lambda: event.agreement.events.update(created_at=timezone.now() - timedelta(days=1)),
    ):
        with pytest.raises(TypeError, match="append-only"):
            change()
    assert AgreementEvent.objects.get().note == ""


def test_an_agreement_with_events_cannot_be_deleted():
    agreement = AgreementFactory()
    for doomed in (agreement, agreement.contact, agreement.provider, agreement.contact.listing):
        with pytest.raises(ProtectedError):
            doomed.delete()
