"""The figures of people and listings, and the command that compares them with what they are copies of."""

from decimal import Decimal
from functools import partial
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Profile
from accounts.tests.factories import UserFactory
from agreements.actions import reviews as actions
from agreements.actions.agreements import close
from agreements.actions.counters import Counters, recount, true_counters
from agreements.management.commands import check_counters
from agreements.models import Agreement, Review
from agreements.tests.factories import AgreementFactory, ContactFactory, ReviewFactory
from services.actions import create_listing
from services.enums import Kind
from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceFactory, ServiceRequestFactory
from services.transitions import StatusMoved


def review_of(person, rating: int, **traits) -> Review:
    agreement = AgreementFactory(contact=ContactFactory(listing=PromotionFactory(owner=person)), closed=True)
    return ReviewFactory(agreement=agreement, rating=rating, **traits)


def stored(person) -> Counters:
    return Counters(
        *Profile.objects.values_list("palitas_count", "reviews_count", "rating_average").get(user=person.pk)
    )


def test_figures_count_closed_agreements_and_public_reviews_only(owner, member):
    for rating in (5, 4, 4):
        review_of(owner, rating)
    review_of(owner, 1, hidden=True)
    review_of(owner, 1, removed=True)
    review_of(member, 2)
    for trait in ("active", "delivered", "cancelled", "disputed", "rejected"):
        AgreementFactory(contact__listing__owner=owner, **{trait: True})
    assert true_counters([owner.pk, member.pk]) == {
        owner.pk: Counters(5, 3, Decimal("4.33")),
        member.pk: Counters(1, 1, Decimal("2.00")),
    }


def test_client_gets_no_palita_and_nobody_has_no_rating(owner, member):
    AgreementFactory(contact__listing__owner=owner, contact__opener=member, closed=True)
    assert true_counters([member.pk]) == {member.pk: Counters(0, 0, None)}


@pytest.mark.parametrize(
    ("ratings", "average"), [([5, 4, 4], "4.33"), ([5, 5, 4], "4.67"), ([3, 4] * 4 + [4] * 32, "3.90")]
)
def test_average_is_rounded_to_hundredths_alike_on_every_engine(owner, ratings, average):
    agreement = AgreementFactory(contact__listing__owner=owner, closed=True)
    for rating in ratings:
        review = Review(agreement=agreement, author=UserFactory(), subject=owner, rating=rating)
        review.created_at = review.published_at = timezone.now()
        review.save()
    assert true_counters([owner.pk])[owner.pk].rating_average == Decimal(average)


def test_recount_writes_the_profile_and_every_listing(owner, member):
    listings = [
        PromotionFactory(owner=owner),
        ServiceRequestFactory(owner=owner),
        PromotionFactory(owner=owner, draft=True),
    ]
    other = PromotionFactory(owner=member)
    review_of(owner, 4)
    assert recount(owner.pk) == stored(owner) == Counters(1, 1, Decimal("4.00"))
    ratings = Listing.objects.filter(pk__in=[listing.pk for listing in listings]).values_list("owner_rating", flat=True)
    assert set(ratings) == {Decimal("4.00")}
    other.refresh_from_db()
    assert other.owner_rating == 0


def test_new_listing_carries_its_owner_s_rating(owner):
    Profile.objects.filter(user=owner).update(rating_average="4.57")
    listing = create_listing(
        owner=owner, kind=Kind.PROMOTION, service=ServiceFactory(), title="Destapes", publish=False, now=timezone.now()
    )
    assert Listing.objects.get(pk=listing.pk).owner_rating == Decimal("4.57")


def test_removed_review_stops_counting_and_both_are_told_once(owner):
    review = review_of(owner, 1)
    review_of(owner, 5)
    listing = PromotionFactory(owner=owner)
    recount(owner.pk)
    actions.remove_review(review=review, reason="Insulta.", now=timezone.now())
    assert stored(owner) == Counters(2, 1, Decimal("5.00"))
    listing.refresh_from_db()
    assert listing.owner_rating == 5
    told = [(notice.recipient, notice.kind) for notice in (*review.author.notices.all(), *owner.notices.all())]
    assert told == [(review.author, "review_removed"), (owner, "review_removed")]
    with pytest.raises(StatusMoved, match="ya está retirada"):
        actions.remove_review(review=review, reason="Otra.", now=timezone.now())
    assert owner.notices.count() == 1
    assert Review.objects.get(pk=review.pk).removed_reason == "Insulta."


def test_hidden_review_is_not_removed(owner):
    review = review_of(owner, 1, hidden=True)
    with pytest.raises(StatusMoved):
        actions.remove_review(review=review, reason="Insulta.", now=timezone.now())
    assert Review.objects.get().removed_at is None


# The command --------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[str, str]:
    """Return what the command wrote, and how it failed."""
    output = StringIO()
    try:
        call_command("check_counters", *arguments, stdout=output)
    except CommandError as error:
        return output.getvalue(), f"{error.returncode}: {error}"
    return output.getvalue(), ""


def test_true_figures_pass(owner, member):
    review_of(owner, 4)
    recount(owner.pk)
    people = Profile.objects.count()
    assert run() == (f"{people} profiles checked, 0 differ.\n", "")


@pytest.fixture
def wrong(owner, member):
    """Somebody whose profile is wrong, and somebody of whose listings one is."""
    review_of(owner, 4)
    recount(owner.pk)
    Profile.objects.filter(user=owner).update(palitas_count=7, rating_average="4.50")
    listing = PromotionFactory(owner=member)
    Listing.objects.filter(pk=listing.pk).update(owner_rating="3.00")


def test_differences_are_reported_and_left(owner, member, wrong):
    output, failure = run()
    assert output.splitlines()[:-1] == [
        f"Person {owner.pk}: palitas 7 → 1, rating 4.50 → 4.00",
        f"Person {member.pk}: listings with another rating 1 → 0",
    ]
    assert failure == "1: Run again with --fix to mend them."
    assert stored(owner).palitas_count == 7


def test_fix_writes_the_truth_and_fails_once_more(owner, wrong):
    output, failure = run("--fix")
    assert output.count("Person ") == 2
    assert failure == "1: The differences are mended."
    assert stored(owner) == Counters(1, 1, Decimal("4.00"))
    assert run()[1] == ""


def test_everybody_is_looked_at_in_batches_of_bounded_size(owner, wrong, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(check_counters, "BATCH", 2)
    UserFactory.create_batch(3)
    output, _failure = run()
    assert f"{Profile.objects.count()} profiles checked, 2 differ.\n" in output
    monkeypatch.setattr(check_counters, "BATCH", 500)
    run("--fix")
    with django_assert_max_num_queries(6):
        assert run()[1] == ""


# Two at once --------------------------------------------------------------------------------------------------------


def together(*tasks) -> list[Exception]:
    """Run every task in a thread of its own, all at the same moment; return what was raised."""
    barrier, raised = Barrier(len(tasks)), []

    def run_one(task):
        try:
            barrier.wait()
            task()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run_one, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def write(agreement: Agreement, by, rating: int):
    return lambda: actions.write_review(
        agreement=Agreement.objects.get(pk=agreement.pk), by=by, rating=rating, body="", now=timezone.now()
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_sides_at_once_both_appear_and_one_side_twice_is_one_review():
    for _round in range(5):
        agreement = AgreementFactory(closed=True)
        provider, client = agreement.provider, agreement.client
        raised = together(write(agreement, provider, 5), write(agreement, client, 4), write(agreement, client, 1))
        assert [type(error) for error in raised] == [actions.ReviewClosed]
        agreement.refresh_from_db()
        assert agreement.reviews_written == 2
        assert agreement.reviews_published_at is not None
        assert Review.objects.public().filter(agreement=agreement).count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_figures_are_true_after_everything_at_once():
    owner = UserFactory()
    listing = PromotionFactory(owner=owner)
    for _round in range(5):
        ended = [AgreementFactory(contact__listing=listing, closed=True) for _row in range(3)]
        delivered = AgreementFactory(contact__listing=listing, delivered=True)
        public = ReviewFactory(agreement=AgreementFactory(contact__listing=listing, closed=True), rating=1)
        Profile.objects.filter(user=owner).update(palitas_count=true_counters([owner.pk])[owner.pk].palitas_count)
        for agreement in ended:
            write(agreement, owner, 5)()
        raised = together(
            *(write(agreement, agreement.client, 4) for agreement in ended),
            partial(close, agreement=delivered, by=delivered.client, now=timezone.now()),
            partial(actions.remove_review, review=public, reason="Insulta.", now=timezone.now()),
            partial(PromotionFactory, owner=owner),
            partial(recount, owner.pk),
        )
        assert raised == []
        assert stored(owner) == true_counters([owner.pk])[owner.pk]
