"""Copies of a SQLite database, made while the site writes to it."""

import gzip
import shutil
import sqlite3
import zlib
from contextlib import closing, suppress
from pathlib import Path

from django.conf import settings

from palitas.backup.manifest import Damaged


def sqlite_file() -> Path | None:
    """Return where the database is; None when it is PostgreSQL."""
    database = settings.DATABASES["default"]
    return Path(str(database["NAME"])) if database["ENGINE"] == "django.db.backends.sqlite3" else None


def snapshot(source: Path, compressed: Path) -> None:
    """Write the database as of one moment, compressed, to the file ``compressed``.

    Raises:
        Damaged: the copy does not pass SQLite's own check.
        OSError: there is no database, or no room.
    """
    copy = compressed.with_suffix(".copy")
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=20)) as live,
            closing(sqlite3.connect(copy)) as target,
        ):
            # In one step: what reads a WAL database stops no writer, and between steps it would begin anew.
            live.backup(target)
    except sqlite3.Error as error:
        raise OSError(f"{source} cannot be copied: {error}") from error
    check(copy)
    with copy.open("rb") as plain, gzip.open(compressed, "wb", compresslevel=6) as packed:
        shutil.copyfileobj(plain, packed)
    copy.unlink()


def check(path: Path) -> None:
    """Have SQLite read the whole file.

    Raises:
        Damaged: it finds something wrong.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            wrong = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            strays = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise Damaged(f"The copy of the database is damaged: {error}") from error
    if wrong != ["ok"] or strays:
        raise Damaged(f"The copy of the database is damaged: {wrong[0] if wrong != ['ok'] else strays}")


def is_empty(path: Path) -> bool:
    """Return whether there is no database at ``path``, or one without a single table."""
    if not path.exists():
        return True
    with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.DatabaseError):
        return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    return False


def unpack(compressed: Path, target: Path) -> None:
    """Put the copy at ``compressed`` in the place of the database ``target``; nobody may be using it.

    Raises:
        Damaged: the copy cannot be unpacked or does not pass SQLite's check; ``target`` is as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.restoring")
    try:
        try:
            with gzip.open(compressed, "rb") as packed, unfinished.open("wb") as plain:
                shutil.copyfileobj(packed, plain)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise Damaged(f"The copy of the database is damaged: {error}") from error
        check(unfinished)
        # What a killed process left in them belongs to the former file.
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
