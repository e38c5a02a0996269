"""Readers who ask for one page after another, and what became of their requests."""

import itertools
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from types import TracebackType
from urllib.parse import urlsplit

from deploy.stack.parts import Stack

READERS = 4
SECONDS = 30
GOOD = range(200, 400)
SERVER_ERRORS = range(500, 600)


@dataclass
class Request:
    """One request: when it was sent and answered (monotonic seconds), and with what; 0 is no answer at all."""

    began: float
    ended: float
    status: int
    path: str


@dataclass
class Load:
    """Readers in threads from ``with`` to its end.

    Attributes:
        cookie: of somebody who is logged in, for every other reader; they read from the primary.
        switches: one more sends a form again and again.
    """

    stack: Stack
    paths: list[str]
    cookie: str = ""
    switches: bool = False
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> "Load":
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(READERS)]
        if self.switches:
            self._threads.append(threading.Thread(target=self._read, args=(READERS, "POST")))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _read(self, number: int, method: str = "GET") -> None:
        trusted = ssl.create_default_context(cafile=str(self.stack.certificate))
        headers = {"Cookie": self.cookie} if self.cookie and number % 2 else {}
        for turn in itertools.count():
            if self._ended.is_set():
                return
            # Each comes from another address, so that none asks too often.
            headers["X-Forwarded-For"] = f"10.{number}.{turn // 250 % 250}.{turn % 250 + 1}"
            path = self.paths[(turn + number) % len(self.paths)] if method == "GET" else "/datos/"
            self.requests.append(self._ask(method, path, headers, trusted))
            if method == "POST":
                time.sleep(0.2)

    def _ask(self, method: str, path: str, headers: dict[str, str], trusted: ssl.SSLContext) -> Request:
        began = time.monotonic()
        at = urlsplit(self.stack.address)
        connection = HTTPSConnection(str(at.hostname), at.port, timeout=SECONDS, context=trusted)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        try:
            connection.request(method, path, b"modo=todos" if form else None, headers | form)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, HTTPException):
            status = 0
        finally:
            connection.close()
        return Request(began, time.monotonic(), status, path)

    def failed(self, since: float = 0) -> list[Request]:
        """Return the requests sent since then that were not answered well."""
        return [one for one in self.requests if one.status not in GOOD and one.began >= since]

    def summary(self) -> str:
        """Return in a line how many, how quickly, and what failed."""
        times = sorted(one.ended - one.began for one in self.requests)
        if not times:
            return "0 requests"
        median, most = times[len(times) // 2], times[-1]
        failures = Counter(one.status for one in self.failed())
        said = ", ".join(f"{number} × {status or 'no answer'}" for status, number in sorted(failures.items())) or "0"
        return f"{len(times)} requests, median {median:.2f} s, slowest {most:.1f} s, failed: {said}"
