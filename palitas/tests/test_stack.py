"""What the stack is made of: programs that leave nothing behind, and outcomes that say what is wrong.

The stack itself is started by ``.ci/run``.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from deploy.stack import processes
from deploy.stack.load import Load, Request
from deploy.stack.processes import Program, StackError, run, services_stay_off
from deploy.stack.torture import Outcome

# Ends when its child is told to, and that child is not.
STUBBORN = "trap '' TERM; sleep 300 & echo $! > {0}; wait; wait"


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(is_so) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def child_of(program: Program) -> int:
    pid = program.folder / "pid"
    program.start()
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    return int(pid.read_text())


@pytest.fixture
def stubborn(tmp_path) -> Program:
    return Program("stubborn", ["sh", "-c", STUBBORN.format(tmp_path / "pid")], tmp_path)


def test_a_killed_program_leaves_no_child(stubborn):
    child = child_of(stubborn)
    assert stubborn.is_running
    stubborn.kill()
    wait_until(lambda: not is_alive(child))
    assert not stubborn.is_running


def test_a_program_that_does_not_end_is_killed_with_its_children(stubborn, monkeypatch):
    monkeypatch.setattr("deploy.stack.processes.END_SECONDS", 0.2)
    child = child_of(stubborn)
    stubborn.stop()
    wait_until(lambda: not is_alive(child))
    assert stubborn.process.returncode == -signal.SIGKILL


def test_a_program_ends_with_a_stack_that_was_killed(tmp_path):
    starts = (
        "import sys, time; from pathlib import Path; from deploy.stack.processes import Program\n"
        "program = Program('sleeper', ['sleep', '300'], Path(sys.argv[1])); program.start()\n"
        "sys.stdout.write(f'{program.process.pid}\\n'); sys.stdout.flush(); time.sleep(300)"
    )
    command = [sys.executable, "-c", starts, tmp_path]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True) as stack:
        sleeper = int(stack.stdout.readline())
        assert is_alive(sleeper)
        wait_until(lambda: b"sleep" in Path(f"/proc/{sleeper}/cmdline").read_bytes().split(b"\0")[0])
        stack.kill()
    wait_until(lambda: not is_alive(sleeper))


def test_a_program_that_has_ended_says_its_last_words(tmp_path):
    program = Program("talker", ["sh", "-c", "echo no such port >&2; exit 3"], tmp_path)
    program.start()
    with pytest.raises(StackError, match="talker does not answer:\nno such port"):
        program.wait_for(lambda: False)


def test_a_command_that_fails_says_why():
    with pytest.raises(StackError, match="sh has failed:\nout\nwhy"):
        run(["sh", "-c", "echo out; echo why >&2; exit 1"], environment=os.environ)


@pytest.fixture
def stranger(monkeypatch, tmp_path):
    """Whoever is not root, on a machine with everything; nginx is where Debian puts it."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(processes.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(processes, "postgres_programs", lambda: tmp_path)
    monkeypatch.setattr(processes, "BROTLI", tmp_path)
    places = dict.fromkeys(processes.DEBIAN, "/usr/bin") | {"nginx": "/usr/sbin"}
    monkeypatch.setattr(
        processes.shutil, "which", lambda name: name if places[name] in os.environ["PATH"].split(":") else None
    )
    return places


def test_whoever_is_not_root_finds_nginx(stranger):
    processes.install_what_is_missing()
    assert os.environ["PATH"] == "/usr/bin:/bin:/usr/sbin"


def test_whoever_is_not_root_is_told_what_to_install(stranger):
    stranger["redis-server"] = "/nowhere"
    with pytest.raises(StackError, match=r"^Missing on this machine: sudo apt-get install .* redis-server$"):
        processes.install_what_is_missing()


@pytest.mark.parametrize("former", [None, "#!/bin/sh\nexit 0\n"])
def test_packages_start_no_service_while_they_are_installed(tmp_path, monkeypatch, former):
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(processes, "POLICY", policy)
    if former:
        policy.write_text(former)
    with suppress(StackError), services_stay_off():
        assert subprocess.run([policy, "nginx", "start"], check=False).returncode == 101
        raise StackError("apt-get has failed")
    assert [path.read_text() for path in tmp_path.iterdir()] == ([former] if former else [])


def test_a_load_counts_what_was_not_answered_well():
    load = Load(stack=None, paths=["/"])
    load.requests = [Request(1, 2, 200, "/"), Request(2, 5, 302, "/"), Request(3, 4, 502, "/"), Request(4, 5, 0, "/")]
    assert [one.status for one in load.failed()] == [502, 0]
    assert [one.status for one in load.failed(since=3.5)] == [0]
    assert load.summary() == "4 requests, median 1.00 s, slowest 3.0 s, failed: 1 × no answer, 1 × 502"


def test_an_outcome_that_may_not_be_says_so():
    assert Outcome("redis killed", "3 requests", is_right=True).line() == "redis killed: 3 requests"
    assert Outcome("redis killed", "3 requests", is_right=False).line() == "WRONG: redis killed: 3 requests"
