"""The table of transitions, its one door, and the page that is written from it."""

import ast
import re
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import translation

from agreements import states
from agreements.enums import Party, Status
from agreements.management.commands import render_states
from agreements.models import Agreement, AgreementEvent
from agreements.tests.factories import AgreementFactory
from agreements.transitions import TRANSITIONS, Note, StatusMoved, WrongParty, available, move
from palitas.tests.snapshot import rolled_back

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)

# Typed by hand from the design: from, to, who, whether it needs words.
DESIGN = {
    "propose": ((), "pending", {"provider"}, Note.NONE),
    "accept": (("pending",), "active", {"client"}, Note.NONE),
    "reject": (("pending",), "rejected", {"client"}, Note.OPTIONAL),
    "withdraw": (("pending",), "withdrawn", {"provider"}, Note.NONE),
    "expire": (("pending",), "expired", {"clock"}, Note.NONE),
    "deliver": (("active",), "delivered", {"provider"}, Note.NONE),
    "close": (("active", "delivered"), "closed", {"client"}, Note.NONE),
    "close_unanswered": (("delivered",), "closed", {"clock"}, Note.NONE),
    "cancel": (("active",), "cancelled", {"provider", "client"}, Note.REQUIRED),
    "dispute": (("active", "delivered"), "disputed", {"provider", "client"}, Note.REQUIRED),
    "resolve_closed": (("disputed",), "closed", {"moderator"}, Note.REQUIRED),
    "resolve_cancelled": (("disputed",), "cancelled", {"moderator"}, Note.REQUIRED),
    "supersede": (("active",), "superseded", {"client"}, Note.NONE),
    "lapse": (("pending",), "withdrawn", {"provider", "client"}, Note.NONE),
}


def in_status(status: str, **fields) -> Agreement:
    return AgreementFactory(**({} if status == "pending" else {status: True}), **fields)


def test_table_is_the_design_s():
    found = {
        row.name: (tuple(sorted(row.sources)), row.target, set(row.parties), row.note) for row in TRANSITIONS.values()
    }
    assert found == DESIGN


def test_table_is_frozen():
    with pytest.raises(TypeError):
        TRANSITIONS["accept"] = TRANSITIONS["reject"]
    with pytest.raises(FrozenInstanceError):
        TRANSITIONS["accept"].target = Status.CLOSED
    assert all(type(row.sources) is type(row.parties) is frozenset for row in TRANSITIONS.values())


def test_no_other_module_writes_a_status():
    """``update(status=…)``, ``.status = …`` and ``create(status=…)`` of an agreement are the door's alone."""
    holds = re.compile(r"(status=Status\.(\w+)\))\.update\(status=Status\.\2\)")
    found = []
    for path in Path(settings.BASE_DIR, "agreements").rglob("*.py"):
        if {"tests", "migrations"} & set(path.parts) or path.name == "transitions.py":
            continue
        source = holds.sub(r"\1", path.read_text())  # Writing the status it has holds a row and changes nothing.
        for node in ast.walk(ast.parse(source)):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr in {"update", "create", "save", "bulk_update"}:
                found += [path.name for keyword in node.keywords if keyword.arg == "status"]
            if isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found += [path.name for one in targets if isinstance(one, ast.Attribute) and one.attr == "status"]
    assert found == []


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("party", list(Party))
def test_door_opens_only_for_rows_of_the_table(db, party, status, superuser):
    agreement = in_status(status)
    for name in DESIGN:
        with rolled_back():
            try_door(name, agreement, party, superuser)
        agreement.refresh_from_db()


def try_door(name: str, agreement: Agreement, party: Party, superuser) -> None:
    sources, target, parties, _note = DESIGN[name]
    status = agreement.status
    actor = {"provider": agreement.provider, "client": agreement.client, "moderator": superuser}.get(party)
    ended = {"ended_at": NOW, "review_until": NOW} if target in {"closed", "cancelled"} else {}
    times = {"active": {"accepted_at": NOW}, "delivered": {"delivered_at": NOW, "closes_at": NOW}}.get(target, ended)

    def go():
        return move(name, agreement, party=party, actor=actor, now=NOW, note="Porque sí.", **times)

    if party not in parties:
        with pytest.raises(WrongParty):
            go()
    elif status not in sources:
        with pytest.raises(StatusMoved) as refused:
            go()
        assert (refused.value.status, refused.value.back_url) == (status, f"/acuerdos/{agreement.pk}/")
    else:
        assert go().status == target
    is_taken = party in parties and status in sources
    assert Agreement.objects.get(pk=agreement.pk).status == (target if is_taken else status)
    assert agreement.events.count() == 1 + is_taken
    if is_taken:
        event = agreement.events.latest("pk")
        assert (event.transition, event.party, event.actor, event.note) == (name, party, actor, "Porque sí.")
        assert (event.from_status, event.to_status, event.created_at) == (status, target, NOW)


@pytest.mark.parametrize("note", ["", "  \n "])
@pytest.mark.parametrize("name", [name for name, row in DESIGN.items() if row[3] is Note.REQUIRED])
def test_door_asks_for_the_words(db, name, note, superuser):
    agreement = in_status(DESIGN[name][0][0])
    party = sorted(DESIGN[name][2])[-1]
    actor = {"provider": agreement.provider, "moderator": superuser}[party]
    with pytest.raises(ValidationError, match="Escribe por qué: la otra parte lo va a leer"):
        move(name, agreement, party=party, actor=actor, now=NOW, note=note)
    assert agreement.events.count() == 1


@pytest.mark.parametrize(("name", "party"), [("accept", "client"), ("withdraw", "provider"), ("reject", "client")])
def test_door_names_the_person_in_its_update(member, name, party):
    """Whatever an earlier check has said: somebody else changes no row."""
    agreement = AgreementFactory()
    with pytest.raises(StatusMoved):
        move(name, agreement, party=Party(party), actor=member, now=NOW)
    assert Agreement.objects.get(pk=agreement.pk).status == Status.PENDING


def test_door_is_closed_to_a_moderator_who_is_a_side(db):
    agreement = AgreementFactory(disputed=True)
    for side in (agreement.provider, agreement.client):
        with pytest.raises(StatusMoved):
            move("resolve_closed", agreement, party=Party.MODERATOR, actor=side, now=NOW, note="Gano yo.")


@pytest.mark.parametrize("side", ["contact__listing__owner", "contact__opener"])
def test_door_is_closed_to_the_clock_while_a_side_is_suspended(db, side):
    agreement = AgreementFactory(**{f"{side}__suspended": True})
    with pytest.raises(StatusMoved):
        move("expire", agreement, party=Party.CLOCK, actor=None, now=NOW)


def test_event_and_status_are_written_together_or_not_at_all(db, monkeypatch):
    agreement = AgreementFactory()

    def fail(**_values):
        raise RuntimeError

    monkeypatch.setattr(AgreementEvent.objects, "create", fail)
    with pytest.raises(RuntimeError):
        move("accept", agreement, party=Party.CLIENT, actor=agreement.client, now=NOW, accepted_at=NOW)
    assert Agreement.objects.get(pk=agreement.pk).status == Status.PENDING


def test_second_of_two_at_once_is_told_where_it_stands(db):
    agreement = AgreementFactory()
    stale = Agreement.objects.get(pk=agreement.pk)
    move("reject", agreement, party=Party.CLIENT, actor=agreement.client, now=NOW)
    with pytest.raises(StatusMoved, match="Este acuerdo ya fue rechazado"):
        move("withdraw", stale, party=Party.PROVIDER, actor=stale.provider, now=NOW)
    assert set(agreement.events.values_list("transition", flat=True)) == {"propose", "reject"}


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_sentence_in_spanish(db, status):
    sentence = StatusMoved(in_status(status)).sentence
    assert sentence.startswith("Este acuerdo ")
    assert sentence.endswith(".")


# Typed by hand: the buttons of each side.
BUTTONS = {
    "pending": (["withdraw"], ["accept", "reject"]),
    "active": (["deliver", "cancel", "dispute"], ["close", "cancel", "dispute"]),
    "delivered": (["dispute"], ["close", "dispute"]),
}


@pytest.mark.parametrize("status", list(Status))
def test_available_is_what_each_side_may_do(db, status):
    agreement = in_status(status)
    found = tuple([row.name for row in available(agreement, party)] for party in (Party.PROVIDER, Party.CLIENT))
    assert found == BUTTONS.get(status, ([], []))
    assert available(agreement, None) == []


def test_at_most_one_button_stands_out():
    main = [row for row in TRANSITIONS.values() if row.is_main]
    for status in Status:
        for party in Party:
            assert len([row for row in main if status in row.sources and party in row.parties]) <= 1


def test_states_page_is_what_the_table_says():
    assert Path(settings.BASE_DIR, "docs", "states.md").read_text() == states.render()


def test_states_page_does_not_depend_on_the_language():
    with translation.override("en"):
        assert states.render() == Path(settings.BASE_DIR, "docs", "states.md").read_text()


def test_render_states_writes_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(render_states, "PAGE", tmp_path / "states.md")
    call_command("render_states")
    assert (tmp_path / "states.md").read_text() == states.render()
    assert "is written" in capsys.readouterr().out


def test_states_page_has_a_row_and_an_arrow_for_everything():
    page = states.render()
    for row in TRANSITIONS.values():
        assert f"| `{row.name}`" in page
        for source in row.sources or {"[*]"}:
            assert f"    {source} --> {row.target.value}: {row.name}\n" in page
    assert "after 72 hours; reminder after 24 hours and 48 hours" in page
    assert "after 14 days; reminder after 5 days" in page
    assert timedelta(hours=72) == TRANSITIONS["expire"].after
