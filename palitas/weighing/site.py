"""The site as in production, with demo data, for as long as it is weighed."""

import os
import secrets
import socket
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings

# Enough for full pages; pictures take the time.
DEMO = ["seed_demo", "--users", "30", "--promotions", "60", "--requests", "20", "--agreements", "20"]
PATIENCE = 60  # seconds that the server may take to start


def free_port() -> int:
    """Return a port of this machine on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(folder: Path, address: str) -> dict[str, str]:
    """Return the settings of a site whose data is in ``folder``; production, but for https, which ends at a proxy."""
    return os.environ | {
        "ENV_FILE": "",
        "ENVIRONMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SITE_URL": address,
        "ALLOWED_HOSTS": "localhost",
        "CONTACT_EMAIL": "hola@palitaspr.example",
        "MAIL_URL": "dummymail://",
        "SECURE_SSL_REDIRECT": "false",
        "DATABASE_URL": f"sqlite:///{folder / 'weighed.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "ERROR",
    }


def manage(*words: str, env: dict[str, str]) -> None:
    """Run a command of ``manage.py``."""
    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, env=env, cwd=settings.BASE_DIR, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 # nosec B603


@contextmanager
def served_site(folder: Path) -> Iterator[str]:
    """Fill a site with demo data and serve it; gives its address.

    Raises:
        TimeoutError: the server does not answer.
    """
    port = free_port()
    address = f"http://localhost:{port}"
    env = environment(folder, address)
    for words in (["migrate"], ["createcachetable"], ["seed_catalog"], DEMO, ["collectstatic", "--noinput"]):
        manage(*words, env=env)
    command = [sys.executable, "-m", "gunicorn", "--threads", "4", "--bind", f"127.0.0.1:{port}", "palitas.wsgi"]
    server = subprocess.Popen(  # noqa: S603 # nosec B603
        command, env=env, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"{address}/salud/listo/")
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    """Return when ``address`` answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urlopen(address, timeout=5):  # noqa: S310 # nosec B310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"{address} does not answer.")
