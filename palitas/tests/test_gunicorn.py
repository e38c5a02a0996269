"""gunicorn with the configuration that production has."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from django.conf import settings
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from services.tests.s3_server import free_ports

CONFIGURATION = Path(settings.BASE_DIR, "deploy", "gunicorn.conf.py")
COUNTED = {"method": "GET", "route": "robots.txt", "status": "200"}


@contextmanager
def running(folder: Path, **variables: str):
    (port,) = free_ports(1)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "ENV_FILE": "",
        "ENVIRONMENT": "development",
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "METRICS_DIR": str(folder / "metrics"),
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": "1",
        **variables,
    }
    command = [sys.executable, "-m", "gunicorn", "-c", CONFIGURATION, "palitas.wsgi"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log)
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait()


def status(port: int, path: str = "/robots.txt", **headers: str) -> int:
    """Ask until somebody answers."""
    until = time.monotonic() + 30
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


def wait_until(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def workers(master: int) -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()}


def counted(folder: Path) -> float | None:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))
    return registry.get_sample_value("palitas_requests_total", COUNTED)


def test_a_reload_and_a_killed_worker_lose_no_figure_and_leave_no_files_behind(tmp_path):
    metrics = tmp_path / "metrics"
    with running(tmp_path) as (master, port):
        assert status(port) == 200
        (first,) = workers(master.pid)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: workers(master.pid) - {first})
        assert status(port) == 200
        assert counted(metrics) == 2
        files = {path.name for path in metrics.iterdir()}
        assert files == {"0.lock", "counter_place0.db", "histogram_place0.db"}
        former = workers(master.pid)
        os.kill(master.pid, signal.SIGHUP)
        wait_until(lambda: not workers(master.pid) & former)
        assert status(port) == 200
        assert workers(master.pid).isdisjoint(former)
        assert counted(metrics) == 3


def test_a_line_that_is_too_long_is_refused(tmp_path):
    with running(tmp_path) as (_master, port):
        assert status(port, f"/robots.txt?{'x' * 7000}") == 200
        assert status(port, f"/robots.txt?{'x' * 9000}") == 414
        assert status(port, **{f"X-{number}": "1" for number in range(80)}) == 431


@pytest.mark.parametrize(("variable", "value"), [("WEB_WORKERS", "0"), ("WEB_THREADS", "many")])
def test_a_bad_number_stops_the_start_with_its_name(tmp_path, variable, value):
    with running(tmp_path, **{variable: value}) as (master, _port):
        assert master.wait(30) != 0
    assert f"{variable}={value!r} cannot be read" in (tmp_path / "log").read_text()
