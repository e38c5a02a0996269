"""A real S3 server on this machine, which checks signatures and their end; and servers that fail."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

WEED = Path(sys.executable).with_name("weed")
BUCKET = "palitas-test"
ACCESS_KEY, SECRET_KEY = "site-key", "site-secret-0123456789"
START_SECONDS = 60


@dataclass(frozen=True)
class S3Server:
    """Where it is, and for https the file with its certificate."""

    endpoint: str
    certificate: str | None = None

    def settings(self, **options: Any) -> dict[str, Any]:
        """Return what ``STORAGES["default"]`` is to be."""
        return {
            "BACKEND": "services.pictures.s3.S3PictureStorage",
            "OPTIONS": {
                "bucket_name": BUCKET,
                "region_name": "us-east-1",
                "endpoint_url": self.endpoint,
                "access_key": ACCESS_KEY,
                "secret_key": SECRET_KEY,
                **options,
            },
        }

    @cached_property
    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            verify=self.certificate,
            config=Config(signature_version="s3v4", connect_timeout=2, read_timeout=20),
        )

    def all_keys(self) -> list[str]:
        return [found["Key"] for found in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]

    def wipe(self) -> None:
        for key in self.all_keys():
            self.client.delete_object(Bucket=BUCKET, Key=key)

    def wait(self) -> None:
        """Return when the bucket is there and can be written."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.client.create_bucket(Bucket=BUCKET)
                self.client.put_object(Bucket=BUCKET, Key="ready", Body=b"1")
            except (BotoCoreError, ClientError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return self.wipe()


def free_ports(number: int) -> list[int]:
    """Return ports that nobody has; all are held until the last is found, so that none comes twice."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def weed(folder: Path, certificate: Path | None = None, key: Path | None = None) -> tuple[list[str], S3Server]:
    """Return how to start SeaweedFS in ``folder`` on free ports of the loopback address, and what it will be."""
    identity = {
        "name": "site",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc"]
    names += ["s3.port", "s3.port.grpc"]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    options = [f"-{name}={port}" for name, port in ports.items()]
    options += ["-dir=.", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-s3.config=s3.json"]
    options += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
    # Each bucket takes seven volumes for itself.
    options += ["-master.volumeSizeLimitMB=64", "-volume.max=70", "-volume.preStopSeconds=0"]
    if certificate:
        options += [f"-s3.cert.file={certificate}", f"-s3.key.file={key}"]
    endpoint = f"{'https' if certificate else 'http'}://127.0.0.1:{ports['s3.port']}"
    return [str(WEED), "server", *options], S3Server(endpoint, str(certificate) if certificate else None)


@contextmanager
def running_s3_server(folder: Path, certificate: Path | None = None, key: Path | None = None) -> Iterator[S3Server]:
    """Run SeaweedFS on free ports of the loopback address, with its data in ``folder``."""
    command, server = weed(folder, certificate, key)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        server.wait()
        yield server
    finally:
        process.kill()
        process.wait()


@contextmanager
def refusing_server() -> Iterator[str]:
    """An address at which nobody listens."""
    yield f"http://127.0.0.1:{free_ports(1)[0]}"


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=100)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class _Broken(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def broken_server() -> Iterator[str]:
    """Answers every request with 500."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Broken)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        with suppress(OSError):
            server.server_close()
        thread.join()
