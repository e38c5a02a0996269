"""Operating-system processes that do something at the same moment, each as a browser of its own."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from types import TracebackType

from django.conf import settings
from django.test import Client
from django.utils import timezone

from agreements.actions import clock

PATIENCE_SECONDS = 120
# A far lower status than any of HTTP: a redirect to the login page counts as neither win nor refusal.
ASKED_TO_LOG_IN = 1
FOUND, CONFLICT = 302, 409
CLOCKS = {"expire": clock.expire_pending, "close": clock.close_delivered}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that somebody sends; or, with ``clock``, what the worker does at that moment."""

    session: str = ""
    path: str = ""
    data: dict[str, str] = field(default_factory=dict)
    clock: str = ""


class Crew:
    """As many processes as asked for. Each is started once, with an interpreter and connections of its own.

    Usable as a context; the processes end with it.
    """

    def __init__(self, size: int) -> None:
        context = multiprocessing.get_context("spawn")
        # Kept: it would be gone before the processes have opened it.
        self._barrier = context.Barrier(size)
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, self._barrier), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        for pipe in self._pipes if kind is None else ():
            pipe.send(None)
        for process in self._processes:
            process.join(PATIENCE_SECONDS if kind is None else 1)
            process.kill()

    def run(self, attempts: Sequence[Attempt]) -> list[int]:
        """Have each process make one of ``attempts`` when all are ready; returns the statuses in the same order.

        Raises:
            TimeoutError, EOFError: a process does not answer.
        """
        for pipe, attempt in zip(self._pipes, attempts, strict=True):
            pipe.send(attempt)
        return [_wait_for(pipe) for pipe in self._pipes]


def _wait_for(pipe: Connection) -> int:
    if not pipe.poll(PATIENCE_SECONDS):
        raise TimeoutError(f"A process has not answered for {PATIENCE_SECONDS} s.")
    status: int = pipe.recv()
    return status


def work(pipe: Connection, barrier: Barrier) -> None:
    """Make attempts until told to stop; runs in a process of its own."""
    # A mistake is answered with status 500, as the site would.
    browser = Client(raise_request_exception=False)
    while (attempt := pipe.recv()) is not None:
        barrier.wait(PATIENCE_SECONDS)
        pipe.send(answer(browser, attempt))


def _run_clock(name: str) -> int:
    return FOUND if CLOCKS[name](timezone.now()) else CONFLICT


def answer(browser: Client, attempt: Attempt) -> int:
    """Make an attempt; returns the status of the answer."""
    if attempt.clock:
        return _run_clock(attempt.clock)
    browser.cookies.clear()
    browser.cookies[settings.SESSION_COOKIE_NAME] = attempt.session
    response = browser.post(attempt.path, attempt.data)
    is_login = response.status_code == FOUND and response["Location"].startswith("/cuenta/login/")
    return ASKED_TO_LOG_IN if is_login else response.status_code
