"""Where pictures are kept: on the disk of a machine, or in a bucket (``s3.py``).

Both give out addresses that are signed and end by themselves, raise nothing but ``OSError``, and list what they keep.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, cast
from urllib.parse import urlencode

from django.core import signing
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.urls import reverse

from services.pictures.addresses import URL_LIFETIME, period_began

SALT = "services.pictures"
SIGNATURE_PARAMETER = "firma"


class StorageAway(ConnectionError):
    """The storage does not answer, or answers nothing sensible; whoever has more to do need not try."""


@dataclass(frozen=True)
class StoredObject:
    """A file that a storage has; ``size`` in bytes, ``changed_at`` by the storage's clock."""

    key: str
    size: int
    changed_at: datetime


class PictureStorage(Protocol):
    """What the room asks of a storage. Every method may raise ``OSError``; ``StorageAway`` when there is no storage."""

    @property
    def is_away(self) -> bool:
        """Whether the storage has just failed to answer; asks nobody."""

    def save(self, name: str, content: File) -> str: ...

    def open(self, name: str) -> File: ...

    def delete(self, name: str) -> None: ...

    def exists(self, name: str) -> bool: ...

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield what has a key below the folder ``prefix``, sorted by key."""

    def probe(self) -> None:
        """Find out in a few seconds whether the storage can be used."""


def picture_storage() -> PictureStorage:
    """Return the storage of the settings."""
    return cast("PictureStorage", default_storage)


class SteadyTimestampSigner(signing.TimestampSigner):
    """Signs with the beginning of the running three hours instead of this second."""

    def timestamp(self) -> str:
        return signing.b62_encode(period_began())


def sign(key: str) -> str:
    """Return the signature that opens the file ``key`` until at most six hours from now."""
    return SteadyTimestampSigner(salt=SALT).sign(key).removeprefix(f"{key}:")


def signature_is_valid(key: str, signature: str) -> bool:
    """Return whether ``signature`` was made for ``key`` and has not ended."""
    try:
        SteadyTimestampSigner(salt=SALT).unsign(f"{key}:{signature}", max_age=URL_LIFETIME)
    except signing.BadSignature:
        return False
    return True


class SignedFileSystemStorage(FileSystemStorage):
    """Files under ``MEDIA_ROOT``; written whole or not at all, given out by ``services.pictures.views.media``."""

    is_away = False

    def url(self, name: str | None) -> str:
        """Return the signed address of the file ``name``."""
        key = str(name)
        return f"{reverse('media', args=[key])}?{urlencode({SIGNATURE_PARAMETER: sign(key)})}"

    def get_available_name(self, name: str, max_length: int | None = None) -> str:  # noqa: ARG002
        """Return ``name``: keys are random, and a file under another one would be found by no row."""
        return name

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as temporary:
            unfinished = Path(temporary.name)
            try:
                for chunk in content.chunks():
                    temporary.write(chunk)
                temporary.flush()
                unfinished.chmod(self.file_permissions_mode or 0o644)
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
        return name

    def delete(self, name: str) -> None:
        """Delete the file, and its folder with the last one."""
        super().delete(name)
        with suppress(OSError):  # other files are left in it
            Path(self.path(name)).parent.rmdir()

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the files of a folder and its folders; those of a write that was cut off begin with a dot."""
        try:
            with os.scandir(self.path(prefix)) as found:
                # As a bucket sorts: by the whole key, in which the name of a folder ends with a slash.
                entries = sorted(found, key=lambda entry: f"{entry.name}/" if entry.is_dir() else entry.name)
        except FileNotFoundError:  # nothing was written yet, or its last file is gone
            return
        for entry in entries:
            key = f"{prefix}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self.objects(key)
                continue
            with suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                yield StoredObject(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def probe(self) -> None:
        """Write a file without a name into the folder, which says more than its permissions do."""
        root = Path(self.location)
        root.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=root, prefix="."):
            pass
