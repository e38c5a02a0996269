"""What a bad day does to the stack, while people read."""

import os
import re
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.stack.load import SERVER_ERRORS, Load
from deploy.stack.parts import HERE, OK, Stack
from deploy.stack.processes import Program, listens, run

SLOW_CLIENTS = 300
PROBES = 40
# Of the answers while PostgreSQL restarts.
ALLOWED_SHARE = 0.001
# A release that only adds: a column with a default, and an index made beside the running site.
MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    atomic = False
    operations = [
        migrations.RunSQL("ALTER TABLE services_listing ADD COLUMN stack_note text NOT NULL DEFAULT ''"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY stack_note_index ON services_listing (stack_note)"),
    ]
"""
SETTINGS = "from palitas.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'stack_release']\n"


@dataclass
class Outcome:
    """What happened in one scene, and whether that may."""

    scene: str
    summary: str
    is_right: bool

    def line(self) -> str:
        return f"{'' if self.is_right else 'WRONG: '}{self.scene}: {self.summary}"


class Torture:
    """The scenes, one after the other; ``cookie`` belongs to somebody who is logged in.

    Args:
        seconds: how long each lasts at least.
    """

    def __init__(self, stack: Stack, cookie: str, seconds: float) -> None:
        self.stack, self.cookie, self.seconds = stack, cookie, seconds
        self.paths = self._public_paths()

    def _public_paths(self) -> list[str]:
        browser = self.stack.browser()
        found = ["/", "/promociones/?q=plomero", "/solicitudes/", "/servicios/plomeria/", "/pueblos/ponce/"]
        for kind in ("promociones", "solicitudes"):
            page = browser.get(f"/{kind}/").content.decode()
            found += list(dict.fromkeys(re.findall(rf'href="(/{kind}/\d+-[^"]+/)"', page)))[:5]
        return found

    def _load(self, *, switches: bool = False) -> Load:
        return Load(self.stack, self.paths, cookie=self.cookie, switches=switches)

    def _wait(self, share: float) -> None:
        time.sleep(self.seconds * share)

    @contextmanager
    def _away(self, name: str) -> Iterator[Program]:
        """Kill a program, and start it again in the end."""
        program = self.stack.programs[name]
        program.kill()
        yield program
        program.start()
        program.wait_for(lambda: listens(self.stack.ports[name]))

    def _killed(self, name: str) -> Outcome:
        with self._load() as load:
            self._wait(0.3)
            with self._away(name):
                self._wait(0.4)
            self._wait(0.3)
        return Outcome(f"{name} killed", load.summary(), not load.failed())

    def gunicorn_killed(self) -> Outcome:
        """One of two gunicorns is gone, with all of its processes."""
        return self._killed("gunicorn-1")

    def redis_killed(self) -> Outcome:
        """The cache is gone."""
        return self._killed("redis")

    def replica_killed(self) -> Outcome:
        """The replica is gone; the primary serves."""
        return self._killed("replica")

    def postgresql_restarted(self) -> Outcome:
        """The primary ends all of its sessions and starts again, as for an update."""
        database = self.stack.programs["postgresql"]
        with self._load() as load:
            self._wait(0.3)
            began = time.monotonic()
            database.stop()
            database.start()
            database.wait_for(lambda: self.stack.is_ready("postgresql"))
            back = time.monotonic()
            self._wait(0.7)
        errors = [one for one in load.requests if one.status in SERVER_ERRORS or not one.status]
        share, after = len(errors) / len(load.requests), len(load.failed(since=back))
        said = f"{load.summary()}; away for {back - began:.1f} s, {share:.2%} failed, {after} of those sent after it"
        return Outcome("postgresql restarted", said, share <= ALLOWED_SHARE and not after)

    def release(self) -> Outcome:
        """A migration that only adds, and new code in both gunicorns."""
        with self._load(switches=True) as load:
            self._wait(0.2)
            self._migrate()
            for name in ("gunicorn-1", "gunicorn-2"):
                self._reload(self.stack.programs[name])
            self._wait(0.5)
        return Outcome("migration and reload", load.summary(), not load.failed())

    def _migrate(self) -> None:
        app = self.stack.folder / "release" / "stack_release"
        (app / "migrations").mkdir(parents=True, exist_ok=True)
        (app / "__init__.py").touch()
        (app / "migrations" / "__init__.py").touch()
        (app / "migrations" / "0001_initial.py").write_text(MIGRATION)
        (app.parent / "stack_settings.py").write_text(SETTINGS)
        more = {
            "PYTHONPATH": str(app.parent),
            "DJANGO_SETTINGS_MODULE": "stack_settings",
            "PGOPTIONS": "-c lock_timeout=5s",
        }
        run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], environment=self.stack.environment | more)

    def _reload(self, gunicorn: Program) -> None:
        """Have new workers take over, and return when the former ones have ended."""
        assert gunicorn.process  # noqa: S101 # nosec B101 - it was started
        former = children(gunicorn.process.pid)
        gunicorn.signal(signal.SIGHUP)
        gunicorn.wait_for(lambda: not former & children(gunicorn.process.pid))  # type: ignore[union-attr]

    def slow_clients(self) -> Outcome:
        """300 people whose connection hardly moves: in their request, in what they send, in what they read."""
        good, slowest = 0, 0.0
        with ExitStack() as held:
            for number in range(SLOW_CLIENTS):
                with suppress(OSError):
                    held.enter_context(slow_client(self.stack, number))
            for number in range(PROBES):
                began = time.monotonic()
                answer = self.stack.browser().get("/salud/listo/" if number % 2 else "/salud/vivo/")
                good += answer.status_code == OK
                slowest = max(slowest, time.monotonic() - began)
        said = f"{good} of {PROBES} probes answered, slowest {slowest:.2f} s"
        return Outcome(f"{SLOW_CLIENTS} slow clients", said, good == PROBES)

    def scenes(self) -> list[Callable[[], Outcome]]:
        """Return all of them."""
        return [
            self.gunicorn_killed,
            self.redis_killed,
            self.replica_killed,
            self.slow_clients,
            self.postgresql_restarted,
            self.release,
        ]


def children(pid: int) -> set[int]:
    """Return the processes that a process has started."""
    return {int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@contextmanager
def slow_client(stack: Stack, number: int) -> Iterator[None]:
    """Hold a connection that has sent a part of a request, of its body, or reads nothing of a large answer."""
    who = f"Host: {HERE}\r\nX-Forwarded-For: 10.200.{number // 250}.{number % 250 + 1}\r\n"
    part = [
        f"GET / HTTP/1.1\r\n{who}",
        f"POST /promociones/nueva/ HTTP/1.1\r\n{who}Content-Length: 100000\r\n\r\nhalf",
        f"GET /promociones/ HTTP/1.1\r\n{who}\r\n",
    ][number % 3]
    trusted = ssl.create_default_context(cafile=str(stack.certificate))
    raw = socket.create_connection((HERE, stack.ports["nginx"]), timeout=10)
    with trusted.wrap_socket(raw, server_hostname=HERE) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, os.sysconf("SC_PAGESIZE"))
        connection.sendall(part.encode())
        yield
