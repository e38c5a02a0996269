"""Makes the site, serves it with gunicorn and production settings, and throws it away."""

import json
import os
import secrets
import socket
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from django.conf import settings

PATIENCE_SECONDS = 60
SESSION_COOKIE = "__Host-sessionid"  # of production
DEMO = ["--users=30", "--promotions=100", "--requests=30"]
FIND = "import json, sys; from palitas.showroom.ways import ways_in; sys.stdout.write(json.dumps(ways_in()))"
PAGES = {
    "home": "/",
    "search": "/promociones/",
    "dashboard": "/tablero/",
    "publish": "/promociones/nueva/",
}
# How Playwright starts the browser that looks at the site.
CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}
# Seen by whoever is logged in only.
PRIVATE = {"conversation", "agreement", "dashboard", "publish"}


@dataclass(frozen=True)
class Showroom:
    """A site that is being served.

    Attributes:
        url: where, without a slash at the end.
        pages: paths by name.
        session: the key of a session of the client of the demo.
    """

    url: str
    pages: dict[str, str]
    session: str

    @property
    def headers(self) -> dict[str, str]:
        """The session, as a header: over plain HTTP no browser takes a cookie with this prefix."""
        return {"Cookie": f"{SESSION_COOKIE}={self.session}"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def showroom() -> Iterator[Showroom]:
    """Serve the demo from a database and a folder of its own."""
    port = free_port()
    url = f"http://localhost:{port}"
    with TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {
            "ENV_FILE": "",
            "ENVIRONMENT": "development",
            "DATABASE_URL": f"sqlite:///{folder / 'showroom.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
            "SECRET_KEY": secrets.token_urlsafe(60),
            "SITE_URL": url,
            "LOG_LEVEL": "ERROR",
        }
        for command in (["migrate", "-v0"], ["createcachetable"], ["seed_catalog"], ["seed_demo", *DEMO]):
            run([sys.executable, "manage.py", *command], environment)
        found = json.loads(run([sys.executable, "manage.py", "shell", "-v0", "-c", FIND], environment))
        production = environment | {
            "ENVIRONMENT": "production",
            "ALLOWED_HOSTS": "localhost",
            "CONTACT_EMAIL": "hola@palitaspr.example",
            "MAIL_URL": "dummymail://",
            "SECURE_SSL_REDIRECT": "false",
        }
        run([sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"], production)
        session = found.pop("session")
        with served(port, production):
            yield Showroom(url, PAGES | found, session)


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run a command of ours to its end and return what it prints; its errors are shown.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    done = subprocess.run(  # noqa: S603  # nosec B603 - our own commands
        command, env=environment, cwd=settings.BASE_DIR, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


@contextmanager
def served(port: int, environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "gunicorn", "palitas.wsgi", "--worker-class=gthread", "--threads=4"]
    server = subprocess.Popen(  # noqa: S603  # nosec B603 - our own command
        [*command, f"--bind=127.0.0.1:{port}", "--log-level=warning"], env=environment, cwd=settings.BASE_DIR
    )
    try:
        wait_for(f"http://localhost:{port}/salud/listo/")
        yield
    finally:
        server.terminate()
        server.wait()


def wait_for(url: str) -> None:
    """Return when ``url`` answers.

    Raises:
        OSError: it has not within a minute.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urlopen(url, timeout=5).close()  # noqa: S310  # nosec B310 - our own server
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
