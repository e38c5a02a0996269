"""What the demo's people have agreed with each other."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from agreements.enums import Status
from agreements.models import Agreement, AgreementEvent, Contact, Review
from notices.models import Notice, OutboxMail
from palitas.demo.logins import CLIENT, PROVIDER
from palitas.demo.people import email_ending
from services.catalog_data import load_catalog
from services.enums import Kind
from services.models import Listing

ENDING = email_ending(1)


def seed(**options) -> None:
    call_command("seed_demo", **{"users": 8, "promotions": 20, "requests": 0, "photos": False, **options})


@pytest.fixture
def seeded(db) -> None:
    load_catalog()
    seed(agreements=0)
    Listing.objects.filter(kind=Kind.PROMOTION, owner__email__endswith=ENDING).update(
        published_at=timezone.now() - timedelta(days=30)
    )


def finished() -> list[Agreement]:
    return list(Agreement.objects.filter(provider__email__endswith=ENDING, client__email__endswith=ENDING))


def test_seed_demo_finishes_as_many_agreements_as_asked_for(seeded):
    seed(agreements=5)
    assert [agreement.status for agreement in finished()] == [Status.CLOSED] * 5
    seed(agreements=5)
    assert len(finished()) == 5
    seed(agreements=7)
    assert len(finished()) == 7


def test_seed_demo_agreements_lie_between_the_promotion_and_today(seeded):
    seed(agreements=20)
    assert len(finished()) == 20
    now = timezone.now()
    for agreement in finished():
        times = [agreement.contact.listing.published_at, agreement.contact.created_at]
        times += AgreementEvent.objects.filter(agreement=agreement).order_by("pk").values_list("created_at", flat=True)
        times += Review.objects.filter(agreement=agreement).order_by("pk").values_list("created_at", flat=True)
        assert times == sorted(times)
        assert times[-1] < now


def test_seed_demo_keeps_the_counters_of_profiles_right(seeded):  # the command fails on any difference
    seed(agreements=20)
    assert Review.objects.exists()
    call_command("check_counters")


def test_seed_demo_logins_have_something_in_every_state(seeded):
    agreements = Agreement.objects.filter(contact__in=Contact.objects.of(User.objects.get(email=PROVIDER.email)))
    statuses = ["active", "cancelled", "closed", "closed", "closed", "delivered", "disputed", "rejected", "withdrawn"]
    assert sorted(agreements.values_list("status", flat=True)) == statuses
    agreements = Agreement.objects.filter(contact__in=Contact.objects.of(User.objects.get(email=CLIENT.email)))
    statuses = ["active", "active", "closed", "delivered", "expired", "pending", "superseded"]
    assert sorted(agreements.values_list("status", flat=True)) == statuses
    assert Contact.objects.with_status().filter(status="new").count() == 2
    before = Contact.objects.count()
    seed(agreements=0)
    assert Contact.objects.count() == before


def test_seed_demo_mails_only_the_moderation_about_a_dispute_and_notifies_the_logins_only(seeded):
    seed(agreements=5)
    assert [mail.recipient for mail in OutboxMail.objects.all()] == [settings.CONTACT_EMAIL]
    recipients = set(Notice.objects.values_list("recipient__email", flat=True))
    assert recipients == {CLIENT.email, PROVIDER.email}
