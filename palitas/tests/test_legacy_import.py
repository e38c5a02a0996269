"""``import_legacy`` reads a real PostgreSQL database of the former schema, made here, with the dirt of its years."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Profile, User
from accounts.tests.browser import log_in
from accounts.tests.factories import UserFactory
from agreements.models import Agreement, Contact, Review
from notices.models import Notice, OutboxMail
from palitas.legacy.models import LegacyRow
from palitas.legacy.source import COLUMNS, LOCK
from palitas.tests import former_site
from palitas.tests.former_site import MADE, became, new
from palitas.tests.snapshot import snapshot
from services.models import Listing
from services.search.text import search_text

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def thousand():
    """A former site with 1,000 people and all of its dirt."""
    with former_site.database(former_site.server(), f"palitas_former_{os.getpid()}_1000") as url:
        former_site.fill(url, people=1000)
        yield url


# A thousand people ---------------------------------------------------------------------------------------------------


def test_every_row_of_a_thousand_people_is_accounted_for_and_a_second_run_changes_nothing(
    thousand, whole_catalogue, tmp_path
):
    report = tmp_path / "report.txt"
    call_command("import_legacy", database_url=thousand, file=report, stdout=StringIO(), stderr=StringIO())

    with psycopg.connect(thousand) as connection:
        keys = {
            table: [key for (key,) in connection.execute(f"SELECT id::text FROM {table}")]
            for table, columns in COLUMNS.items()
            if "id" in columns
        }
        joins = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("promo_towns", "request_towns")
        }
    rows = Counter(LegacyRow.objects.values_list("table", flat=True))
    for table, expected in keys.items():
        assert Counter(LegacyRow.objects.filter(table=table).values_list("former_id", flat=True)) == Counter(expected)
    assert {table: rows[table] for table in joins} == joins
    assert not LegacyRow.objects.filter(outcome="left", remarks=[]).exists()

    # What the database's own constraints do not hold: texts that a form would have refused.
    for model in (User, Profile, Listing, Contact, Agreement, Review):
        links = {field.name for field in model._meta.get_fields() if field.is_relation}
        for thing in model.objects.all():
            thing.clean_fields(exclude=links)
    call_command("check_counters", stdout=StringIO())
    for listing in Listing.objects.exclude(status="deleted").select_related("service").prefetch_related("towns"):
        assert listing.search_text == search_text(listing, listing.service, listing.towns.all())
    assert (OutboxMail.objects.count(), Notice.objects.count()) == (0, 0)

    before, first = snapshot(), report.read_text()
    call_command("import_legacy", database_url=thousand, file=report, stdout=StringIO(), stderr=StringIO())
    assert report.read_text() == first
    after = snapshot()
    assert [table for table in before if before[table] != after[table]] == []


def test_dry_run_reports_the_same_and_writes_nothing(former, tmp_path):
    former.user("nadie", email="sin arroba")
    before = snapshot()
    output = former.bring(dry_run=True, file=tmp_path / "dry.txt")
    assert output.endswith("Nothing of this was written.\n")
    assert snapshot() == before
    former.bring(file=tmp_path / "real.txt")
    assert (tmp_path / "dry.txt").read_text() == (tmp_path / "real.txt").read_text()
    assert "users nadie: left: no e-mail address that mail could be sent to\n" in (tmp_path / "real.txt").read_text()


# Killed in the middle ------------------------------------------------------------------------------------------------

# What counts from the moment of the run, or is random.
MOMENTS = {"confirmed_at", "expires_at", "password", "created_at", "updated_at", "published_at", "reviews_published_at"}
TABLES = [
    "accounts_user",
    "accounts_profile",
    "account_emailaddress",
    "services_listing",
    "services_listing_towns",
    "agreements_contact",
    "agreements_agreement",
    "agreements_agreementevent",
    "agreements_review",
    "palitas_legacyrow",
]


class SqliteSite:
    """A site of its own in a SQLite file, run by processes of its own."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.environment = {**os.environ, "ENVIRONMENT": "development", "DATABASE_URL": f"sqlite:///{file}"}

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, *arguments: str) -> None:
        assert self.start(*arguments).wait() == 0

    def select(self, query: str) -> list[tuple]:
        connection = sqlite3.connect(self.file, timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def contents(self) -> dict[str, list[tuple]]:
        found = {}
        for table in TABLES:
            names = [row[1] for row in self.select(f"PRAGMA table_info({table})")]
            # A row of the ledger that is written over has used up a number.
            left_out = MOMENTS | ({"id"} if table == LegacyRow._meta.db_table else set())
            columns = ", ".join(f'"{name}"' for name in names if name not in left_out)
            found[table] = sorted(map(repr, self.select(f"SELECT {columns} FROM {table}")))
        return found


def copy_of(site: SqliteSite, name: str) -> SqliteSite:
    copy = site.file.with_name(name)
    connection = sqlite3.connect(site.file)
    connection.execute(f"VACUUM INTO '{copy}'")
    connection.close()
    return SqliteSite(copy)


def test_killed_import_goes_on_and_ends_as_if_it_had_not_been(thousand, tmp_path):
    killed = SqliteSite(tmp_path / "killed.sqlite3")
    killed.run("migrate", "--verbosity", "0")
    killed.run("seed_catalog")
    straight = copy_of(killed, "straight.sqlite3")
    straight.run("import_legacy", "--database-url", thousand)
    whole = straight.contents()
    kills = 0
    for share in (0.2, 0.7):
        process = killed.start("import_legacy", "--database-url", thousand)
        while process.poll() is None:
            time.sleep(0.01)
            if killed.select("SELECT count(*) FROM palitas_legacyrow")[0][0] >= share * len(whole["palitas_legacyrow"]):
                process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        rows = killed.select("SELECT count(*) FROM palitas_legacyrow")[0][0]
        assert 0 < rows < len(whole["palitas_legacyrow"])
    assert kills == 2
    killed.run("import_legacy", "--database-url", thousand)
    assert killed.contents() == whole


# People --------------------------------------------------------------------------------------------------------------


def test_person_comes_with_confirmed_address_and_password(former):
    former.user(
        "ana",
        email=" Ana@Example.com",
        password="$2b$12$" + "a" * 53,
    )
    former.add(
        "profiles", id="f1", user_id="ana", job_title="Manicurista", bio="<b>Hola</b>", social_links="ana.example"
    )
    former.bring()
    user = new(User, "users", "ana")
    assert (user.email, user.first_name, user.date_joined) == ("ana@example.com", "Ana", MADE.replace(tzinfo=UTC))
    assert user.password == "bcrypt$$2b$12$" + "a" * 53
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")) == [
        ("ana@example.com", True, True)
    ]
    assert (user.profile.headline, user.profile.bio, user.profile.links) == (
        "Manicurista",
        "Hola",
        ["https://ana.example"],
    )


def test_former_password_opens_the_account_and_is_hashed_anew(former, client, settings):
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "accounts.hashers.FormerSiteHasher"]
    hashed = former_site.bcrypt.hashpw(b"bizcocho-de-guayaba-7", former_site.bcrypt.gensalt(4)).decode()
    former.user("ana", password=hashed)
    former.bring()
    assert new(User, "users", "ana").password == f"bcrypt${hashed}"
    assert log_in(client, "ana@example.com")["Location"] == "/tablero/"
    assert new(User, "users", "ana").password.startswith("md5$")


def test_unverified_person_comes_unverified_and_shows_nothing(former):
    former.user("una", verified=False)
    former.promotion("p2", "una")
    former.bring()
    assert not new(User, "users", "una").has_verified_email
    assert new(Listing, "promotions", "p2").status == "draft"
    assert became("promotions", "p2") == ("changed", ["its owner has not confirmed the address: a draft"])


@pytest.mark.parametrize(
    ("verified", "outcome"),
    [((True, True), "joined"), ((True, False), "left"), ((False, True), "left"), ((False, False), "left")],
)
def test_two_with_one_address_are_joined_only_if_both_confirmed_it(former, verified, outcome):
    former.user("ana", email="ana@example.com", verified=verified[0])
    former.user("otra", email="ANA@example.com", verified=verified[1], created_at=MADE + timedelta(days=1))
    former.promotion("p2", "otra")
    former.bring()
    kept, second = ("otra", "ana") if verified == (False, True) else ("ana", "otra")
    assert User.objects.filter(email="ana@example.com").count() == 1
    assert new(User, "users", kept).email == "ana@example.com"
    assert became("users", second)[0] == outcome
    assert Listing.objects.filter(owner__email="ana@example.com").exists() is (outcome == "joined" or kept == "otra")


@pytest.mark.parametrize(("verified", "outcome"), [(True, "joined"), (False, "left")])
def test_account_that_is_here_already_keeps_its_own(former, verified, outcome):
    here = UserFactory(email="pilar@example.com", first_name="Pili", verified=verified)
    former.bring()
    here.refresh_from_db()
    assert became("users", "pilar")[0] == outcome
    assert (here.first_name, here.has_usable_password()) == ("Pili", True)
    assert Listing.objects.filter(owner=here).count() == (1 if verified else 0)


def test_what_was_left_is_tried_again(former):
    here = UserFactory(email="pilar@example.com", verified=False)
    former.bring()
    assert became("promotions", "p1") == ("left", ["its owner was left, or is none"])
    assert became("initial_contacts", "c1")[0] == "left"
    EmailAddress.objects.filter(user=here).update(verified=True)
    former.bring()
    assert became("promotions", "p1") == ("carried", [])
    assert became("initial_contacts", "c1") == ("carried", [])
    assert new(Contact, "initial_contacts", "c1").owner == here


def test_erased_account_stays_empty(former):
    former.bring()
    User.objects.filter(email="pilar@example.com").update(
        email="erased@example.com", is_active=False, erased_at=timezone.now()
    )
    former.promotion("p2")
    former.add("profiles", id="f1", user_id="pilar", bio="Hola")
    former.bring()
    assert became("promotions", "p2")[0] == became("profiles", "f1")[0] == "left"


# Listings ------------------------------------------------------------------------------------------------------------


def test_promotion_is_published_as_of_its_day(former, client):
    former.bring()
    listing = new(Listing, "promotions", "p1")
    day = MADE.replace(tzinfo=UTC)
    assert (listing.status, listing.published_at, listing.created_at) == ("published", day, day)
    assert [town.slug for town in listing.towns.all()] == ["ponce"]
    page = client.get("/promociones/?q=unas&pueblo=ponce").content.decode()
    assert f'data-id="{listing.pk}"' in page


def test_worker_after_the_import_mails_nobody(former):
    former.promotion("p2", created_at=datetime.now(UTC) - timedelta(hours=1))
    former.request("r1", created_at=datetime.now(UTC) - timedelta(hours=1))
    former.task("t1", status="pending")
    former.task("t2", status="reviewed", initial_contact_id=None)
    former.review("v1", task_id="t2")
    former.bring()
    call_command("worker", once=True, stdout=StringIO())
    assert (OutboxMail.objects.count(), Notice.objects.count()) == (0, 0)


def test_request_older_than_sixty_days_is_archived(former):
    former.request("r1")
    former.request("r2", created_at=datetime.now(UTC) - timedelta(days=59))
    former.bring()
    old, fresh = new(Listing, "requests", "r1"), new(Listing, "requests", "r2")
    assert (old.kind, old.status, old.archive_reason) == ("request", "archived", "age")
    assert (fresh.status, fresh.archive_reason) == ("published", "")


@pytest.mark.parametrize(
    ("towns", "island_wide", "slugs", "status"),
    [
        ((0,), True, [], "published"),
        ((0, 1), True, [], "published"),
        ((1, 2, 1), False, ["mayaguez", "ponce"], "published"),
        ((1, 99, None), False, ["ponce"], "published"),
        ((99,), False, [], "draft"),
        ((), False, [], "draft"),
    ],
)
def test_towns_of_a_listing(former, towns, island_wide, slugs, status):
    former.promotion("p2", towns=towns)
    former.bring()
    listing = new(Listing, "promotions", "p2")
    found = [town.slug for town in listing.towns.all()]
    assert (listing.island_wide, found, listing.status) == (island_wide, slugs, status)
    assert LegacyRow.objects.filter(table="promo_towns", former_id__startswith="p2/").count() == len(towns)


def test_dirty_listing_is_put_right(former):
    former.promotion("p2", title="Título " * 30, description=None, price_min="$50.00", price_max="20.50")
    former.bring()
    listing = new(Listing, "promotions", "p2")
    assert listing.title == f"{('Título ' * 14).strip()}…"
    assert listing.description == ("Título " * 30).strip()
    assert (listing.price_min, listing.price_max) == (21, 50)
    assert became("promotions", "p2") == (
        "changed",
        [
            "title cut to 100 letters; all of it stands in the description",
            "price_max rounded to whole dollars",
            "price_min was above price_max: exchanged",
        ],
    )


# The command ---------------------------------------------------------------------------------------------------------


def test_database_of_another_schema_is_refused(former):
    former.connection.execute("ALTER TABLE tasks RENAME COLUMN price TO cost")
    try:
        with pytest.raises(CommandError, match=r"not the former site's database: tasks lacks price\."):
            former.bring()
    finally:
        former.connection.execute("ALTER TABLE tasks RENAME COLUMN cost TO price")


def test_database_that_is_away_is_said(whole_catalogue):
    with pytest.raises(CommandError, match="The former database does not answer"):
        call_command("import_legacy", database_url="postgres://nobody@127.0.0.1:1/none")


def test_second_import_at_once_is_refused(former):
    former.connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    with pytest.raises(CommandError, match="Another import reads this database"):
        former.bring()


def test_address_as_the_former_site_wrote_it_is_understood(former):
    former.url = former.url.replace("postgres://", "postgresql+psycopg2://")
    former.bring()
    assert set(User.objects.values_list("email", flat=True)) == {"pilar@example.com", "carlos@example.com"}


def test_empty_catalogue_is_said(db):
    with pytest.raises(CommandError, match="run seed_catalog first"):
        call_command("import_legacy", database_url="postgres://nobody@127.0.0.1:1/none")


def test_report_that_cannot_be_written_stops_before_the_work(former, tmp_path):
    with pytest.raises(CommandError, match="The report cannot be written"):
        former.bring(file=tmp_path / "none" / "report.txt")
    assert not LegacyRow.objects.exists()
