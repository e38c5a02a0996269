"""The torture itself runs before work lands; here is tested that it would find what is wrong."""

from collections import Counter
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from agreements.enums import Party, Status
from agreements.models import Agreement, AgreementEvent
from agreements.tests.factories import AgreementFactory
from notices.actions import notify
from notices.models import Notice, OutboxMail
from notices.tests.samples import sample_of
from palitas.management.commands import torture
from palitas.torture import director, mail, processes
from palitas.torture.databases import postgres_beside, sqlite_file
from palitas.torture.judge import Ledger, Score, contradictions, judge
from palitas.torture.mail_server import Arrival
from palitas.torture.races import RACES
from palitas.torture.report import table
from palitas.torture.sizes import SHORT, Size

ACCEPT = RACES[0]


@pytest.fixture
def file_only(monkeypatch) -> None:
    """Make no database on the server of the tests."""
    monkeypatch.setattr(torture, "addresses", lambda folder: [sqlite_file(folder)])


@pytest.fixture
def tortured(monkeypatch, file_only) -> list[tuple[str, Size]]:
    """Collect what the command would torture."""
    calls: list[tuple[str, Size]] = []
    monkeypatch.setattr(torture, "run", lambda url, _folder, size: calls.append((url, size)))
    return calls


def test_command_is_refused_in_production(settings, tortured):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="production"):
        call_command("torture", "--short")
    assert tortured == []


def test_command_says_what_is_missing(monkeypatch, tortured):
    monkeypatch.setattr(torture, "find_spec", lambda _name: None)
    with pytest.raises(CommandError, match="make torture"):
        call_command("torture")
    assert tortured == []


def test_command_tortures_a_file_of_its_own(tortured):
    call_command("torture", "--short", "--rounds", "3")
    [(url, size)] = tortured
    assert url.startswith("sqlite:////")
    assert url.endswith("torture.sqlite3")
    assert size == replace(SHORT, rounds=3)


def test_full_form_is_the_one_without_options(tortured):
    call_command("torture")
    assert tortured[0][1] == Size(processes=16, rounds=200, mails=300, kills=20)


def test_command_fails_when_something_was_wrong(monkeypatch, file_only):
    monkeypatch.setattr(torture, "run", lambda *_: True)
    with pytest.raises(CommandError, match="WRONG"):
        call_command("torture")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_database_beside_the_one_that_is_set_up_comes_and_goes():
    def names() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database")
            return {name for (name,) in cursor.fetchall()}

    with postgres_beside("postgres://palitas@127.0.0.1:5432/palitas?sslmode=require", 77) as url:
        assert url == "postgres://palitas@127.0.0.1:5432/palitas_torture_77?sslmode=require"
        assert "palitas_torture_77" in names()
    assert "palitas_torture_77" not in names()


def test_another_database_is_not_tortured(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["run", "{}"])
    with pytest.raises(SystemExit):
        director.main()
    assert "not made to be tortured" in capsys.readouterr().err


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_race_ends_as_its_table_says_when_all_come_one_after_the_other(db, race):
    attempts = race.prepare(4)
    ledger, score, browser = Ledger(), Score(), Client(raise_request_exception=False)
    judge(race, [processes.answer(browser, attempt) for attempt in attempts], ledger, score)
    assert score.wrong == []
    assert (score.attempts, score.other) == (4, 0)
    assert score.wins + score.refusals == 4
    assert contradictions() == []


def test_somebody_without_session_neither_wins_nor_is_refused(db):
    attempts = [replace(attempt, session="") for attempt in ACCEPT.prepare(1)]
    ledger, score = Ledger(), Score()
    judge(ACCEPT, [processes.answer(Client(), attempt) for attempt in attempts], ledger, score)
    assert (score.wins, score.refusals, score.other) == (0, 0, 1)
    assert score.wrong


def accepted(agreement: Agreement, times: int = 1) -> None:
    """Write what an acceptance writes, so often, and nothing of what it should hold."""
    for _ in range(times):
        AgreementEvent.objects.create(
            agreement=agreement,
            transition="accept",
            party=Party.CLIENT,
            actor=agreement.client,
            from_status=Status.PENDING,
            to_status=Status.ACTIVE,
            created_at=timezone.now(),
        )
        context = sample_of("agreement_accepted")
        notify(recipient=agreement.provider, kind="agreement_accepted", context=context, path="/", now=timezone.now())


@pytest.mark.parametrize(
    ("statuses", "times", "sentence"),
    [
        ([302, 409], 1, None),
        ([302, 500], 1, "answered with [500]"),
        ([302, 403], 1, "answered with [403]"),
        ([302, 409], 2, "wrote"),
        ([302, 302], 1, "2 were told that it is done, 1 things were done"),
        ([409, 409], 1, "0 were told"),
        ([409, 409], 0, "wrote {}"),
    ],
)
def test_judge_finds_what_may_not_be(db, statuses, times, sentence):
    agreement, score = AgreementFactory(), Score()
    ledger = Ledger()
    accepted(agreement, times)
    judge(ACCEPT, statuses, ledger, score)
    assert bool(score.wrong) == bool(sentence)
    assert any(sentence in line for line in score.wrong) if sentence else True


@pytest.mark.parametrize("lost", [OutboxMail, Notice])
def test_judge_counts_one_mail_for_each_notice(db, lost):
    agreement, score = AgreementFactory(), Score()
    ledger = Ledger()
    accepted(agreement)
    lost.objects.all().delete()
    judge(ACCEPT, [302, 409], ledger, score)
    assert any("mails for" in line for line in score.wrong)


def test_contradictions_are_found(db):
    Agreement.objects.filter(pk=AgreementFactory(active=True).pk).update(status=Status.PENDING, accepted_at=None)
    assert contradictions() == []
    ended = AgreementFactory(closed=True)
    AgreementFactory(contact=ended.contact, amends=ended)
    found = " ".join(contradictions())
    assert f"agreement {ended.pk} is closed after [('', 'pending')]" in found
    assert "amendment" in found
    assert f"the figures of person {ended.provider_id} are not true" in found


def arrival(message_id: str, worker: str, *, was_answered: bool = True) -> Arrival:
    return Arrival(message_id, "hecho", worker, was_answered)


def test_doubles_are_explained_by_the_arrival_before():
    arrivals = [
        arrival("a", "one"),
        arrival("b", "one"),
        arrival("b", "two"),  # worker one was killed when it had sent it
        arrival("c", "two", was_answered=False),
        arrival("c", "two"),  # the server hung up
        arrival("d", "three"),
        arrival("d", "two"),  # nobody killed worker three
    ]
    assert mail.count_doubles(arrivals, killed={"one"}) == mail.Doubles(hung_up=1, killed=1, unexplained=1)


def test_killed_worker_explains_only_the_last_mail_that_it_sent():
    arrivals = [arrival("a", "one"), arrival("b", "one"), arrival("a", "two")]
    assert mail.count_doubles(arrivals, killed={"one"}).unexplained == 1


def test_events_that_are_rolled_back_leave_no_row(db):
    assert mail.write_events(20) == 2
    subjects = Counter("deshecho" in subject for subject in OutboxMail.objects.values_list("subject", flat=True))
    assert subjects == {False: 20}
    assert Notice.objects.count() == 20


def test_table_can_be_read_as_text():
    assert table(("race", "wins"), [("accept", 12), ("x", 3)]) == (
        "| race   | wins |\n| ------ | ---- |\n| accept |   12 |\n| x      |    3 |"
    )
