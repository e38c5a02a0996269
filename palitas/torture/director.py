"""Runs the torture on the database that is set up, and prints the figures."""

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from typing import TextIO

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from tqdm import tqdm

from palitas.torture import mail
from palitas.torture.databases import MARK
from palitas.torture.judge import Ledger, Score, contradictions, judge
from palitas.torture.processes import Crew
from palitas.torture.races import RACES
from palitas.torture.report import Row, table
from palitas.torture.sizes import Size

HEADS = ("race", "attempts", "wins", "refusals", "other", "seconds")


def main() -> None:
    """Read the size from the command line; end with 1 when anything was wrong."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("size", type=json.loads)
    size = Size(**parser.parse_args().size)
    if MARK not in str(settings.DATABASES["default"]["NAME"]):
        parser.error("this database was not made to be tortured")
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    wrong = [*run_races(size, sys.stdout), *run_mail(size, sys.stdout)]
    for sentence, times in Counter(wrong).items():
        sys.stdout.write(f"WRONG, {times} times: {sentence}\n")
    sys.exit(1 if wrong else 0)


def run_races(size: Size, out: TextIO) -> list[str]:
    """Run every race; returns a sentence for each thing that was wrong."""
    rows: list[Row] = []
    wrong: list[str] = []
    said: set[str] = set()
    with Crew(size.processes) as crew:
        for race in tqdm([race for race in RACES if size.only in race.name], disable=None):
            score, started = Score(), time.monotonic()
            for _ in range(size.rounds):
                attempts = race.prepare(size.processes)
                ledger = Ledger()
                judge(race, crew.run(attempts), ledger, score)
            wrong += score.wrong
            wrong += [f"{sentence}, since {race.name}" for sentence in contradictions() if sentence not in said]
            said.update(contradictions())
            seconds = round(time.monotonic() - started)
            rows.append((race.name, score.attempts, score.wins, score.refusals, score.other, seconds))
    out.write(f"\n{connection.vendor}: {size.processes} processes × {size.rounds} rounds\n\n{table(HEADS, rows)}\n")
    out.flush()
    return wrong


def run_mail(size: Size, out: TextIO) -> list[str]:
    """Kill workers; returns a sentence for each thing that was wrong."""
    rows, wrong = mail.torture(mails=size.mails, kills=size.kills, seed=size.seed)
    out.write(f"\n{connection.vendor}: mail\n\n{table(mail.HEADS, rows)}\n")
    return wrong
