"""``manage.py backup`` and ``restore``; the whole of it, with everything lost, is in ``drill.py``."""

import gzip
import os
import re
import shutil
import sqlite3
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from palitas.backup import database, making, manifest
from palitas.backup.locations import Bucket, Folder
from palitas.backup.making import back_up
from palitas.backup.manifest import Damaged, Entry
from palitas.backup.restoring import NotEmpty, check, restore
from palitas.management.commands.backup import KEEP_DAYS
from palitas.tests import drill_programs
from services.pictures.storage import SignedFileSystemStorage, picture_storage

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEEP = timedelta(days=35)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PUBLIC, PRIVATE = "public/1/a/400.webp", "private/2/b/400.webp"


@pytest.fixture
def place(tmp_path) -> Folder:
    return Folder(tmp_path / "backup")


@pytest.fixture(autouse=True)
def site(tmp_path, monkeypatch) -> Path:
    """A database of two rows, and two pictures."""
    path = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE town (name text)")
        connection.execute("INSERT INTO town VALUES ('Ponce'), ('Utuado')")
    monkeypatch.setattr(database, "sqlite_file", lambda: path)
    save(PUBLIC, b"a" * 3000)
    save(PRIVATE, b"b")
    return path


def save(key: str, content: bytes) -> None:
    picture_storage().save(key, ContentFile(content))


def pictures() -> dict[str, bytes]:
    storage = picture_storage()
    found = [one.key for area in ("private", "public", "u") for one in storage.objects(area)]
    contents = {}
    for key in found:
        with storage.open(key) as file:
            contents[key] = file.read()
    return contents


def lose(site: Path) -> None:
    for key in pictures():
        picture_storage().delete(key)
    for path in site.parent.glob("site.sqlite3*"):
        path.unlink()


def towns(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM town")]


def entries(place: Folder, tmp_path: Path) -> dict[str, Entry]:
    path = tmp_path / "list.gz"
    manifest.fetch(place, manifest.names(place)[-1], path)
    return {entry.name: entry for entry in manifest.read(path)}


def names(place: Folder) -> list[str]:
    return sorted(str(path.relative_to(place.path)) for path in place.path.rglob("*") if path.is_file())


def damage(path: Path) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def test_backup_brings_everything_back(site, place):
    report = back_up(place, now=NOW, keep=KEEP)
    assert (report.pictures, report.copied, report.copied_bytes, report.gone) == (2, 2, 3001, 0)
    assert report.database == "database/20261128T120000Z.sqlite3.gz"
    before = pictures()
    lose(site)
    restored = restore(place, at=None, force=False)
    assert (restored.pictures, restored.size, restored.made_at, restored.damaged) == (2, 3001, NOW, [])
    assert pictures() == before
    assert towns(site) == ["Ponce", "Utuado"]


def test_next_backup_copies_only_what_is_new(place, tmp_path):
    back_up(place, now=NOW, keep=KEEP)
    kept = (place.path / "pictures" / PUBLIC).stat().st_mtime_ns
    save("public/1/c/400.webp", b"cc")
    report = back_up(place, now=NOW + MINUTE, keep=KEEP)
    assert (report.pictures, report.copied, report.copied_bytes) == (3, 1, 2)
    assert (place.path / "pictures" / PUBLIC).stat().st_mtime_ns == kept
    assert sorted(entries(place, tmp_path)) == [
        "database/20261128T120000Z.sqlite3.gz",
        "database/20261128T120100Z.sqlite3.gz",
        f"pictures/{PRIVATE}",
        f"pictures/{PUBLIC}",
        "pictures/public/1/c/400.webp",
    ]


def test_backup_is_not_readable_by_others(place):
    back_up(place, now=NOW, keep=KEEP)
    assert place.path.stat().st_mode & 0o777 == 0o700


def test_deleted_picture_comes_back_for_a_former_day_only(site, place):
    back_up(place, now=NOW, keep=KEEP)
    picture_storage().delete(PRIVATE)
    report = back_up(place, now=NOW + DAY, keep=KEEP)
    assert (report.pictures, report.gone) == (1, 1)
    for at, expected in ((None, [PUBLIC]), (NOW + MINUTE, [PRIVATE, PUBLIC]), (NOW + 2 * DAY, [PUBLIC])):
        lose(site)
        restore(place, at=at, force=False)
        assert list(pictures()) == expected


def test_deleted_picture_is_forgotten_in_the_end(place, tmp_path):
    back_up(place, now=NOW, keep=KEEP)
    picture_storage().delete(PRIVATE)
    back_up(place, now=NOW + DAY, keep=KEEP)
    back_up(place, now=NOW + KEEP, keep=KEEP)
    assert f"pictures/{PRIVATE}" in names(place)
    report = back_up(place, now=NOW + DAY + KEEP, keep=KEEP)
    assert report.forgotten == [f"pictures/{PRIVATE}"]
    assert [name for name in names(place) if name.startswith("pictures")] == [f"pictures/{PUBLIC}"]
    assert check(place).damaged == []
    assert back_up(place, now=NOW + DAY + KEEP + MINUTE, keep=KEEP).forgotten == []
    assert f"pictures/{PRIVATE}" not in entries(place, tmp_path)


@pytest.mark.parametrize("later", [2 * KEEP, 2 * KEEP + DAY])
def test_picture_that_returns_is_not_forgotten(site, place, later):
    """Neither before it has been, nor after."""
    back_up(place, now=NOW, keep=KEEP)
    picture_storage().delete(PRIVATE)
    back_up(place, now=NOW + DAY, keep=KEEP)
    if later > 2 * KEEP:
        assert back_up(place, now=NOW + 2 * KEEP, keep=KEEP).forgotten == [f"pictures/{PRIVATE}"]
    save(PRIVATE, b"b")
    back_up(place, now=NOW + later, keep=KEEP)
    lose(site)
    restore(place, at=None, force=False)
    assert list(pictures()) == [PRIVATE, PUBLIC]


def fail_to_delete(monkeypatch, error: type[BaseException]) -> None:
    def fail(_self: Folder, name: str) -> None:
        raise error(f"{name} cannot be deleted")

    monkeypatch.setattr(Folder, "delete", fail)


@pytest.mark.parametrize("error", [PermissionError, KeyboardInterrupt])
def test_what_one_run_could_not_delete_the_next_ones_do(site, place, tmp_path, error):
    """A run that was killed is like one that was interrupted: it does nothing more."""
    back_up(place, now=NOW, keep=KEEP)
    picture_storage().delete(PRIVATE)
    back_up(place, now=NOW + DAY, keep=KEEP)
    over = NOW + DAY + KEEP
    for number in range(3):
        with pytest.MonkeyPatch.context() as monkeypatch, suppress(KeyboardInterrupt):
            fail_to_delete(monkeypatch, error)
            report = back_up(place, now=over + number * MINUTE, keep=KEEP)
            assert report.undeleted == f"pictures/{PRIVATE}: pictures/{PRIVATE} cannot be deleted"
        assert f"pictures/{PRIVATE}" in names(place)
        assert entries(place, tmp_path)[f"pictures/{PRIVATE}"].is_forgotten
        assert check(place).damaged == []
    for number in (3, 4):
        assert back_up(place, now=over + number * MINUTE, keep=KEEP).undeleted == ""
        assert f"pictures/{PRIVATE}" not in names(place)
    assert f"pictures/{PRIVATE}" not in entries(place, tmp_path)
    lose(site)
    assert restore(place, at=over, force=False).damaged == []
    assert list(pictures()) == [PUBLIC]


def test_copy_of_a_killed_run_goes_after_a_day(place):
    back_up(place, now=NOW, keep=KEEP)
    for stray in ("20261128T115900Z.sqlite3.gz", "mine.sqlite3.gz"):
        shutil.copy(place.path / "database" / "20261128T120000Z.sqlite3.gz", place.path / "database" / stray)
    later = {
        NOW + DAY - 2 * MINUTE: ["20261128T115900Z", "20261128T120000Z", "20261129T115800Z"],
        NOW + DAY - MINUTE: ["20261128T120000Z", "20261129T115800Z", "20261129T115900Z"],
    }
    for moment, stamps in later.items():
        back_up(place, now=moment, keep=KEEP)
        copies = [name for name in names(place) if name.startswith("database")]
        assert copies == [*(f"database/{stamp}.sqlite3.gz" for stamp in stamps), "database/mine.sqlite3.gz"]


def test_copies_of_the_database_grow_sparse_with_age(place, tmp_path):
    times = [NOW - 40 * DAY, NOW - 2 * DAY, NOW - 2 * DAY + MINUTE, NOW - 2 * MINUTE, NOW - MINUTE, NOW]
    for moment in times:
        back_up(place, now=moment, keep=KEEP)
    expected = [f"database/{manifest.stamp(moment)}.sqlite3.gz" for moment in times[2:]]
    assert [name for name in entries(place, tmp_path) if name.startswith("database")] == expected
    assert [name for name in names(place) if name.startswith("database")] == expected


def test_only_the_last_lists_are_kept(place):
    for minutes in range(manifest.KEPT + 3):
        back_up(place, now=NOW + minutes * MINUTE, keep=KEEP)
    assert len(manifest.names(place)) == manifest.KEPT + 1
    assert check(place).damaged == []


def test_database_is_copied_while_it_is_written(site, tmp_path):
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(site, isolation_level=None, timeout=20)) as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO town VALUES ('Adjuntas')")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            database.snapshot(site, tmp_path / f"{number}.gz")
    finally:
        stop.set()
        writer.join()
    database.unpack(tmp_path / "4.gz", tmp_path / "again.sqlite3")
    assert 2 < len(towns(tmp_path / "again.sqlite3")) <= len(towns(site))


def test_restore_refuses_pictures_that_are_there(site, place):
    back_up(place, now=NOW, keep=KEEP)
    save(PRIVATE, b"newer")
    with pytest.raises(NotEmpty, match="There are pictures already"):
        restore(place, at=None, force=False)
    assert pictures()[PRIVATE] == b"newer"


def test_restore_refuses_a_database_that_is_there(site, place):
    back_up(place, now=NOW, keep=KEEP)
    shutil.rmtree(picture_storage().location)
    with pytest.raises(NotEmpty, match="There is a database already"):
        restore(place, at=None, force=False)
    assert pictures() == {}


def test_restore_by_force_replaces_both(site, place):
    back_up(place, now=NOW, keep=KEEP)
    save(PRIVATE, b"newer")
    with closing(sqlite3.connect(site, isolation_level=None)) as connection:
        connection.execute("DELETE FROM town")
    restore(place, at=None, force=True)
    assert pictures()[PRIVATE] == b"b"
    assert towns(site) == ["Ponce", "Utuado"]


def test_restore_chooses_the_database_of_that_time(site, place):
    back_up(place, now=NOW, keep=KEEP)
    with closing(sqlite3.connect(site, isolation_level=None)) as connection:
        connection.execute("DELETE FROM town")
    back_up(place, now=NOW + 2 * MINUTE, keep=KEEP)
    assert restore(place, at=NOW + MINUTE, force=True).made_at == NOW
    assert towns(site) == ["Ponce", "Utuado"]
    with pytest.raises(Damaged, match="no copy of the database from before that time"):
        restore(place, at=NOW - MINUTE, force=True)


def test_altered_picture_is_named_and_not_put_in_place(site, place):
    back_up(place, now=NOW, keep=KEEP)
    damage(place.path / "pictures" / PUBLIC)
    assert check(place).damaged == [f"pictures/{PUBLIC}"]
    lose(site)
    assert restore(place, at=None, force=False).damaged == [f"pictures/{PUBLIC}"]
    assert list(pictures()) == [PRIVATE]


def test_picture_that_the_backup_lost_is_named(place):
    back_up(place, now=NOW, keep=KEEP)
    (place.path / "pictures" / PUBLIC).unlink()
    assert check(place).damaged == [f"pictures/{PUBLIC}"]


def test_altered_database_stops_the_restore_before_it_begins(site, place):
    report = back_up(place, now=NOW, keep=KEEP)
    damage(place.path / report.database)
    lose(site)
    with pytest.raises(Damaged, match="is not what was written"):
        restore(place, at=None, force=False)
    assert pictures() == {}
    assert not site.exists()


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b""), gzip.compress(b"x 1 - pictures/a\n")])
def test_damaged_list_is_not_believed(place, content):
    report = back_up(place, now=NOW, keep=KEEP)
    (place.path / report.manifest).write_bytes(content)
    for attempt in (lambda: check(place), lambda: back_up(place, now=NOW + MINUTE, keep=KEEP)):
        with pytest.raises(Damaged, match=r"The list manifests/.* is damaged"):
            attempt()


def test_flipped_or_cut_list_is_not_believed(place):
    path = place.path / back_up(place, now=NOW, keep=KEEP).manifest
    whole = path.read_bytes()
    damage(path)
    with pytest.raises(Damaged, match="The list"):
        check(place)
    path.write_bytes(whole[:-12])
    with pytest.raises(Damaged, match="The list"):
        check(place)
    lines = gzip.decompress(whole).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[1:])))
    with pytest.raises(Damaged, match="The list"):
        check(place)


def test_damaged_database_is_not_copied(site, place):
    site.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises((Damaged, OSError)):
        back_up(place, now=NOW, keep=KEEP)
    assert manifest.names(place) == []


def test_copy_that_reads_otherwise_than_it_was_written_is_noticed(place, monkeypatch):
    monkeypatch.setattr(Folder, "read", lambda _self, _name, into: into.write(b"otherwise"))
    with pytest.raises(Damaged, match="was read otherwise than it was written"):
        back_up(place, now=NOW, keep=KEEP)
    assert manifest.names(place) == []


def test_picture_deleted_while_the_backup_runs_is_no_error(place, monkeypatch):
    def gone(_self: object, name: str) -> None:
        raise FileNotFoundError(name)

    monkeypatch.setattr(SignedFileSystemStorage, "open", gone)
    assert back_up(place, now=NOW, keep=KEEP).pictures == 0


def test_list_refuses_names_that_do_not_ascend(tmp_path):
    with pytest.raises(ValueError, match="a comes after b"):
        manifest.write(tmp_path / "list.gz", [Entry("b", 1, "0"), Entry("a", 1, "0")])


@pytest.mark.s3
def test_bucket_is_backed_up_into_a_bucket(s3, site, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "site-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "site-secret-0123456789")
    s3.client.create_bucket(Bucket="palitas-copy")
    place = Bucket("palitas-copy", endpoint=s3.endpoint)
    save(PUBLIC, b"a" * 3000)
    save(PRIVATE, b"b")
    monkeypatch.setattr(making, "BATCH", 1)
    assert back_up(place, now=NOW, keep=KEEP).copied == 2
    before = pictures()
    lose(site)
    assert restore(place, at=None, force=False).damaged == []
    assert pictures() == before
    s3.client.put_object(Bucket="palitas-copy", Key=f"pictures/{PUBLIC}", Body=b"altered")
    assert check(place).damaged == [f"pictures/{PUBLIC}"]
    s3.client.delete_object(Bucket="palitas-copy", Key=f"pictures/{PUBLIC}")
    assert check(place).damaged == [f"pictures/{PUBLIC}"]
    with pytest.raises(OSError, match="no-such-bucket"):
        check(Bucket("no-such-bucket", endpoint=s3.endpoint))


def call(*arguments: str) -> str:
    written = StringIO()
    call_command(*arguments, stdout=written)
    return written.getvalue()


def test_commands_say_what_they_did(site, place):
    answer = call("backup", str(place.path))
    assert "2 files of pictures, 2 of them new, 3,001 bytes; 0 deleted ones kept." in answer
    assert "2 files of pictures (3,001 bytes) are whole." in call("restore", str(place.path), "--check")
    with pytest.raises(CommandError, match=r"There are pictures already\. Nothing was changed\. To replace it, add"):
        call("restore", str(place.path))
    damage(place.path / "pictures" / PUBLIC)
    with pytest.raises(CommandError, match=f"1 files are missing from the backup or damaged:\npictures/{PUBLIC}"):
        call("restore", str(place.path), "--force")


def test_commands_name_what_is_in_their_way(place):
    with pytest.raises(CommandError, match="There is no backup: it has no list"):
        call("restore", str(place.path), "--check")
    with pytest.raises(CommandError, match="'yesterday' is no time like"):
        call("restore", str(place.path), "--at", "yesterday")
    with pytest.raises(CommandError, match=r"No backup was made: .*nobody"):
        call("backup", "s3://palitas-copy", "--profile", "nobody")


def test_backup_that_was_made_is_not_denied(place, monkeypatch):
    back_up(place, now=timezone.now() - MINUTE, keep=KEEP)
    picture_storage().delete(PRIVATE)
    fail_to_delete(monkeypatch, PermissionError)
    sentence = f"The backup was made, but what is to be forgotten could not be deleted: pictures/{PRIVATE}: "
    with pytest.raises(CommandError, match=f"^{re.escape(sentence)}.*The next run tries again"):
        call("backup", str(place.path), "--keep-days", "0")
    assert "1 files of pictures (3,000 bytes) are whole." in call("restore", str(place.path), "--check")


def test_postgresql_is_left_to_pgbackrest(place, monkeypatch):
    monkeypatch.setattr(database, "sqlite_file", lambda: None)
    assert "The database is PostgreSQL: pgBackRest backs it up." in call("backup", str(place.path))
    assert [name for name in names(place) if name.startswith("database")] == []


DEPLOY = Path(settings.BASE_DIR, "deploy", "backup")
OPERATIONS = Path(settings.BASE_DIR, "docs", "operations.md").read_text()


def values(name: str, option: str) -> list[str]:
    """Return what a file of ``deploy/backup`` sets an option to."""
    return re.findall(rf"^{option} ?= ?(.+)$", (DEPLOY / name).read_text(), re.MULTILINE)


def test_pictures_stay_as_long_as_the_database_can_go_back():
    assert values("pgbackrest.conf", "repo1-retention-full") == [str(KEEP_DAYS)]
    assert values("pgbackrest.conf", "repo1-retention-full-type") == ["time"]
    assert f"Any moment of the last {KEEP_DAYS} days" in OPERATIONS


def test_page_says_what_may_be_lost():
    assert values("postgresql.conf", "archive_timeout") == ["60"]
    assert "60 seconds (`archive_timeout`)" in OPERATIONS
    assert values("palitas-backup.timer", "OnCalendar") == ["*:0/15"]
    assert "15 minutes (the timer)" in OPERATIONS


def test_units_start_what_there_is():
    started = [line for unit in DEPLOY.glob("*.service") for line in values(unit.name, "ExecStart")]
    release = "/opt/palitas/release"
    assert sorted(started) == [
        f"{release}/.venv/bin/python manage.py backup $BACKUP_TO",
        f"{release}/deploy/backup/postgresql.sh %i",
    ]
    assert os.access(DEPLOY / "postgresql.sh", os.X_OK)


def test_no_secret_is_in_the_files_of_the_backup():
    settings_made = re.findall(r"^[^#\n]*(?:key|pass|secret)[^\n]*=", (DEPLOY / "pgbackrest.conf").read_text(), re.M)
    assert settings_made == []


def test_what_the_drill_lacks_is_named(monkeypatch):
    monkeypatch.setattr(drill_programs.shutil, "which", lambda _name: None)
    assert drill_programs.missing_programs()[-2:] == ["openssl", "pgBackRest"]
