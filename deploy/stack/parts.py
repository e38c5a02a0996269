"""The parts of the stack, each as in production, on free ports of the loopback address with data in one folder."""

import os
import re
import secrets
import signal
import sys
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import cast
from urllib.request import urlopen

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.stack.browser import Browser
from deploy.stack.processes import Program, StackError, listens, postgres_programs, run
from services.tests.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, free_ports, weed

HERE = "127.0.0.1"
# So far the replica may be behind.
REPLICA_SECONDS = 10
OK = 200
PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
call_command("seed_catalog", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
call_command("seed_demo", users=30, promotions=80, requests=30, agreements=15, photos=False, verbosity=0)
"""


class MailBox:
    """A mail server that takes everything; what came lies in ``folder`` and in ``mails``, oldest first."""

    def __init__(self, folder: Path, port: int) -> None:
        self.mails: list[EmailMessage] = []
        self.folder = folder
        self.folder.mkdir()
        self.port = port
        self._controller = Controller(self, hostname=HERE, port=port, ready_timeout=60)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = cast("bytes", envelope.content)
        self.mails.append(cast("EmailMessage", message_from_bytes(content, policy=modern)))
        (self.folder / f"{len(self.mails):04}.eml").write_bytes(content)
        return "250 OK"

    def start(self) -> None:
        """Take mail from here on."""
        self._controller.start()

    def stop(self) -> None:
        """Take no more."""
        self._controller.stop()


@dataclass
class Stack:
    """Everything that runs; ``start`` begins it in order, ``stop`` ends it in the opposite one."""

    folder: Path
    programs: dict[str, Program] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)  # PostgreSQL is another user
        names = ("nginx", "gunicorn-1", "gunicorn-2", "postgresql", "replica", "redis", "smtp", "metrics")
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.address = f"https://{HERE}:{self.ports['nginx']}"
        self.certificate, self.key = self.folder / "certificate.pem", self.folder / "key.pem"
        self.mail_box = MailBox(self.folder / "mail", self.ports["smtp"])
        found = postgres_programs()
        if found is None:
            raise StackError("PostgreSQL is missing.")
        self.postgres = found

    def browser(self) -> Browser:
        """Return a browser of somebody who has not been here yet."""
        return Browser(self.address, self.certificate)

    def start(self) -> None:
        """Start everything; raises StackError when something does not answer."""
        self._make_certificate()
        self._start_databases()
        self._start(
            "redis", ["redis-server", "--bind", HERE, *self._port("redis"), "--save", "", "--dir", str(self.folder)]
        )
        self._start_pictures()
        self.mail_box.start()
        self.environment = self._environment()
        run([sys.executable, "-c", PREPARE], environment=self.environment)
        self._start_site()
        self._start_nginx()

    def stop(self) -> None:
        """End everything, the last first."""
        for program in reversed(self.programs.values()):
            program.stop()
        if self.mail_box.mails or self.environment:
            self.mail_box.stop()

    def _port(self, name: str) -> list[str]:
        return ["--port", str(self.ports[name])]

    def _start(self, name: str, command: list[str], *, port: int = 0, **more: object) -> Program:
        program = Program(name, command, self.folder, **more)  # type: ignore[arg-type]
        self.programs[name] = program
        program.start()
        where = port or self.ports.get(name, 0)
        if where:
            program.wait_for(lambda: listens(where))
        return program

    def _make_certificate(self) -> None:
        made = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
        ]
        made += [
            "-subj",
            "/CN=PalitasPR",
            "-addext",
            f"subjectAltName=IP:{HERE}",
            "-addext",
            "keyUsage=digitalSignature,keyCertSign",
        ]
        run([*made, "-keyout", str(self.key), "-out", str(self.certificate)])

    def _start_databases(self) -> None:
        """Start the primary, make the replica from a backup of it, and start that."""
        for name in ("primary", "standby"):
            (self.folder / name).mkdir(mode=0o700)
            if os.geteuid() == 0:
                run(["chown", "postgres:", str(self.folder / name)])
        primary, standby = str(self.folder / "primary"), str(self.folder / "standby")
        run(
            [
                f"{self.postgres}/initdb",
                "-D",
                primary,
                "-U",
                "palitas",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ],
            user="postgres",
        )
        self._start_postgres("postgresql", primary)
        port = str(self.ports["postgresql"])
        run([f"{self.postgres}/createdb", "-h", HERE, "-p", port, "-U", "palitas", "palitas"])
        run(
            [
                f"{self.postgres}/pg_basebackup",
                "-h",
                HERE,
                "-p",
                port,
                "-U",
                "palitas",
                "-D",
                standby,
                "-R",
                "-c",
                "fast",
            ],
            user="postgres",
        )
        self._start_postgres("replica", standby)

    def _start_postgres(self, name: str, data: str) -> None:
        options = ["-p", str(self.ports[name]), "-c", f"listen_addresses={HERE}", "-c", "unix_socket_directories="]
        options += ["-c", "max_connections=200", "-c", "hot_standby_feedback=on"]
        self._start(
            name, [f"{self.postgres}/postgres", "-D", data, *options], end_signal=signal.SIGINT, user="postgres"
        )
        self.programs[name].wait_for(lambda: self.is_ready(name))

    def is_ready(self, name: str) -> bool:
        """Return whether a PostgreSQL takes queries."""
        try:
            run([f"{self.postgres}/pg_isready", "-q", "-h", HERE, "-p", str(self.ports[name])])
        except StackError:
            return False
        return True

    def _start_pictures(self) -> None:
        (self.folder / "s3").mkdir()
        command, self.pictures = weed(self.folder / "s3", self.certificate, self.key)
        # Its paths are relative to its folder.
        # It would take a quarter of a minute to end in order, and nobody wants its data.
        where = ["env", f"--chdir={self.folder / 's3'}"]
        port = int(self.pictures.endpoint.rpartition(":")[2])
        self._start("seaweedfs", [*where, *command], port=port, end_signal=signal.SIGKILL)
        self.pictures.wait()

    def _environment(self) -> dict[str, str]:
        """Return the variables of .env.example for production."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "palitas.settings",
            "ENV_FILE": "",
            "ENVIRONMENT": "production",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "SITE_URL": self.address,
            "ALLOWED_HOSTS": HERE,
            "CONTACT_EMAIL": "hola@palitaspr.example",
            "MAIL_URL": f"smtp://{HERE}:{self.ports['smtp']}",
            "DATABASE_URL": f"postgres://palitas@{HERE}:{self.ports['postgresql']}/palitas",
            "DATABASE_REPLICA_URL": f"postgres://palitas@{HERE}:{self.ports['replica']}/palitas",
            "REDIS_URL": f"redis://{HERE}:{self.ports['redis']}/0",
            "AWS_STORAGE_BUCKET_NAME": BUCKET,
            "AWS_S3_ENDPOINT_URL": self.pictures.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_CA_BUNDLE": str(self.certificate),
            "METRICS_DIR": str(self.folder / "metrics"),
            "STATIC_ROOT": str(self.folder / "static"),
        }

    def _start_site(self) -> None:
        """Start two gunicorns, a worker and the figures."""
        for name in ("gunicorn-1", "gunicorn-2"):
            environment = self.environment | {"WEB_BIND": f"{HERE}:{self.ports[name]}"}
            command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "palitas.wsgi"]
            self._start(name, command, environment=environment)
        manage = [sys.executable, "manage.py"]
        self._start("worker", [*manage, "worker"], environment=self.environment)
        self._start("metrics", [*manage, "metrics", *self._port("metrics")], environment=self.environment)

    def _start_nginx(self) -> None:
        state = self.folder / "nginx"
        state.mkdir()
        asked = [sys.executable, "deploy/nginx/render.py", "--static", self.environment["STATIC_ROOT"]]
        for name in ("gunicorn-1", "gunicorn-2"):
            asked += ["--gunicorn", f"{HERE}:{self.ports[name]}"]
        asked += ["--listen-tls", f"{HERE}:{self.ports['nginx']}", "--certificate", str(self.certificate)]
        # The project may lie where only root may read.
        asked += ["--key", str(self.key), "--user", "root" if os.geteuid() == 0 else ""]
        asked += [
            "--balancer",
            "127.0.0.0/8",
            "--state",
            str(state),
            "--pid",
            str(state / "pid"),
            "--error-log",
            str(state / "log"),
        ]
        (self.folder / "nginx.conf").write_text(run(asked))
        self._start("nginx", ["nginx", "-c", str(self.folder / "nginx.conf"), "-g", "daemon off;"])
        self.programs["nginx"].wait_for(lambda: self.browser().get("/salud/listo/").status_code == OK)

    def figures(self) -> tuple[int, float]:
        """Return how many requests the command ``metrics`` knows of, and how many seconds the replica is behind.

        Raises:
            StackError: it counts none, or visitors are not served from the replica.
        """
        with urlopen(f"http://{HERE}:{self.ports['metrics']}/metrics", timeout=30) as answer:  # nosec B310
            text = answer.read().decode()
        counts = re.findall(r"^palitas_requests_total{.*} ([\d.e+]+)$", text, re.MULTILINE)
        if not counts:
            raise StackError("The figures count no request.")
        lag = re.search(r"^palitas_replica_lag_seconds (\S+)$", text, re.MULTILINE)
        if not lag or float(lag[1]) > REPLICA_SECONDS:
            raise StackError(f"The replica does not follow: {lag and lag[0]}")
        return int(sum(map(float, counts))), float(lag[1])
