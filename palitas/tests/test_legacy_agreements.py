"""What contacts, tasks and reviews of the former site become."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Profile
from agreements.actions.agreements import accept
from agreements.models import Agreement, AgreementEvent, Contact, Review
from palitas.tests.former_site import MADE, became, new
from services.models import Listing

pytestmark = pytest.mark.postgres


def test_contact_keeps_what_each_side_has_read_and_hidden(former):
    former.promotion("p2")
    former.contact("c2", promo_id="p2", receiver_read=True, sender_hide=True, sender_read=None)
    former.promotion("p3")
    former.contact("c3", promo_id="p3", receiver_id="carlos", sender_id="pilar", receiver_hide=True, sender_read=True)
    former.contact("c4", promo_id="p3")
    former.bring()
    contact = new(Contact, "initial_contacts", "c2")
    assert (contact.owner.email, contact.opener.email) == ("pilar@example.com", "carlos@example.com")
    assert (contact.owner_unread, contact.owner_hidden, contact.opener_unread, contact.opener_hidden) == (
        False,
        False,
        True,
        True,
    )
    turned = new(Contact, "initial_contacts", "c3")
    assert (turned.owner, turned.opener) == (contact.owner, contact.opener)
    assert (turned.owner_unread, turned.opener_hidden) == (False, True)
    assert became("initial_contacts", "c3")[1] == ["sender and receiver were the wrong way round"]
    assert became("initial_contacts", "c4")[0] == "joined"
    assert new(Contact, "initial_contacts", "c4") == turned


@pytest.mark.parametrize(
    ("former_status", "status", "label"),
    [
        ("pending", "pending", "Pendiente"),
        ("active", "active", "Activo"),
        ("closed", "closed", "Cerrado"),
        ("reviewed", "closed", "Reseñado"),
        ("rejected", "rejected", "Rechazado"),
    ],
)
def test_task_becomes_an_agreement(former, login, former_status, status, label):
    former.task("t1", status=former_status, price="$40.00")
    if former_status == "reviewed":
        former.review("v1")
    former.bring()
    agreement = new(Agreement, "tasks", "t1")
    assert (agreement.status, agreement.status_label, agreement.price) == (status, label, 40)
    assert agreement.terms == ["Manos", "Pies"]
    assert (agreement.provider.email, agreement.client.email) == ("pilar@example.com", "carlos@example.com")
    assert list(agreement.events.values_list("transition", "party", "from_status", "to_status")) == [
        ("imported", "clock", "", status)
    ]
    page = login(agreement.client).get(agreement.get_absolute_url()).content.decode()
    assert "Traído del sitio anterior" in page
    assert login(agreement.client).get(agreement.contact.get_absolute_url()).status_code == 200
    assert login(agreement.client).get(f"/acuerdos/{agreement.pk}/pdf/")["Content-Type"] == "application/pdf"


def test_pending_agreement_can_be_accepted(former, login):
    former.task("t1", status="pending")
    former.bring()
    agreement = new(Agreement, "tasks", "t1")
    assert login(agreement.client).post(f"/acuerdos/{agreement.pk}/aceptar/").status_code == 302
    agreement.refresh_from_db()
    assert agreement.status == "active"
    assert list(agreement.events.values_list("transition", flat=True)) == ["imported", "accept"]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pending", "pending"], [("withdrawn", 1, None), ("pending", 2, None)]),
        (["active", "active"], [("superseded", 1, None), ("active", 2, 1)]),
        (["active", "pending"], [("active", 1, None), ("pending", 2, 1)]),
        (["active", "closed"], [("active", 1, None), ("closed", 2, None)]),
        (["pending", "active"], [("pending", 1, 2), ("active", 2, None)]),
        (["active", "pending", "active"], [("superseded", 1, None), ("pending", 2, 3), ("active", 3, 1)]),
        (
            ["pending", "active", "active", "pending"],
            [("withdrawn", 1, 3), ("superseded", 2, None), ("active", 3, 2), ("pending", 4, 3)],
        ),
    ],
)
@pytest.mark.parametrize("runs", [1, 2])
def test_of_several_tasks_in_a_contact_the_newest_hold(former, statuses, expected, runs):
    for number, status in enumerate(statuses):
        former.task(f"t{number}", status=status, created_at=MADE + timedelta(hours=number))
        if runs == 2:
            former.bring()
    former.bring()
    found = Agreement.objects.order_by("version").values_list("status", "version", "amends__version")
    assert list(found) == expected
    for agreement in Agreement.objects.all():
        assert agreement.events.last().to_status == agreement.status
    for proposal in Agreement.objects.filter(status="pending"):
        accept(agreement=proposal, by=proposal.client, now=timezone.now())
        assert Agreement.objects.get(status="active") == proposal


def test_task_without_contact_gets_one(former):
    former.request("r1")
    former.task("t1", initial_contact_id=None, promo_id=None, request_id="r1")
    former.bring()
    contact = new(Agreement, "tasks", "t1").contact
    assert contact.listing == new(Listing, "requests", "r1")
    assert (contact.owner.email, contact.opener.email) == ("carlos@example.com", "pilar@example.com")
    assert became("tasks", "t1") == ("changed", ["no contact of these people: one was made"])


def test_task_without_contact_takes_the_one_of_its_listing(former):
    former.task("t1", initial_contact_id="gone")
    former.bring()
    assert new(Agreement, "tasks", "t1").contact == new(Contact, "initial_contacts", "c1")
    assert became("tasks", "t1") == ("changed", ["no contact: the one of its listing"])


def test_task_of_a_listing_that_is_gone_keeps_the_palita_and_its_review(former, client):
    former.task("t1", initial_contact_id=None, promo_id="gone")
    former.review("v1", rating=4.5)
    former.bring()
    agreement = new(Agreement, "tasks", "t1")
    assert (agreement.contact.listing.status, agreement.listing_title) == ("deleted", "Uñas")
    profile = Profile.objects.get(user=agreement.provider)
    assert (profile.palitas_count, profile.reviews_count, profile.rating_average) == (1, 1, 5)
    assert became("reviews", "v1") == ("changed", ["rating rounded to whole stars"])


def test_reviews_are_public_as_they_were(former, client):
    former.task("t1", status="reviewed")
    former.review("v1", rating=4)
    former.review("v2", user_id="pilar", rating=3)
    former.review("v3", rating=1)
    former.bring()
    agreement = new(Agreement, "tasks", "t1")
    assert agreement.reviews_written == 2
    assert sorted(Review.objects.public().values_list("subject__email", "rating")) == [
        ("carlos@example.com", 3),
        ("pilar@example.com", 4),
    ]
    assert became("reviews", "v3") == ("left", ["the same person reviewed this task before"])
    assert 'data-rating="4' in client.get(agreement.provider.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("task", "review", "reason"),
    [
        ({}, {"user_id": "nobody"}, "its author is neither side of the task"),
        ({}, {"task_id": "gone"}, "its task was left, or is none"),
        ({}, {"rating": 0}, "its rating is none between 1 and 5"),
        ({"status": "active"}, {}, "its task was not closed"),
        ({"status": "lost"}, {}, "its task was left, or is none"),
        ({"provider_id": "carlos"}, {}, "its task was left, or is none"),
        ({"provider_id": "gone"}, {}, "its task was left, or is none"),
    ],
)
def test_review_without_ground_is_left_with_its_reason(former, task, review, reason):
    former.task("t1", **task)
    former.review("v1", **review)
    former.bring()
    assert became("reviews", "v1") == ("left", [reason])
    assert Review.objects.count() == 0


def test_events_of_the_import_are_as_fixed_as_others(former):
    former.task("t1")
    former.bring()
    with pytest.raises(TypeError):
        AgreementEvent.objects.update(note="x")
