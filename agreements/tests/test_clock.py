"""What time does, with the clock moved and nothing slept. Each job is run twice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from agreements.actions import clock
from agreements.actions.agreements import accept, close, deliver
from agreements.enums import Status
from agreements.models import Agreement
from agreements.tests.factories import AgreementFactory, ContactFactory
from notices import jobs
from notices.models import Notice, OutboxMail

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposed():
    return AgreementFactory(created_at=NOW)


@pytest.fixture
def delivered():
    return AgreementFactory(delivered=True, created_at=NOW - 2 * HOUR, delivered_at=NOW)


def tick(now: datetime) -> dict[str, int]:
    """Run what the worker runs, twice; the second time nothing is left to do. Returns what was done."""
    done = {job.name: job.function(now) for job in jobs.registered() if job.function.__module__ == clock.__name__}
    assert not any(job.function(now) for job in jobs.registered() if job.function.__module__ == clock.__name__)
    return {name: number for name, number in done.items() if number}


def told() -> list[tuple[int, str]]:
    found = list(Notice.objects.order_by("pk").values_list("recipient", "kind"))
    assert OutboxMail.objects.count() == len(found)
    Notice.objects.all().delete()
    OutboxMail.objects.all().delete()
    return found


def test_every_job_is_registered():
    names = {job.name for job in jobs.registered() if job.function.__module__ == clock.__name__}
    assert names == {
        "expired proposals",
        "delivered agreements",
        "reminders of proposals",
        "reminders of deliveries",
        "reviews",
    }


def test_a_proposal_is_remembered_twice_and_expires(proposed):
    client, provider = proposed.client_id, proposed.provider_id
    assert tick(NOW + 24 * HOUR - SECOND) == {}
    assert tick(NOW + 24 * HOUR) == {"reminders of proposals": 1}
    assert told() == [(client, "agreement_waits")]
    assert tick(NOW + 48 * HOUR - SECOND) == {}
    assert tick(NOW + 48 * HOUR) == {"reminders of proposals": 1}
    assert told() == [(client, "agreement_waits")]
    assert tick(NOW + 72 * HOUR - SECOND) == {}
    assert tick(NOW + 72 * HOUR) == {"expired proposals": 1}
    assert told() == [(provider, "agreement_expired"), (client, "agreement_expired")]
    assert tick(NOW + 90 * DAY) == {}
    proposed.refresh_from_db()
    assert proposed.status == Status.EXPIRED
    event = proposed.events.get(transition="expire")
    assert (event.party, event.actor, event.created_at) == ("clock", None, NOW + 72 * HOUR)


def test_one_reminder_stands_for_both_when_the_worker_was_away(proposed):
    assert tick(NOW + 50 * HOUR) == {"reminders of proposals": 1}
    assert told() == [(proposed.client_id, "agreement_waits")]
    assert tick(NOW + 71 * HOUR) == {}


def test_a_proposal_that_ran_out_while_the_worker_was_away_only_expires(proposed):
    assert tick(NOW + 80 * HOUR) == {"expired proposals": 1}
    assert {kind for _person, kind in told()} == {"agreement_expired"}


@pytest.mark.parametrize("status", ["rejected", "withdrawn", "active", "disputed", "cancelled"])
def test_nothing_is_due_where_no_clock_runs(status):
    AgreementFactory(created_at=NOW, **{status: True})
    assert tick(NOW + 13 * DAY) == {}


def test_a_delivery_is_remembered_once_and_closes(delivered):
    client, provider = delivered.client_id, delivered.provider_id
    assert tick(NOW + 5 * DAY - SECOND) == {}
    assert tick(NOW + 5 * DAY) == {"reminders of deliveries": 1}
    assert told() == [(client, "delivery_waits")]
    assert tick(NOW + 14 * DAY - SECOND) == {}
    assert tick(NOW + 14 * DAY) == {"delivered agreements": 1}
    assert told() == [(provider, "agreement_closed_by_clock"), (client, "agreement_closed_by_clock")]
    delivered.refresh_from_db()
    assert (delivered.status, delivered.review_until) == (Status.CLOSED, NOW + 28 * DAY)
    delivered.provider.profile.refresh_from_db()
    assert delivered.provider.profile.palitas_count == 1
    event = delivered.events.get(transition="close_unanswered")
    assert (event.party, event.actor) == ("clock", None)


def test_reminders_begin_anew_with_each_state():
    agreement = AgreementFactory(created_at=NOW)
    tick(NOW + 49 * HOUR)
    accept(agreement=agreement, by=agreement.client, now=NOW + 50 * HOUR)
    deliver(agreement=agreement, by=agreement.provider, now=NOW + 51 * HOUR)
    assert tick(NOW + 51 * HOUR + 5 * DAY) == {"reminders of deliveries": 1}


def test_a_person_who_is_faster_than_the_clock_wins(delivered):
    """The worker has read what is due when the client closes."""
    stale = Agreement.objects.select_related("provider", "client", "contact").get(pk=delivered.pk)
    close(agreement=delivered, by=delivered.client, now=NOW + 14 * DAY)
    told()
    with pytest.raises(clock.StatusMoved):
        clock.close_unanswered(agreement=stale, now=NOW + 14 * DAY)
    assert tick(NOW + 14 * DAY) == {}
    assert told() == []
    delivered.provider.profile.refresh_from_db()
    assert delivered.provider.profile.palitas_count == 1


def test_reminder_is_claimed_once_of_two_workers(proposed):
    stale = Agreement.objects.select_related("provider", "client").get(pk=proposed.pk)
    words = {"kind": "agreement_waits", "number": 1, "now": NOW + 24 * HOUR}
    assert clock._remind(agreement=proposed, **words)
    assert not clock._remind(agreement=stale, **words)
    assert len(told()) == 1


def test_more_than_one_batch_is_done_in_one_run(monkeypatch):
    monkeypatch.setattr(clock, "BATCH", 2)
    for _ in range(5):
        AgreementFactory(created_at=NOW)
    assert tick(NOW + 72 * HOUR) == {"expired proposals": 5}


def test_worker_does_it_all_as_of_the_moment_it_is_told(proposed, delivered, capsys):
    for _twice in range(2):
        call_command("worker", "--once", "--now", (NOW + 14 * DAY).isoformat())
    proposed.refresh_from_db()
    delivered.refresh_from_db()
    assert (proposed.status, delivered.status) == (Status.EXPIRED, Status.CLOSED)
    assert (proposed.events.count(), delivered.events.count()) == (2, 2)


# Suspension ----------------------------------------------------------------------------------------------------------


def suspend(person, since: datetime) -> None:
    person.suspended_at = since
    person.save(update_fields=["suspended_at"])


def reinstate(person, now: datetime) -> int:
    since = person.suspended_at
    suspend(person, None)
    return clock.resume_clocks(user=person, suspended_for=now - since, now=now)


@pytest.mark.parametrize("side", ["provider", "client"])
def test_clock_stands_still_while_a_side_is_suspended_and_goes_on_where_it_stood(proposed, side):
    person = getattr(proposed, side)
    suspend(person, NOW + 10 * HOUR)
    for hours in (24, 48, 72, 200):
        assert tick(NOW + hours * HOUR) == {}
    assert reinstate(person, NOW + 210 * HOUR) == 1
    proposed.refresh_from_db()
    assert proposed.expires_at == NOW + 272 * HOUR
    assert tick(NOW + 223 * HOUR) == {}
    assert tick(NOW + 224 * HOUR) == {"reminders of proposals": 1}
    assert tick(NOW + 272 * HOUR) == {"expired proposals": 1}


def test_delivery_and_review_window_are_moved_too(delivered):
    closed = AgreementFactory(contact=ContactFactory(listing__owner=delivered.provider), closed=True, created_at=NOW)
    until = closed.review_until
    suspend(delivered.provider, NOW + 1 * DAY + 3 * HOUR)
    assert tick(NOW + 30 * DAY) == {}
    assert reinstate(delivered.provider, NOW + 31 * DAY + 3 * HOUR) == 2
    delivered.refresh_from_db()
    closed.refresh_from_db()
    assert delivered.closes_at == NOW + 44 * DAY
    assert closed.review_until == until + 30 * DAY


def test_only_the_time_since_its_beginning_counts(proposed):
    """Proposed while the client was suspended already."""
    suspend(proposed.client, NOW - 100 * HOUR)
    reinstate(proposed.client, NOW + 10 * HOUR)
    proposed.refresh_from_db()
    assert proposed.expires_at == NOW + 82 * HOUR


@pytest.mark.parametrize("first", ["provider", "client"])
@pytest.mark.parametrize(
    ("provider", "client"),
    [((10, 30), (20, 50)), ((10, 50), (20, 30)), ((20, 50), (10, 30)), ((10, 20), (40, 50)), ((10, 30), (10, 30))],
    ids=["overlap", "inside", "overlap other way", "one after the other", "same"],
)
def test_hours_in_which_both_are_suspended_count_once(proposed, provider, client, first):
    """The clock stands still while at least one is suspended: for the union of the two times."""
    spans = {"provider": provider, "client": client}
    moments = sorted(
        (hour, kind, side)
        for side, (start, end) in spans.items()
        for hour, kind in ((start, "a suspend"), (end, "b reinstate"))
    )
    if first == "client":
        moments.sort(key=lambda moment: (moment[0], moment[1], moment[2] != "client"))
    for hour, kind, side in moments:
        person = Agreement.objects.select_related("provider", "client").get(pk=proposed.pk)
        if kind == "a suspend":
            suspend(getattr(person, side), NOW + hour * HOUR)
        else:
            reinstate(getattr(person, side), NOW + hour * HOUR)
    stood = len(set(range(*provider)) | set(range(*client)))
    proposed.refresh_from_db()
    assert proposed.expires_at == NOW + (72 + stood) * HOUR


def test_a_deadline_that_had_passed_before_the_suspension_stays(proposed):
    suspend(proposed.provider, NOW + 73 * HOUR)
    assert reinstate(proposed.provider, NOW + 100 * HOUR) == 0
    assert tick(NOW + 100 * HOUR) == {"expired proposals": 1}


def test_other_people_s_deadlines_stay(proposed, member):
    assert clock.resume_clocks(user=member, suspended_for=10 * DAY, now=NOW + 20 * DAY) == 0
    proposed.refresh_from_db()
    assert proposed.expires_at == NOW + 72 * HOUR


def test_reviews_that_are_out_have_no_deadline_to_move():
    closed = AgreementFactory(closed=True, created_at=NOW, reviews_published_at=NOW + DAY, reviews_written=2)
    assert clock.resume_clocks(user=closed.provider, suspended_for=DAY, now=NOW + 2 * DAY) == 0
