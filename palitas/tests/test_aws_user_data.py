"""The script of a new machine, run for real below another root, with stand-ins for what would change this machine."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from palitas.tests.aws import FOLDER

# Each writes down how it was called. What is not here (sed, grep, cat, mkdir, …) is the real thing.
STAND_IN = """#!/bin/bash
echo "${0##*/} $*" >>"$CALLS"
[ "${0##*/} $*" != "$FAILS" ] || exit 1
case "${0##*/} $*" in
    "id palitas") exit 1 ;;
    "nproc "*) echo 4 ;;
    "dpkg --print-architecture") echo arm64 ;;
    "fallocate "*) touch "${@: -1}" ;;
    "python3 -m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/pip"; cp "$0" "$3/bin/python" ;;
    "python3 "*) exec "$PYTHON" "$@" ;;
    "python "*) echo "SECRET_KEY='made'" ;;
    "palitas release") [ "$PGOPTIONS" = "-c lock_timeout=2s -c statement_timeout=15min" ] ;;
    "curl "*) for ((i = 1; i < $#; i++)); do [ "${!i}" != --output ] || { ((i++)); echo x >"${!i}"; }; done ;;
esac
"""
NAMES = (
    "apt-get",
    "aws",
    "curl",
    "dpkg",
    "fallocate",
    "id",
    "mkswap",
    "nproc",
    "palitas",
    "python3",
    "sleep",
    "swapon",
)
NAMES += ("systemctl", "useradd")
# The real one, which is not told of a user that is not here.
INSTALL = """#!/bin/bash
arguments=()
while [ $# -gt 0 ]; do
    case "$1" in --owner | --group) shift 2 ;; *) arguments+=("$1"); shift ;; esac
done
exec "$INSTALL" "${arguments[@]}"
"""
SIGNAL = "aws cloudformation signal-resource --region us-east-1 --stack-name arn:stack --logical-resource-id Machines"


class Machine:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.release = root / "opt/palitas/release"
        shutil.copytree(FOLDER.parent, self.release / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
        for folder in ("etc/palitas", "etc/logrotate.d", "etc/systemd/system", "etc/nginx", "usr/local/bin", "tmp"):
            (root / folder).mkdir(parents=True)
        (root / "var/lib/cloud/data").mkdir(parents=True)
        (root / "var/lib/cloud/data/instance-id").write_text("i-1\n")
        (root / "etc/palitas/site").write_text("SITE_URL='https://palitaspr.example'\n")
        (root / "etc/palitas/machine").write_text("REGION='us-east-1'\nSTACK='arn:stack'\nLOG_GROUP='logs'\n")
        self.bin = root / "bin"
        self.bin.mkdir()
        for name in NAMES:
            self._program(self.bin / name, STAND_IN)
        self._program(self.bin / "install", INSTALL)
        self._program(root / "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl", STAND_IN)
        self.script = root / "user-data.sh"
        text = (FOLDER / "user-data.sh").read_text()
        self.script.write_text(re.sub(r"(?<![\w.$}/\"-])/(etc|opt|usr|var|tmp|swapfile)\b", rf"{root}/\1", text))

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(self, fails: str = "") -> tuple[int, list[str]]:
        """Return how the script ended and what it called; the call ``fails`` ends with 1."""
        calls = self.root / "calls"
        calls.write_text("")
        environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "FAILS": fails,
            "PYTHON": sys.executable,
            "INSTALL": str(shutil.which("install")),
        }
        result = subprocess.run(["bash", str(self.script)], env=environment, capture_output=True, check=False)
        return result.returncode, calls.read_text().replace(str(self.root), "").splitlines()

    def read(self, path: str) -> str:
        return (self.root / path).read_text()


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def position(calls: list[str]) -> Callable[[str], int]:
    return lambda beginning: next(i for i, call in enumerate(calls) if call.startswith(beginning))


def test_script_touches_nothing_outside_of_the_other_root(machine):
    left = re.findall(r"(?<![\w.$}/\"-])/(?:etc|opt|usr|var|tmp|swapfile)\b[^\s]*", machine.script.read_text())
    assert [path for path in left if not path.startswith(str(machine.root))] == []


def test_machine_is_made_in_order_and_says_so_once(machine):
    code, calls = machine.run()
    assert code == 0, calls
    at = position(calls)
    order = [
        at("apt-get"),
        at("useradd"),
        at("python3 -m venv"),
        at("pip install"),
        at("python /opt/palitas/release/deploy/aws/environment.py"),
        at("palitas release"),
        at("palitas collectstatic"),
        at("systemctl enable"),
        at("systemctl restart nginx"),
        at("curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1/salud/listo/"),
        at("sleep 40"),
        at("amazon-cloudwatch-agent-ctl"),
        at("aws"),
    ]
    assert order == sorted(order)
    assert [call for call in calls if call.startswith("aws")] == [f"{SIGNAL} --unique-id i-1 --status SUCCESS"]


def test_machine_finds_what_it_needs_in_its_places(machine):
    machine.run()
    assert machine.read("etc/palitas/site") == "SITE_URL='https://palitaspr.example'\nWEB_WORKERS='2'\n"
    assert machine.read("etc/palitas/environment") == "SECRET_KEY='made'\n"
    assert (machine.root / "etc/palitas/environment").stat().st_mode & 0o777 == 0o640
    assert '"log_group_name": "logs"' in machine.read("etc/palitas/log-agent.json")
    units = {path.name for path in (machine.root / "etc/systemd/system").iterdir()}
    assert units == {"nginx.service.d", "palitas-metrics.service", "palitas-web@.service", "palitas-worker.service"}
    nginx = machine.read("etc/nginx/nginx.conf")
    assert re.findall(r"^ +server (127\S+)", nginx, re.MULTILINE) == ["127.0.0.1:8001", "127.0.0.1:8002"] * 2
    assert re.findall(r"set_real_ip_from (\S+);", nginx) == ["10.20.0.0/19"]
    assert re.findall(r"alias (\S+);", nginx) == [f"{machine.release}/var/static/"]
    assert "listen 80 default_server;" in nginx


def test_swap_is_there_again_after_a_restart(machine):
    (machine.root / "etc/fstab").write_text("UUID=1 / ext4 defaults 0 1\n")
    _code, calls = machine.run()
    assert "swapon /swapfile" in calls
    swap = f"{machine.root}/swapfile none swap sw 0 0\n"
    assert machine.read("etc/fstab") == f"UUID=1 / ext4 defaults 0 1\n{swap}"


def test_release_with_wheels_asks_nobody_else(machine):
    (machine.release / "wheels").mkdir()
    _code, calls = machine.run()
    (pip,) = [call for call in calls if call.startswith("pip")]
    assert "--no-index --find-links /opt/palitas/release/wheels" in pip


@pytest.mark.parametrize(
    "fails",
    [
        "palitas collectstatic --no-input --verbosity 0",
        "systemctl restart nginx",
        "curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1/salud/listo/",
    ],
)
def test_whatever_fails_is_said_and_ends_it(machine, fails):
    code, calls = machine.run(fails)
    assert code != 0
    said = [call for call in calls if call.startswith("aws")]
    assert said == [f"{SIGNAL} --unique-id i-1 --status FAILURE"]


def test_migration_that_does_not_get_its_turn_is_tried_again_and_then_given_up(machine):
    code, calls = machine.run("palitas release")
    assert code != 0
    assert calls.count("palitas release") == 20
    assert not [call for call in calls if call.startswith("systemctl")]
    assert [call for call in calls if call.startswith("aws")] == [f"{SIGNAL} --unique-id i-1 --status FAILURE"]


def test_logs_that_are_not_sent_keep_no_machine_from_serving(machine):
    code, calls = machine.run("dpkg --print-architecture")
    assert [call for call in calls if call.startswith("aws")] == [f"{SIGNAL} --unique-id i-1 --status SUCCESS"]
    assert code == 0
