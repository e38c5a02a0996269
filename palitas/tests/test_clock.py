"""Two workers at once, each a process of its own: everything that time does, it does once."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from agreements.enums import Status as AgreementStatus
from agreements.models import Agreement, AgreementEvent, Review
from agreements.tests.factories import AgreementFactory, ReviewFactory
from alerts.tests.factories import SavedSearchFactory
from notices.models import MailStatus, Notice, OutboxMail
from services.enums import Status
from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceRequestFactory

# Tomorrow: a mail is not due before the moment at which it is really written. At noon it is one day everywhere.
NOW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Of each kind, so that the two are busy at the same time.
MANY = 4

WAITING_WORKER = """
import sys
import django
django.setup()
from django.core.management import call_command
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
call_command("worker", "--once", "--now", sys.argv[1])
"""


@pytest.fixture
def due(transactional_db):
    """Everything that the clock does is due, four times. Listings of agreements are too old to be news."""
    old = {"contact__listing__published_at": NOW - 30 * DAY}
    AgreementFactory.create_batch(MANY, created_at=NOW - 25 * HOUR, **old)
    AgreementFactory.create_batch(MANY, created_at=NOW - 49 * HOUR, reminders_sent=1, **old)
    AgreementFactory.create_batch(MANY, created_at=NOW - 73 * HOUR, **old)
    for delivered_at in (NOW - 6 * DAY, NOW - 15 * DAY):
        created = {"created_at": delivered_at - HOUR, "delivered_at": delivered_at}
        AgreementFactory.create_batch(MANY, delivered=True, **created, **old)
    for agreement in AgreementFactory.create_batch(MANY, closed=True, created_at=NOW - 15 * DAY, **old):
        ReviewFactory(agreement=agreement, hidden=True, created_at=NOW - 10 * DAY)
    ServiceRequestFactory.create_batch(MANY, published_at=NOW - 30 * DAY, needed_by=(NOW - DAY).date())
    PromotionFactory.create_batch(MANY, published_at=NOW - 181 * DAY)
    PromotionFactory.create_batch(MANY, published_at=NOW - 195 * DAY, asked_at=NOW - 15 * DAY)
    PromotionFactory(published_at=NOW - timedelta(minutes=11))
    SavedSearchFactory.create_batch(MANY, created_at=NOW - DAY)


# Who is told what, how often; counted by hand from the four of each kind above.
TOLD = {
    "agreement_waits": 2 * MANY,  # the client, of proposals after 24 and after 48 hours
    "agreement_expired": 2 * MANY,  # both
    "delivery_waits": MANY,  # the client
    "agreement_closed_by_clock": 2 * MANY,  # both
    "review_published": MANY,  # the provider
    "promotion_still_offered": MANY,  # the owner
    "promotion_paused": MANY,  # the owner
    "request_past": MANY,  # the owner
    "listing_found": MANY,  # the one who saved it
}


def assert_all_is_done_once() -> None:
    assert Counter(Notice.objects.values_list("kind", flat=True)) == TOLD
    told = Counter(Notice.objects.values_list("kind", "recipient", "path"))
    assert set(told.values()) == {1}
    assert OutboxMail.objects.count() == sum(TOLD.values())
    assert not OutboxMail.objects.exclude(status=MailStatus.SENT, attempts=1).exists()
    steps = AgreementEvent.objects.exclude(transition="propose").values_list("transition", flat=True)
    assert Counter(steps) == {"expire": MANY, "close_unanswered": MANY}
    assert Agreement.objects.filter(status=AgreementStatus.EXPIRED).count() == MANY
    closed = Agreement.objects.filter(status=AgreementStatus.CLOSED, ended_at=NOW).select_related("provider__profile")
    assert [agreement.provider.profile.palitas_count for agreement in closed] == [1] * MANY
    assert Review.objects.filter(published_at=NOW).count() == MANY
    assert Listing.objects.filter(status=Status.ARCHIVED).count() == MANY
    assert Listing.objects.filter(status=Status.PAUSED).count() == MANY


def test_one_worker_does_all_that_is_due_once(due):
    for _ in range(2):
        call_command("worker", "--once", "--now", NOW.isoformat(), verbosity=0)
    assert_all_is_done_once()


def run_two_workers(database_url: str) -> list[str]:
    """Start two processes and release them together; returns what they said."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "ENVIRONMENT": "development",
        "ENV_FILE": "",
        "LOG_LEVEL": "ERROR",
        "MAIL_URL": "dummymail://",
        "DJANGO_SETTINGS_MODULE": "palitas.settings",
    }
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WAITING_WORKER, NOW.isoformat()],
            env=environment,
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    return said


@pytest.mark.sqlite
def test_two_workers_on_a_sqlite_file_do_it_once(due, tmp_path):
    """What a test has written no other process sees: it goes to a file of its own and comes back."""
    path = tmp_path / "palitas.sqlite3"
    with sqlite3.connect(path) as file:
        connection.connection.backup(file)
        run_two_workers(f"sqlite:///{path}")
        file.backup(connection.connection)
    file.close()
    assert_all_is_done_once()


@pytest.mark.postgres
def test_two_workers_on_postgresql_do_it_once(due):
    server = {key: quote(str(connection.settings_dict[key]), safe="") for key in ("USER", "PASSWORD", "HOST", "NAME")}
    address = f"{server['HOST']}:{connection.settings_dict['PORT']}/{server['NAME']}"
    run_two_workers(f"postgres://{server['USER']}:{server['PASSWORD']}@{address}")
    assert_all_is_done_once()
