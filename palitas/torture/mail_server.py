"""A real mail server that fails now and then, and remembers everything that reached it."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as modern
from random import Random
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HERE = "127.0.0.1"
# Between having a mail and saying so; a worker killed meanwhile cannot know that it arrived.
ANSWER_SECONDS = 0.03


def worker_name(pid: int) -> str:
    """Return what a worker calls itself when it greets the server."""
    return f"worker-{pid}.example"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail that the server has taken.

    Attributes:
        worker: how the client called itself.
        was_answered: whether the server said so; if not, the client cannot know.
    """

    message_id: str
    subject: str
    worker: str
    was_answered: bool


class FlakyServer:
    """Handles mail for aiosmtpd; of all mails a share fails, in one of four ways.

    Args:
        share: of the mails that fail, between 0 and 1.
        dice: decides which, and how.
    """

    def __init__(self, *, share: float, dice: Random) -> None:
        self.arrivals: list[Arrival] = []
        self.failures: Counter[str] = Counter()
        self._share = share
        self._dice = dice
        self._ways = (self._refuse, self._break_down, self._hang_up_before, self._hang_up_after)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self._dice.random() < self._share:
            way = self._dice.choice(self._ways)
            self.failures[way.__name__.lstrip("_").replace("_", " ")] += 1
            return await way(server, session, envelope)
        self._take(session, envelope, was_answered=True)
        await asyncio.sleep(ANSWER_SECONDS)
        return "250 OK"

    async def _refuse(self, *_: object) -> str:
        return "451 Try again later"

    async def _break_down(self, *_: object) -> str:
        return "554 Broken"

    async def _hang_up_before(self, server: SMTP, *_: object) -> str:
        return self._hang_up(server)

    async def _hang_up_after(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._take(session, envelope, was_answered=False)
        return self._hang_up(server)

    def _hang_up(self, server: SMTP) -> str:
        cast("asyncio.WriteTransport", server.transport).abort()
        return "421 Gone"

    def _take(self, session: Session, envelope: Envelope, *, was_answered: bool) -> None:
        mail = message_from_bytes(cast("bytes", envelope.content), policy=modern)
        arrival = Arrival(mail["Message-ID"], mail["Subject"], str(session.host_name), was_answered)
        self.arrivals.append(arrival)


@contextmanager
def listening(handler: FlakyServer) -> Iterator[int]:
    """Serve on a free port of this machine; gives its number."""
    with socket.socket() as free:
        free.bind((HERE, 0))
        port: int = free.getsockname()[1]
    controller = Controller(handler, hostname=HERE, port=port, ready_timeout=30)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
