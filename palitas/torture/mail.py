"""Workers killed while mail waits and the server fails: nothing may be lost, nothing repeated without a reason."""

import os
import subprocess  # nosec B404
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from notices.actions import notify
from notices.models import MailStatus, Notice, OutboxMail
from palitas.torture.mail_server import HERE, Arrival, FlakyServer, listening, worker_name
from palitas.torture.report import Row
from palitas.torture.scenes import person

KIND = "message_received"
RECIPIENTS = 10
# One in so many events is rolled back.
ROLLED_BACK_ONE_IN = 10
SHARE_OF_FAILURES = 0.15
WORKERS = 4
PATIENCE_SECONDS = 180
HEADS = ("mail", "figure")


class RolledBackError(Exception):
    """What an event raises that is not to happen."""


@dataclass(frozen=True, slots=True)
class Doubles:
    """How often mail came again, by why; ``unexplained`` must be 0."""

    hung_up: int
    killed: int
    unexplained: int


def torture(*, mails: int, kills: int, seed: int) -> tuple[list[Row], list[str]]:
    """Write ``mails`` mails, kill the workers that send them ``kills`` times, and let others finish.

    Returns:
        The figures, and a sentence for each thing that is wrong.
    """
    dice = Random(seed)  # noqa: S311 - a seed gives the same dice again
    server = FlakyServer(share=SHARE_OF_FAILURES, dice=dice)
    undone = write_events(mails)
    started = time.monotonic()
    with listening(server) as port:
        killed = _kill_workers(server, port, mails=mails, kills=kills, dice=dice)
        _finish(port)
    rows, wrong = _figures(server, mails, undone, killed)
    return [*rows, ("seconds", round(time.monotonic() - started))], wrong


def write_events(mails: int) -> int:
    """Tell people of ``mails`` events, and of some more that are rolled back; returns how many those were."""
    people = [person(f"Persona {number}").user for number in range(RECIPIENTS)]
    OutboxMail.objects.all().delete()
    Notice.objects.all().delete()
    undone = 0
    for number in range(mails):
        _tell(people[number % RECIPIENTS], f"hecho {number}")
        if number % ROLLED_BACK_ONE_IN == 0:
            undone += 1
            try:
                with transaction.atomic():
                    _tell(people[0], f"deshecho {number}")
                    raise RolledBackError
            except RolledBackError:
                continue
    return undone


def _tell(recipient: User, title: str) -> None:
    context = {"name": "Ana", "title": title, "note": "¿Puedes venir el martes?"}
    notify(recipient=recipient, kind=KIND, context=context, path="/contactos/1/", now=timezone.now())


def _start_worker(port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"MAIL_URL": f"smtp://{HERE}:{port}"}
    command = [sys.executable, "-m", "palitas.torture.mail_worker"]
    return subprocess.Popen(command, env=environment)  # noqa: S603 # nosec B603


def _kill_workers(server: FlakyServer, port: int, *, mails: int, kills: int, dice: Random) -> set[str]:
    """Start workers, some at a time, and kill each by SIGKILL while it works; returns what they were called."""
    killed: set[str] = set()
    # So much may arrive before each kill that there is work left for the last one.
    portion = max(1, mails // (kills + 1) - 2)
    while len(killed) < kills:
        workers = [_start_worker(port) for _ in range(min(WORKERS, kills - len(killed)))]
        try:
            for worker in workers:
                _wait_for_arrivals(server, dice.randint(1, portion))
                time.sleep(dice.uniform(0, 0.05))
                worker.kill()
                killed.add(worker_name(worker.pid))
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    return killed


def _finish(port: int) -> None:
    """Let workers send what is left, and ask them to end."""
    workers = [_start_worker(port) for _ in range(WORKERS)]
    waiting = OutboxMail.objects.filter(status=MailStatus.WAITING)
    try:
        _wait_until(lambda: not waiting.exists(), "the outbox is empty")
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(timeout=PATIENCE_SECONDS)


def _wait_for_arrivals(server: FlakyServer, more: int) -> None:
    enough = len(server.arrivals) + more
    _wait_until(lambda: len(server.arrivals) >= enough, "the workers send mail")


def _wait_until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"Waited {PATIENCE_SECONDS} s in vain until {what}.")
        time.sleep(0.02)


def count_doubles(arrivals: Sequence[Arrival], killed: set[str]) -> Doubles:
    """Explain each mail that came more than once by the one before it.

    The server hung up without an answer, or it was the last thing that its worker sent before it was killed. A worker
    sends one mail after another, so anything else it sent before was written down.
    """
    last_of = {arrival.worker: arrival for arrival in arrivals}
    by_id = defaultdict(list)
    for arrival in arrivals:
        by_id[arrival.message_id].append(arrival)
    reasons: Counter[str] = Counter()
    for copies in by_id.values():
        for before in copies[:-1]:
            if not before.was_answered:
                reasons["hung up"] += 1
            elif before.worker in killed and last_of[before.worker] is before:
                reasons["killed"] += 1
            else:
                reasons["unexplained"] += 1
    return Doubles(reasons["hung up"], reasons["killed"], reasons["unexplained"])


def _figures(server: FlakyServer, mails: int, undone: int, killed: set[str]) -> tuple[list[Row], list[str]]:
    arrived = {arrival.message_id for arrival in server.arrivals}
    written = [str(key) for key in OutboxMail.objects.values_list("message_id", flat=True)]
    lost = sum(not any(one.startswith(f"<{key}@") for one in arrived) for key in written)
    leaked = sum("deshecho" in arrival.subject for arrival in server.arrivals)
    unsent = OutboxMail.objects.exclude(status=MailStatus.SENT).count()
    notices = Notice.objects.count()
    doubles = count_doubles(server.arrivals, killed)
    rows: list[Row] = [
        ("events written, each with one mail", mails),
        ("events rolled back", undone),
        ("workers killed with SIGKILL", len(killed)),
        *((f"failures of the server: {way}", count) for way, count in sorted(server.failures.items())),
        ("arrivals", len(server.arrivals)),
        ("different mails", len(arrived)),
        ("lost", lost),
        ("of rolled-back events", leaked),
        ("doubled: the server hung up without an answer", doubles.hung_up),
        ("doubled: the worker was killed before it wrote the answer down", doubles.killed),
        ("doubled for another reason", doubles.unexplained),
    ]
    checks = {
        f"{len(written)} mails were written instead of {mails}": len(written) != mails,
        f"{notices} notices were written instead of {mails}": notices != mails,
        f"{lost} mails were lost": lost,
        f"{unsent} mails are not marked as sent": unsent,
        f"{leaked} mails tell of what did not happen": leaked,
        f"{len(arrived)} different mails arrived instead of {mails}": len(arrived) != mails,
        f"{doubles.unexplained} mails came twice without a reason": doubles.unexplained,
    }
    return rows, [f"mail: {sentence}" for sentence, is_wrong in checks.items() if is_wrong]
