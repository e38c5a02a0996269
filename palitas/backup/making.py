"""Makes a backup. A run copies what is new, and reads each copy again.

The pictures' keys never come twice and their files never change (decision 0008). What has left the site stays for a
while, so that a database of a former day finds its pictures. Then it is *forgotten*: the list says so first, its file
is deleted after that, and only a later run, which has deleted it once more, leaves it out of the list. So whenever a
run is killed or cannot delete, what must go is still known, and no list ever asks for what is not there.
"""

import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from palitas.backup import database, manifest
from palitas.backup.locations import Location
from palitas.backup.manifest import Damaged, Entry
from services.enums import Area
from services.pictures.storage import PictureStorage, StoredObject, picture_storage

DATABASES, PICTURES = "database/", "pictures/"
SUFFIX = ".sqlite3.gz"
COPY = re.compile(rf"{DATABASES}\d{{8}}T\d{{6}}Z{re.escape(SUFFIX)}")
# Of the last day every copy of the database is kept, of each former day the last one.
EVERY_COPY = timedelta(days=1)
FORMER = "former.gz"
BATCH = 256
WORKERS = 8

Pair = tuple[Entry | None, StoredObject | None]


@dataclass
class Report:
    """What a run did; sizes in bytes."""

    manifest: str
    pictures: int = 0
    copied: int = 0
    copied_bytes: int = 0
    gone: int = 0
    database: str = ""
    forgotten: list[str] = field(default_factory=list)
    undeleted: str = ""  # the first file that could not be deleted, and why; the next run tries again


def back_up(location: Location, *, now: datetime, keep: timedelta) -> Report:
    """Bring the backup in ``location`` up to date.

    Args:
        keep: how long pictures that have left the site, and former copies of the database, stay.

    Raises:
        Damaged: something was read otherwise than it was written.
        OSError: the pictures, the database or the location cannot be read or written.
    """
    report = Report(manifest=f"{manifest.FOLDER}/{manifest.stamp(now)}.gz")
    with TemporaryDirectory() as folder:
        work = Path(folder)
        known = manifest.names(location)
        former, current = work / FORMER, work / "current.gz"
        if known:
            manifest.fetch(location, known[-1], former)
        else:
            manifest.write(former, ())
        # The database first: what its rows name is copied after it.
        databases = list(_databases(location, work, now, keep, report))
        strays = _strays(location, {copy.name for copy in databases}, now)
        manifest.write(current, chain(databases, _pictures(location, work, now, keep, report)))
        with current.open("rb") as file:
            location.write(report.manifest, file)
        manifest.fetch(location, report.manifest, work / "again.gz")
    # Only now: had the list not been written, the former one would name what is not there.
    for name in [*report.forgotten, *strays, *known[: -manifest.KEPT]]:
        _delete(location, name, report)
    return report


def _delete(location: Location, name: str, report: Report) -> bool:
    """Delete a file; returns whether it is gone. After a failure nothing more is tried, so that the run ends."""
    if not report.undeleted:
        try:
            location.delete(name)
        except OSError as error:
            report.undeleted = f"{name}: {error}"
    return not report.undeleted


def _databases(location: Location, work: Path, now: datetime, keep: timedelta, report: Report) -> Iterator[Entry]:
    """Yield the copies that stay, and a new one when the database is SQLite; what is no longer named is a stray."""
    copies = list(manifest.read(work / FORMER, DATABASES))
    last_of_day = {time_of_copy(copy).date(): copy for copy in copies}
    for copy in copies:
        age = now - time_of_copy(copy)
        if age < EVERY_COPY or (age < keep and last_of_day[time_of_copy(copy).date()] == copy):
            yield copy
    if source := database.sqlite_file():
        packed = work / "database.gz"
        database.snapshot(source, packed)
        report.database = f"{DATABASES}{manifest.stamp(now)}{SUFFIX}"
        with packed.open("rb") as content:
            yield _put(location, report.database, content)


def _strays(location: Location, named: set[str], now: datetime) -> list[str]:
    """Return the copies of the database that no list names: forgotten, or of a run that was killed before its list."""
    copies = (Entry(name, 0, "") for name in location.names(DATABASES.rstrip("/")) if COPY.fullmatch(name))
    # A younger one may belong to a run that has not written its list yet.
    return [copy.name for copy in copies if copy.name not in named and now - time_of_copy(copy) >= EVERY_COPY]


def time_of_copy(entry: Entry) -> datetime:
    """Return when a copy of the database was made."""
    return manifest.moment_of(entry.name.removeprefix(DATABASES).removesuffix(SUFFIX))


def _pictures(location: Location, work: Path, now: datetime, keep: timedelta, report: Report) -> Iterator[Entry]:
    """Yield every picture that the backup has after this run; copies those that are new."""
    storage = picture_storage()
    pairs = _side_by_side(manifest.read(work / FORMER, PICTURES), _stored(storage))
    with ThreadPoolExecutor(WORKERS) as executor:
        while batch := list(islice(pairs, BATCH)):
            settled = executor.map(partial(_settle, location, storage, now), batch)
            for (known, _found), entry in zip(batch, settled, strict=True):
                if entry is None:
                    continue
                if entry.gone and (entry.is_forgotten or entry.gone <= now - keep):
                    # What a former list has forgotten may leave this one when its file is gone.
                    if not (entry.is_forgotten and _delete(location, entry.name, report)):
                        report.forgotten.append(entry.name)
                        yield replace(entry, is_forgotten=True)
                    continue
                report.pictures += not entry.gone
                report.gone += bool(entry.gone)
                if known is None or known.sha256 != entry.sha256:
                    report.copied += 1
                    report.copied_bytes += entry.size
                yield entry


def _stored(storage: PictureStorage) -> Iterator[StoredObject]:
    return chain.from_iterable(storage.objects(area) for area in sorted(Area))


def _side_by_side(known: Iterator[Entry], stored: Iterator[StoredObject]) -> Iterator[Pair]:
    """Yield what the former list and the storage have by the same key; both come in the order of their keys."""
    entry, found = next(known, None), next(stored, None)
    while entry or found:
        name = f"{PICTURES}{found.key}" if found else ""
        if entry and (not found or entry.name < name):
            yield entry, None
            entry = next(known, None)
        elif found and (not entry or name < entry.name):
            yield None, found
            found = next(stored, None)
        else:
            yield entry, found
            entry, found = next(known, None), next(stored, None)


def _settle(location: Location, storage: PictureStorage, now: datetime, pair: Pair) -> Entry | None:
    """Return what the new list says of one picture; None when it was deleted before it could be copied."""
    known, found = pair
    if found is None:
        return replace(known, gone=known.gone or now) if known else None
    if known and known.size == found.size and not known.is_forgotten:
        return replace(known, gone=None)
    try:
        with storage.open(found.key) as file:
            content = file.read()
    except FileNotFoundError:
        return replace(known, gone=known.gone or now) if known else None
    return _put(location, f"{PICTURES}{found.key}", io.BytesIO(content))


def _put(location: Location, name: str, content: BinaryIO) -> Entry:
    """Write a file into the backup and read it again.

    Raises:
        Damaged: what was read is not what was written.
    """
    written, again = Sha256(), Sha256()
    shutil.copyfileobj(content, written)
    size = content.tell()
    content.seek(0)
    location.write(name, content)
    location.read(name, again)
    if again.hexdigest() != written.hexdigest():
        raise Damaged(f"{name} was read otherwise than it was written.")
    return Entry(name, size, written.hexdigest())


class Sha256:
    """A file that keeps nothing of what is written to it but the hash."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, data: bytes, /) -> None:
        self._hash.update(data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
