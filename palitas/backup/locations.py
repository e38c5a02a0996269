"""Where a backup is kept: a folder, or a bucket that is not the pictures' own.

Both raise nothing but ``OSError``: ``FileNotFoundError`` for a name that is not there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, Protocol

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

S3 = "s3://"
MISSING = {"404", "NoSuchKey", "NotFound"}


class Writable(Protocol):
    """What a file is read into."""

    def write(self, data: bytes, /) -> object: ...


class Location(Protocol):
    """What a backup is written to and read from; ``name`` is a relative path with slashes."""

    def names(self, folder: str) -> list[str]:
        """Return the names directly in ``folder``, sorted."""

    def read(self, name: str, into: Writable) -> None: ...

    def write(self, name: str, content: BinaryIO) -> None:
        """Write whole or not at all; replaces what is there."""

    def delete(self, name: str) -> None:
        """Delete; none there is no error."""


class Folder:
    """A folder, best on another machine's disk; only the user who runs the backup can look into it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self, folder: str) -> list[str]:
        found = (self.path / folder).glob("[!.]*")
        return sorted(f"{folder}/{path.name}" for path in found)

    def read(self, name: str, into: Writable) -> None:
        with (self.path / name).open("rb") as file:
            shutil.copyfileobj(file, into)

    def write(self, name: str, content: BinaryIO) -> None:
        path = self.path / name
        self.path.mkdir(mode=0o700, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as temporary:
            unfinished = Path(temporary.name)
            try:
                shutil.copyfileobj(content, temporary)
                temporary.flush()
                os.fsync(temporary.fileno())  # the list, which is written last, must not outlive what it names
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def delete(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)


class Bucket:
    """A bucket. Large files go up in parts, so a connection of any speed will do."""

    def __init__(self, bucket: str, *, endpoint: str = "", profile: str = "") -> None:
        self.bucket = bucket
        config = Config(
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=60,
            retries={"total_max_attempts": 3, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=16,
        )
        with _translated(bucket):
            session = boto3.Session(profile_name=profile or None)
            self._client: Any = session.client("s3", endpoint_url=endpoint or None, config=config)

    def names(self, folder: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{folder}/")
        with _translated(f"{self.bucket}, {folder}"):
            return sorted(found["Key"] for page in pages for found in page.get("Contents", ()))

    def read(self, name: str, into: Writable) -> None:
        with _translated(name):
            shutil.copyfileobj(self._client.get_object(Bucket=self.bucket, Key=name)["Body"], into)

    def write(self, name: str, content: BinaryIO) -> None:
        with _translated(name):
            self._client.upload_fileobj(content, self.bucket, name)

    def delete(self, name: str) -> None:
        with _translated(name):
            self._client.delete_object(Bucket=self.bucket, Key=name)


def open_location(address: str, *, endpoint: str = "", profile: str = "") -> Location:
    """Return the location ``s3://bucket`` or the folder ``address``.

    Args:
        endpoint: of an S3 that is not Amazon's.
        profile: whose key of ``~/.aws`` is used; without it the key is what boto3 finds.

    Raises:
        OSError: the profile or the bucket's name cannot be used.
    """
    if address.startswith(S3):
        return Bucket(address.removeprefix(S3).rstrip("/"), endpoint=endpoint, profile=profile)
    return Folder(Path(address))


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            raise FileNotFoundError(f"{name} is not in the backup.") from error
        raise OSError(f"{name}: {error}") from error
    except (BotoCoreError, Boto3Error, ValueError) as error:
        raise OSError(f"{name}: {error}") from error
