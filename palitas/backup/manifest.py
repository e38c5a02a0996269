"""The list of what a backup has: one file of lines, sorted by name, with size and SHA-256 of each.

It is written last, so what it names is there, and read line by line, so memory does not grow with the pictures. Its own
last line says how many there are and what they hash to: half a list is not taken for a whole one.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from palitas.backup.locations import Location

FOLDER = "manifests"
KEPT = 10
STAMP = "%Y%m%dT%H%M%SZ"
END = "end"
NEVER = "-"
FORGOTTEN = "x"


class Damaged(Exception):
    """The backup is not what was written; the text names what differs."""


@dataclass(frozen=True)
class Entry:
    """A file of the backup.

    Attributes:
        gone: when it was first seen to have left the site.
        is_forgotten: its time is over and it is being deleted: it may be there or not, and nobody is to ask for it.
    """

    name: str
    size: int
    sha256: str
    gone: datetime | None = None
    is_forgotten: bool = False


def stamp(moment: datetime) -> str:
    """Return the time as names have it: sortable, to the second."""
    return moment.astimezone(UTC).strftime(STAMP)


def moment_of(text: str) -> datetime:
    return datetime.strptime(text, STAMP).replace(tzinfo=UTC)


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write a list to the file ``path``.

    Raises:
        ValueError: names do not ascend.
    """
    digest, count, last = hashlib.sha256(), 0, ""
    with gzip.open(path, "wb") as lines:
        for entry in entries:
            if entry.name <= last:
                raise ValueError(f"{entry.name} comes after {last}.")
            gone = stamp(entry.gone) + FORGOTTEN * entry.is_forgotten if entry.gone else NEVER
            line = f"{entry.sha256} {entry.size} {gone} {entry.name}\n".encode()
            lines.write(line)
            digest.update(line)
            count, last = count + 1, entry.name
        lines.write(f"{END} {count} {digest.hexdigest()}\n".encode())


def names(location: Location) -> list[str]:
    """Return the names of the manifests, the oldest first."""
    return [name for name in location.names(FOLDER) if name.endswith(".gz")]


def fetch(location: Location, name: str, path: Path) -> None:
    """Copy the manifest ``name`` to ``path`` and read it through.

    Raises:
        Damaged: it is not what was written.
        OSError: the location cannot be read.
    """
    with path.open("wb") as file:
        location.read(name, file)
    digest, count = hashlib.sha256(), 0
    try:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                if line.startswith(END.encode()):
                    if line.decode() == f"{END} {count} {digest.hexdigest()}\n" and not lines.read(1):
                        return
                    break
                digest.update(line)
                count += 1
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise Damaged(f"The list {name} is damaged: {error}") from error
    raise Damaged(f"The list {name} is damaged.")


def read(path: Path, folder: str = "") -> Iterator[Entry]:
    """Yield what a manifest that was fetched names below ``folder``, forgotten files among it."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if line.startswith(END):
                return
            sha256, size, gone, name = line.rstrip("\n").split(" ", 3)
            if name.startswith(folder):
                since = None if gone == NEVER else moment_of(gone.removesuffix(FORGOTTEN))
                yield Entry(name, int(size), sha256, since, is_forgotten=gone.endswith(FORGOTTEN))


def kept(path: Path, folder: str = "") -> Iterator[Entry]:
    """Yield what a manifest says must be there, below ``folder``."""
    return (entry for entry in read(path, folder) if not entry.is_forgotten)
