"""Starting programs, waiting until they answer, and ending them so that none is left."""

import os
import shutil
import signal
import socket
import subprocess  # nosec B404
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 90
END_SECONDS = 20


class StackError(Exception):
    """Something of the stack cannot be had or does not do what it should; the text says what."""


@dataclass
class Program:
    """A program that runs in a group of processes of its own.

    Attributes:
        end_signal: ends it when its clients are still there.
        user: whose it is, when we are root; else ours.
    """

    name: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    end_signal: signal.Signals = signal.SIGTERM
    user: str = ""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; the kernel ends it when we end without having been able to."""
        wrap = ["setpriv", "--pdeathsig", self.end_signal.name.removeprefix("SIG")]
        if self.user and os.geteuid() == 0:
            wrap += [f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(  # nosec B603
                [*wrap, *self.command],
                cwd=Path(__file__).resolve().parents[2],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its first process."""
        if self.process:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End all of its processes at once, without a word."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and kill what is left of it after a while."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.signal(self.end_signal)
            self.process.wait(END_SECONDS)
        self.kill()

    def wait_for(self, answers: Callable[[], bool]) -> None:
        """Return when ``answers`` does; raises StackError with the end of its log when it takes too long or ends."""
        until = time.monotonic() + START_SECONDS
        while not answers():
            if time.monotonic() > until or not self.is_running:
                raise StackError(f"{self.name} does not answer:\n{self.last_words()}")
            time.sleep(0.1)

    def last_words(self) -> str:
        """Return the end of what it has written."""
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-2000:]


def listens(port: int) -> bool:
    """Return whether somebody takes connections at a port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False


def run(command: list[str], *, environment: Mapping[str, str] | None = None, user: str = "") -> str:
    """Run a program to its end and return what it said; raises StackError with that when it fails."""
    if user and os.geteuid() == 0:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    ended = subprocess.run(  # nosec B603
        command,
        cwd=Path(__file__).resolve().parents[2],
        env=dict(environment or os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise StackError(f"{Path(command[0]).name} has failed:\n{ended.stdout[-1000:]}{ended.stderr[-2000:]}")
    return ended.stdout


DEBIAN = {
    "nginx": "nginx-light",
    "redis-server": "redis-server",
    "openssl": "openssl",
    "setpriv": "util-linux",
}
POLICY = Path("/usr/sbin/policy-rc.d")
BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")


def postgres_programs() -> Path | None:
    """Return the folder with the programs of the newest PostgreSQL on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return found[-1] if found else None


def install_what_is_missing() -> None:
    """Install from Debian what this machine lacks; raises StackError with the command when we are not root."""
    # nginx is there, and whoever is not root has no path to it.
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    wanted = [package for program, package in DEBIAN.items() if shutil.which(program) is None]
    if postgres_programs() is None:
        wanted.append("postgresql")
    if not BROTLI.exists():
        wanted.append("libnginx-mod-http-brotli-static")
    if not wanted:
        return
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
    if os.geteuid() != 0:
        raise StackError(f"Missing on this machine: sudo {' '.join(install)}")
    run(["apt-get", "update", "-qq"])
    with services_stay_off():
        run(install, environment=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


@contextmanager
def services_stay_off() -> Iterator[None]:
    """Keep packages that are installed meanwhile from starting their services, as Debian's policy-rc.d does."""
    former = POLICY.with_name("policy-rc.d.palitas")
    if POLICY.exists():
        POLICY.rename(former)
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
        if former.exists():
            former.rename(POLICY)
