"""Pictures in an S3 bucket, at Amazon or on a server that speaks the same language.

Nothing in the bucket is public: every address is signed, here and without asking anybody, and is the same for three
hours in every process. See decision 0008.
"""

import mimetypes
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from boto3.exceptions import Boto3Error
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

from services.enums import Area
from services.pictures.addresses import URL_LIFETIME, bucket_address, period_began
from services.pictures.storage import StorageAway, StoredObject

LIFETIME_SECONDS = int(URL_LIFETIME.total_seconds())
NOT_FOUND = 404

CLIENT_SETTINGS: dict[str, Any] = {
    "signature_version": "s3v4",
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"total_max_attempts": 2, "mode": "standard"},
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "max_pool_connections": 16,
}
PROBE_SETTINGS = {"connect_timeout": 1, "read_timeout": 2, "retries": {"total_max_attempts": 1}}

# A person waits for one file no longer than this. The timeouts above are for one address of a server, and Amazon's
# name has eight, which are tried one after the other.
SAVE_SECONDS = 7
# After a time-out nobody else waits for the same one: a form may have eight photos.
AWAY_SECONDS = 10
# A CDN's signature takes ten times as long as a bucket's, and a page of results has seventy. Some five megabytes.
CDN_ADDRESSES_KEPT = 5_000

_writers = ThreadPoolExecutor(max_workers=16, thread_name_prefix="pictures")

mimetypes.add_type("image/webp", ".webp")  # Python does not know it before 3.13.


class SteadyQueryAuth(S3SigV4QueryAuth):
    """Signs an address (Signature Version 4 in the query) with the beginning of the running three hours."""

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = datetime.fromtimestamp(period_began(), UTC).strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)


class S3PictureStorage(S3Storage):
    """A private bucket. ``OPTIONS`` are those of django-storages' ``S3Storage``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_config: Config
        if not self.address.startswith(f"https://{self.bucket_name}."):
            self.client_config = self.client_config.merge(Config(s3={"addressing_style": "path"}))
        self._away_until = 0.0
        self._cdn_address = lru_cache(CDN_ADDRESSES_KEPT)(self._sign_for_cdn)

    def get_default_settings(self) -> dict[str, Any]:
        defaults: dict[str, Any] = super().get_default_settings()
        return defaults | {
            "default_acl": None,
            "querystring_expire": LIFETIME_SECONDS,
            "object_parameters": {"CacheControl": f"private, max-age={LIFETIME_SECONDS}, immutable"},
            "client_config": Config(**CLIENT_SETTINGS),
        }

    @cached_property
    def address(self) -> str:
        return bucket_address(bucket=self.bucket_name, region=self.region_name, endpoint=self.endpoint_url or "")

    @cached_property
    def _credentials(self) -> Any:
        credentials = self._create_session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def url(self, name: str | None, *_args: Any, **_options: Any) -> str:
        """Return the signed address of the file ``name``, which ends in three to six hours.

        Those of the public area come from the CDN where there is one; the others never do. Nobody is asked, unless the
        machine has its credentials from its role and they are about to run out.
        """
        key = quote(str(name), safe="/")
        if self.cloudfront_signer and key.startswith(f"{Area.PUBLIC}/"):
            return self._cdn_address(key, period_began() + LIFETIME_SECONDS)
        request = AWSRequest("GET", f"{self.address}/{key}")
        with self._translated(str(name)):
            credentials = self._credentials.get_frozen_credentials()
            SteadyQueryAuth(credentials, "s3", self.region_name, LIFETIME_SECONDS).add_auth(request)
        return str(request.url)

    def _sign_for_cdn(self, key: str, ends: int) -> str:
        address = f"https://{self.custom_domain}/{key}"
        date = datetime.fromtimestamp(ends, UTC)
        return str(self.cloudfront_signer.generate_presigned_url(address, date_less_than=date))

    def get_available_name(self, name: str, max_length: int | None = None) -> str:  # noqa: ARG002
        """Return ``name``: keys are random, and a file under another one would be found by no row."""
        return name

    def exists(self, name: str) -> bool:
        with self._translated(name):
            try:
                self._client.head_object(Bucket=self.bucket_name, Key=name)
            except ClientError as error:
                if _status(error) != NOT_FOUND:
                    raise
                return False
        return True

    def delete(self, name: str) -> None:
        """Delete the file; none there is no error."""
        with self._translated(name):
            self._client.delete_object(Bucket=self.bucket_name, Key=name)

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield what is below the folder ``prefix``, a thousand at a time."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name, Prefix=f"{prefix}/")
        with self._translated(prefix):
            for page in pages:
                for found in page.get("Contents", ()):
                    yield StoredObject(found["Key"], found["Size"], found["LastModified"])

    def probe(self) -> None:
        """Ask for the bucket, once and not for long."""
        with self._translated(self.bucket_name):
            self._probing_client.head_bucket(Bucket=self.bucket_name)

    @property
    def _client(self) -> Any:
        """What asks the server; raises at once while the storage is known to be away."""
        if self.is_away:
            raise StorageAway("The picture storage has not answered a moment ago.")
        return self._shared_client

    # One for all threads, which it is made for: each would take some 60 ms and several megabytes.
    @cached_property
    def _shared_client(self) -> Any:
        return self._new_client(self.client_config)

    @cached_property
    def _probing_client(self) -> Any:
        return self._new_client(self.client_config.merge(Config(**PROBE_SETTINGS)))

    def _new_client(self, config: Config) -> Any:
        return self._create_session().client(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=config, verify=self.verify
        )

    def _open(self, name: str, mode: str = "rb") -> File:  # noqa: ARG002
        """Return the whole file: it has a megabyte at most, and a connection may break while one reads."""
        with self._translated(name):
            return ContentFile(self._client.get_object(Bucket=self.bucket_name, Key=name)["Body"].read(), name)

    def _save(self, name: str, content: File) -> str:
        parameters = self._get_write_parameters(name, content)
        body = b"".join(content.chunks())

        def put() -> None:
            self._client.put_object(Bucket=self.bucket_name, Key=name, Body=body, **parameters)

        with self._translated(name):
            writing = _writers.submit(put)
            try:
                writing.result(timeout=SAVE_SECONDS)
            except TimeoutError:
                writing.cancel()
                raise
        return name

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        """Turn what boto raises into ``FileNotFoundError`` or ``StorageAway``, so that callers know of one kind."""
        try:
            yield
        except ClientError as error:
            if _status(error) == NOT_FOUND:
                raise FileNotFoundError(key) from error
            raise StorageAway(f"{key}: {error}") from error
        except (HTTPClientError, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise StorageAway(f"{key}: {str(error) or 'no answer in time'}") from error
        except (BotoCoreError, Boto3Error) as error:
            raise StorageAway(f"{key}: {error}") from error


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
