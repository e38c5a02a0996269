"""The restore drill: ``make drill``. Everything is lost and brought back from the backup alone, for real.

PostgreSQL and an S3 server run in a folder of their own, on the loopback address, with the files of ``deploy/backup``.
Nothing here is a test of the suite; it is run by name, and needs pgBackRest, PostgreSQL's programs and SeaweedFS.
"""

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.conf import settings

from palitas.tests.drill_programs import missing_programs, programs
from services.tests.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server, free_ports, running_s3_server

DEPLOY = Path(settings.BASE_DIR, "deploy", "backup")
BACKUP_BUCKET = "palitas-backup"
# Sixty in production; here nobody wants to wait for it.
ARCHIVE_SECONDS = 5
SLACK_SECONDS = 15
SMALL = ["seed_demo", "--users", "6", "--promotions", "5", "--requests", "3", "--agreements", "4"]
MORE = ["seed_demo", "--users", "9", "--promotions", "9", "--requests", "5", "--agreements", "6"]
HEARTBEAT = "drill_heartbeat"

Table = tuple[int, str]  # rows, and a hash of them


def run(arguments: list[str], *, fails: bool = False, **variables: str) -> str:
    """Run a program; returns what it wrote. ``fails``: it must end with an error."""
    result = subprocess.run(
        arguments,
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (result.returncode != 0) is fails, f"{arguments} ended with {result.returncode}:\n{result.stdout}"
    return result.stdout


def say(name: str, value: object) -> None:
    sys.stdout.write(f"  {name:<44} {value}\n")


@dataclass
class Site:
    """The site as a process of its own sees it."""

    variables: dict[str, str]

    def manage(self, *arguments: str, fails: bool = False) -> str:
        variables = {"ENVIRONMENT": "development", "ENV_FILE": "", "LOG_LEVEL": "WARNING", **self.variables}
        return run([sys.executable, "manage.py", *arguments], fails=fails, **variables)

    def fill(self) -> None:
        self.manage("release", "--verbosity", "0")
        self.manage(*SMALL)


@dataclass
class Cluster:
    """A PostgreSQL server of our own, which archives with pgBackRest."""

    folder: Path
    s3: S3Server
    port: int = field(default_factory=lambda: free_ports(1)[0])

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def variables(self) -> dict[str, str]:
        """What differs from production in ``deploy/backup/pgbackrest.conf``: where things are."""
        options = {
            "CONFIG_PATH": self.folder / "pgbackrest",
            "LOCK_PATH": self.folder / "lock",
            "PG1_PATH": self.data,
            "PG1_PORT": self.port,
            "PG1_SOCKET_PATH": self.folder,
            "PG1_USER": "palitas",
            "PG1_DATABASE": "postgres",
            "REPO1_S3_BUCKET": BACKUP_BUCKET,
            "REPO1_S3_ENDPOINT": "localhost",
            "REPO1_S3_URI_STYLE": "path",
            "REPO1_STORAGE_PORT": self.s3.endpoint.rpartition(":")[2],
            "REPO1_STORAGE_CA_FILE": self.s3.certificate,
        }
        return {f"PGBACKREST_{name}": str(value) for name, value in options.items()}

    @property
    def url(self) -> str:
        return f"postgres://palitas@127.0.0.1:{self.port}/palitas"

    def postgres(self, *arguments: object, fails: bool = False) -> str:
        """Run a program as a user who is not root, which PostgreSQL refuses to run as."""
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        return run([*as_postgres, *map(str, arguments)], fails=fails, **self.variables)

    def create(self) -> None:
        secrets = f"repo1-s3-key={ACCESS_KEY}\nrepo1-s3-key-secret={SECRET_KEY}\nrepo1-cipher-pass=a-passphrase\n"
        (self.folder / "pgbackrest" / "conf.d").mkdir(parents=True)
        shutil.copy(DEPLOY / "pgbackrest.conf", self.folder / "pgbackrest")
        (self.folder / "pgbackrest" / "conf.d" / "secrets.conf").write_text(f"[global]\n{secrets}")
        self.postgres(programs() / "initdb", "-D", self.data, "-U", "palitas", "-A", "trust", "-E", "UTF8", "-k")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"{(DEPLOY / 'postgresql.conf').read_text()}\n")
            file.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n")
            file.write(f"unix_socket_directories = '{self.folder}'\narchive_timeout = {ARCHIVE_SECONDS}\n")
        self.start()
        self.postgres(programs() / "createdb", "-h", self.folder, "-p", self.port, "-U", "palitas", "palitas")

    def start(self) -> None:
        # Its output must not hold our pipe open.
        log = self.folder / "postgresql.log"
        try:
            self.postgres(programs() / "pg_ctl", "-D", self.data, "-w", "-t", "90", "-l", log, "start")
        except AssertionError as error:
            error.add_note("\n".join(log.read_text().splitlines()[-20:]))
            raise

    def kill(self) -> None:
        """End every process of the server with SIGKILL."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.killpg(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def lose(self) -> None:
        """Nothing is left: neither the data nor the locks, which would name a process of the machine that is gone."""
        self.kill()
        shutil.rmtree(self.data)
        for lock in self.folder.glob(".s.PGSQL.*"):
            lock.unlink()

    def tables(self) -> dict[str, Table]:
        rows = (
            "SELECT count(*), md5(coalesce(string_agg(r::text, E'\\n' ORDER BY r::text COLLATE \"C\"), '')) FROM {} r"
        )
        with psycopg.connect(self.url) as connection:
            names = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s", [HEARTBEAT]
            ).fetchall()
            return {name: connection.execute(rows.format(f'"{name}"')).fetchone() for (name,) in names}

    def beat_until_killed(self, seconds: float) -> float:
        """Write the time again and again, then kill the server; returns when that was."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLE {HEARTBEAT} (at double precision)")
            until = time.time() + seconds
            while time.time() < until:
                connection.execute(f"INSERT INTO {HEARTBEAT} VALUES (%s)", [time.time()])
                time.sleep(0.1)
            self.kill()
            return time.time()

    def now(self) -> str:
        with psycopg.connect(self.url) as connection:
            return str(connection.execute("SELECT clock_timestamp()::text").fetchone()[0])

    def last_beat(self) -> float:
        with psycopg.connect(self.url) as connection:
            return connection.execute(f"SELECT max(at) FROM {HEARTBEAT}").fetchone()[0]

    def wait_until_writable(self) -> None:
        until = time.monotonic() + 60
        with psycopg.connect(self.url, autocommit=True) as connection:
            while connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
                assert time.monotonic() < until, "PostgreSQL is still in recovery."
                time.sleep(0.1)


def objects_of(server: S3Server, bucket: str) -> dict[str, str]:
    pages = server.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
    return {key: sha256(server.client.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys}


def files_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.fixture(scope="session", autouse=True)
def everything_is_here():
    assert missing_programs() == [], "The restore drill cannot run without these."


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the user postgres may use too."""
    with TemporaryDirectory(prefix="drill-") as name:
        path = Path(name)
        path.chmod(0o777)
        yield path


@pytest.fixture
def s3(folder) -> Iterator[S3Server]:
    certificate, key = folder / "tls.crt", folder / "tls.key"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"]
    files = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(certificate)]
    run(["openssl", "req", "-x509", *files, *names])
    with running_s3_server(folder, certificate, key) as server:
        server.client.create_bucket(Bucket=BACKUP_BUCKET)
        yield server


@pytest.fixture
def cluster(folder, s3) -> Iterator[Cluster]:
    cluster = Cluster(folder, s3)
    try:
        cluster.create()
        yield cluster
    finally:
        cluster.kill()


def test_postgresql_and_bucket_come_back(cluster, s3):
    site = Site(
        {
            "DATABASE_URL": cluster.url,
            "AWS_STORAGE_BUCKET_NAME": BUCKET,
            "AWS_S3_ENDPOINT_URL": s3.endpoint,
            "AWS_CA_BUNDLE": s3.certificate,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            # As docs/operations.md has it for an upgrade.
            "PGOPTIONS": "-c lock_timeout=2s -c statement_timeout=60s",
        }
    )
    backup = [f"s3://{BACKUP_BUCKET}", "--endpoint", s3.endpoint]
    site.fill()

    began = time.monotonic()
    cluster.postgres("pgbackrest", "--stanza=palitas", "stanza-create")
    cluster.postgres(DEPLOY / "postgresql.sh", "full")
    site.manage("backup", *backup)
    backup_seconds = time.monotonic() - began
    site.manage(*MORE)
    began = time.monotonic()
    site.manage("backup", *backup)
    again_seconds = time.monotonic() - began

    tables, objects, moment = cluster.tables(), objects_of(s3, BUCKET), cluster.now()
    assert len(tables) > 40
    assert len(objects) > 50
    killed_at = cluster.beat_until_killed(seconds=ARCHIVE_SECONDS * 2 + 2)

    # Nothing is written over what is there.
    (cluster.data / "postmaster.pid").unlink()
    assert "contains files" in cluster.postgres("pgbackrest", "--stanza=palitas", "restore", fails=True)
    cluster.lose()
    s3.wipe()
    assert objects_of(s3, BUCKET) == {}

    began = time.monotonic()
    cluster.postgres("pgbackrest", "--stanza=palitas", "restore")
    cluster.start()
    cluster.wait_until_writable()
    site.manage("restore", *backup)
    restore_seconds = time.monotonic() - began

    assert cluster.tables() == tables
    assert objects_of(s3, BUCKET) == objects
    site.manage("sweep_storage")
    lost = killed_at - cluster.last_beat()
    assert lost < ARCHIVE_SECONDS + SLACK_SECONDS
    assert "There are pictures already" in site.manage("restore", *backup, fails=True)

    sys.stdout.write("\nPostgreSQL and bucket\n")
    say("tables / rows, equal", f"{len(tables)} / {sum(count for count, _hash in tables.values())}")
    say("objects with the same SHA-256", len(objects))
    say("first backup, verified", f"{backup_seconds:.1f} s")
    say("pictures again, only the new ones", f"{again_seconds:.1f} s")
    say(f"RPO: lost before kill -9, {ARCHIVE_SECONDS} s to the archive", f"{lost:.1f} s")
    say("RTO: from nothing to writable and compared", f"{restore_seconds:.1f} s")

    to_a_former_moment(cluster, moment, tables)
    damaged_bucket(site, s3, backup)
    damaged_repository(cluster, s3)


def to_a_former_moment(cluster: Cluster, moment: str, tables: dict[str, Table]) -> None:
    """The time before the heartbeats: they are not there."""
    cluster.lose()
    target = [f"--target={moment}", "--type=time", "--target-action=promote"]
    began = time.monotonic()
    cluster.postgres("pgbackrest", "--stanza=palitas", "restore", *target)
    cluster.start()
    cluster.wait_until_writable()
    say("to a former moment", f"{time.monotonic() - began:.1f} s")
    assert cluster.tables() == tables
    with pytest.raises(psycopg.errors.UndefinedTable):
        cluster.last_beat()


def damaged_bucket(site: Site, s3: S3Server, backup: list[str]) -> None:
    """One picture of the backup is altered: it is named, and everything else comes back."""
    names = s3.client.list_objects_v2(Bucket=BACKUP_BUCKET, Prefix="pictures/")["Contents"]
    name = names[len(names) // 2]["Key"]
    content = s3.client.get_object(Bucket=BACKUP_BUCKET, Key=name)["Body"].read()
    s3.client.put_object(Bucket=BACKUP_BUCKET, Key=name, Body=flipped(content))
    s3.wipe()
    for option in ([], ["--check"]):
        answer = site.manage("restore", *backup, *option, fails=True)
        assert f"1 files are missing from the backup or damaged:\n{name}" in answer
    assert name.removeprefix("pictures/") not in s3.all_keys()
    assert len(s3.all_keys()) == len(names) - 1
    say("one byte of a picture altered", "refused, by name")


def damaged_repository(cluster: Cluster, s3: S3Server) -> None:
    """One byte of the database's backup is flipped: both the check and the restore end with an error."""
    pages = s3.client.get_paginator("list_objects_v2").paginate(Bucket=BACKUP_BUCKET, Prefix="postgresql/backup/")
    largest = max((found for page in pages for found in page["Contents"]), key=lambda found: found["Size"])["Key"]
    content = s3.client.get_object(Bucket=BACKUP_BUCKET, Key=largest)["Body"].read()
    s3.client.put_object(Bucket=BACKUP_BUCKET, Key=largest, Body=flipped(content))
    assert "DAMAGED" in cluster.postgres(DEPLOY / "postgresql.sh", "check", fails=True)
    cluster.lose()
    assert "ERROR" in cluster.postgres("pgbackrest", "--stanza=palitas", "restore", fails=True)
    say("one byte of the database's backup altered", "refused by check and by restore")


def sqlite_tables(path: Path) -> dict[str, Table]:
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        contents = {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in names}
    return {name: (len(rows), sha256("\n".join(rows).encode())) for name, rows in contents.items()}


def test_sqlite_and_folder_come_back(folder):
    database, media, backup = folder / "site.sqlite3", folder / "media", folder / "backup"
    site = Site({"DATABASE_URL": f"sqlite:///{database}", "MEDIA_ROOT": str(media)})
    site.fill()
    site.manage("backup", str(backup))
    site.manage(*MORE)
    tables, files = sqlite_tables(database), files_of(media)
    assert len(files) > 50
    began = time.monotonic()
    site.manage("backup", str(backup))
    backup_seconds, backed_up_at = time.monotonic() - began, time.time()

    # Somebody writes until the machine dies; what comes after the last copy is lost.
    writing = f"import os, sqlite3, time\nc = sqlite3.connect({str(database)!r}, isolation_level=None)\n"
    writing += f"c.execute('CREATE TABLE {HEARTBEAT} (at real)')\nos.write(1, b'writes\\n')\n"
    writing += f"while True: c.execute('INSERT INTO {HEARTBEAT} VALUES (?)', [time.time()])\n"
    with subprocess.Popen([sys.executable, "-c", writing], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"writes\n"
        time.sleep(0.5)
        writer.kill()
    killed_at = time.time()
    assert "There are pictures already" in site.manage("restore", str(backup), fails=True)
    shutil.rmtree(media)
    assert "There is a database already" in site.manage("restore", str(backup), fails=True)
    for path in folder.glob("site.sqlite3*"):
        path.unlink()

    began = time.monotonic()
    site.manage("restore", str(backup))
    restore_seconds = time.monotonic() - began
    assert sqlite_tables(database) == tables
    assert files_of(media) == files
    site.manage("sweep_storage")

    sys.stdout.write("\nSQLite and folder\n")
    say("tables / rows, equal", f"{len(tables)} / {sum(count for count, _hash in tables.values())}")
    say("files with the same SHA-256", len(files))
    say("backup, verified", f"{backup_seconds:.1f} s")
    say("RPO: since the last copy, the timer's interval", f"{killed_at - backed_up_at:.1f} s")
    say("RTO: from nothing to compared", f"{restore_seconds:.1f} s")

    copy = max((backup / "database").iterdir())
    picture = min((backup / "pictures").rglob("*.webp"))
    for path in (copy, picture):
        path.write_bytes(flipped(path.read_bytes()))
    for path in [*folder.glob("site.sqlite3*"), *(path for path in media.rglob("*") if path.is_file())]:
        path.unlink()
    assert f"{copy.name} is not what was written" in site.manage("restore", str(backup), fails=True)
    damaged = f"2 files are missing from the backup or damaged:\ndatabase/{copy.name}\n{picture.relative_to(backup)}"
    assert damaged in site.manage("restore", str(backup), "--check", fails=True)
    assert not list(folder.glob("site.sqlite3"))
    say("one byte of the database's copy altered", "refused")
    say("one byte of a picture altered", "refused, by name")
