"""Brings a backup back, or only reads it through. Nothing whose SHA-256 is another one is ever put in place."""

import hashlib
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.base import ContentFile

from palitas.backup import database, manifest
from palitas.backup.locations import Location
from palitas.backup.making import BATCH, DATABASES, PICTURES, WORKERS, Sha256, time_of_copy
from palitas.backup.manifest import Damaged, Entry
from services.enums import Area
from services.pictures.storage import picture_storage


class NotEmpty(Exception):
    """Something is where the backup would go; the text says what."""


@dataclass
class Report:
    """What was read; ``made_at`` of the database's copy, or of the list when the database is PostgreSQL."""

    made_at: datetime
    pictures: int = 0
    size: int = 0
    database: str = ""
    damaged: list[str] = field(default_factory=list)


def check(location: Location) -> Report:
    """Read everything that the newest list names, and compare.

    Raises:
        Damaged: there is no list, or it is damaged itself. Damaged files are in the report.
        OSError: the location cannot be read.
    """
    with TemporaryDirectory() as folder:
        path, made_at = _newest(location, Path(folder))
        report = Report(made_at)
        _each(manifest.kept(path), lambda entry: _is_whole(location, entry), report)
    return report


def restore(location: Location, *, at: datetime | None, force: bool) -> Report:
    """Bring back the pictures, and the database when it is SQLite. The site must be stopped.

    Args:
        at: the last moment of the database; pictures that have left the site since come back too.
        force: put the backup in the place of what is there. Pictures that it does not have stay.

    Raises:
        NotEmpty: there are pictures, or a database, and ``force`` is not given.
        Damaged: there is no list, no copy of the database, or one of them is damaged; then nothing was changed.
            Damaged pictures are in the report; the others are back.
        OSError: the pictures, the database or the location cannot be read or written.
    """
    target = database.sqlite_file()
    storage = picture_storage()
    if not force:
        if any(True for area in Area for _object in storage.objects(area)):
            raise NotEmpty("There are pictures already.")
        if target and not database.is_empty(target):
            raise NotEmpty(f"There is a database already: {target}.")

    def bring(entry: Entry) -> bool:
        content = io.BytesIO()
        location.read(entry.name, content)
        if hashlib.sha256(content.getbuffer()).hexdigest() != entry.sha256:
            return False
        key = entry.name.removeprefix(PICTURES)
        storage.save(key, ContentFile(content.getvalue(), name=key))
        return True

    with TemporaryDirectory() as folder:
        path, made_at = _newest(location, Path(folder))
        report = Report(made_at)
        if target:
            copy = _copy_of(path, at)
            _restore_database(location, copy, target, Path(folder))
            report.database, report.made_at = copy.name, time_of_copy(copy)
        wanted = (entry for entry in manifest.kept(path, PICTURES) if not entry.gone or (at and entry.gone > at))
        _each(wanted, bring, report)
    return report


def _newest(location: Location, folder: Path) -> tuple[Path, datetime]:
    """Return the newest list, read through, and when it was made."""
    known = manifest.names(location)
    if not known:
        raise Damaged("There is no backup: it has no list.")
    path = folder / "manifest.gz"
    manifest.fetch(location, known[-1], path)
    return path, manifest.moment_of(Path(known[-1]).stem)


def _copy_of(path: Path, at: datetime | None) -> Entry:
    copies = [entry for entry in manifest.kept(path, DATABASES) if not at or time_of_copy(entry) <= at]
    if not copies:
        raise Damaged("The backup has no copy of the database" + (" from before that time." if at else "."))
    return copies[-1]


def _restore_database(location: Location, copy: Entry, target: Path, folder: Path) -> None:
    packed = folder / "database.gz"
    with packed.open("wb") as file:
        location.read(copy.name, file)
    with packed.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != copy.sha256:
            raise Damaged(f"{copy.name} is not what was written.")
    database.unpack(packed, target)


def _each(entries: Iterator[Entry], is_good: Callable[[Entry], bool], report: Report) -> None:
    """Do something with every entry, several at a time; those that are bad or missing go into the report."""

    def tried(entry: Entry) -> bool:
        try:
            return is_good(entry)
        except FileNotFoundError:
            return False

    with ThreadPoolExecutor(WORKERS) as executor:
        while batch := list(islice(entries, BATCH)):
            for entry, good in zip(batch, executor.map(tried, batch), strict=True):
                if not good:
                    report.damaged.append(entry.name)
                elif entry.name.startswith(PICTURES):
                    report.pictures += 1
                    report.size += entry.size


def _is_whole(location: Location, entry: Entry) -> bool:
    found = Sha256()
    location.read(entry.name, found)
    return found.hexdigest() == entry.sha256
