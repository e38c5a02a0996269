"""The configuration of nginx, in a real nginx before two small servers that tell what they were asked."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from services.tests.s3_server import free_ports

pytestmark = pytest.mark.nginx

RENDER = Path(settings.BASE_DIR, "deploy", "nginx", "render.py")
HASHED = "css/base.0123456789ab.css"
CSS = b"a { color: teal }\n" * 100
FOREVER = "public, max-age=31536000, immutable"


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, and hangs up without a word where the address says so."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Named"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path))
        if self.path.startswith(f"/dies-on/{self.server.name}/") or self.path.startswith("/dies/"):
            self.close_connection = True
            return
        body = json.dumps({"server": self.server.name, "headers": self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815

    def log_message(self, *_args: Any) -> None:
        pass


class Named(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, name: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), Echo)
        self.name = name
        self.asked: list[tuple[str, str]] = []


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def seen(self, name: str) -> list[str]:
        """Return the values of a header as the server behind nginx saw it."""
        return [value for key, value in json.loads(self.body)["headers"] if key.lower() == name.lower()]


@dataclass
class Front:
    port: int
    servers: list[Named]

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        found = connection.getresponse()
        answer = Answer(found.status, found.getheaders(), found.read())
        connection.close()
        return answer


def rendered(folder: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [
            *(sys.executable, RENDER, "--static", folder / "static", "--state", folder, "--pid", folder / "pid"),
            # Another user could not read the folders of tests, which are closed to others whenever tests begin.
            *("--error-log", folder / "log", "--user", "root" if os.geteuid() == 0 else "", *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def running(folder: Path, *options: str, gunicorns: int = 2) -> Iterator[Front]:
    """Run nginx with two servers behind it, of which ``gunicorns`` are there."""
    port, *behind = free_ports(3)
    options += ("--listen", f"127.0.0.1:{port}")
    for one in behind:
        options += ("--gunicorn", f"127.0.0.1:{one}")
    (folder / "nginx.conf").write_text(rendered(folder, *options).stdout)
    with ExitStack() as stack:
        servers = [Named(name, one) for name, one in zip("ab"[:gunicorns], behind[:gunicorns], strict=True)]
        for server in servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-g", "daemon off;"])
        stack.callback(nginx.wait)
        stack.callback(nginx.terminate)
        until = time.monotonic() + 20
        while not (folder / "pid").exists() or not is_there(port):
            assert nginx.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield Front(port, servers)


def is_there(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with two static files, each also compressed."""
    made = tmp_path_factory.mktemp("nginx")
    (made / "static" / "css").mkdir(parents=True)
    for name in (HASHED, "css/base.css"):
        (made / "static" / name).write_bytes(CSS)
        (made / "static" / f"{name}.gz").write_bytes(b"gzip'd")
        (made / "static" / f"{name}.br").write_bytes(b"brotli'd")
    return made


@pytest.fixture(scope="module")
def front(folder) -> Iterator[Front]:
    with running(folder, "--balancer", "127.0.0.0/8") as made:
        yield made


@pytest.fixture(scope="module")
def untrusting(tmp_path_factory) -> Iterator[Front]:
    with running(tmp_path_factory.mktemp("untrusting")) as made:
        yield made


def test_the_balancer_tells_of_visitor_and_https(front):
    answer = front.ask("/", X_Forwarded_For="203.0.113.9, 198.51.100.7", X_Forwarded_Proto="https")
    assert answer.status == 200
    assert answer.seen("X-Real-IP") == answer.seen("X-Forwarded-For") == ["198.51.100.7"]
    assert answer.seen("X-Forwarded-Proto") == ["https"]


def test_a_stranger_is_not_believed(untrusting):
    answer = untrusting.ask(
        "/",
        X_Forwarded_For="203.0.113.9",
        X_Real_IP="203.0.113.9",
        X_Forwarded_Proto="https",
        X_Forwarded_Host="evil.example",
        Forwarded="for=203.0.113.9;proto=https",
        Proxy="http://evil.example",
    )
    assert answer.seen("X-Real-IP") == answer.seen("X-Forwarded-For") == ["127.0.0.1"]
    assert answer.seen("X-Forwarded-Proto") == ["http"]
    assert answer.seen("X-Forwarded-Host") == answer.seen("Forwarded") == answer.seen("Proxy") == []


def test_a_strange_scheme_of_the_balancer_is_none(front):
    assert front.ask("/", X_Forwarded_Proto="gopher").seen("X-Forwarded-Proto") == ["http"]


def test_a_good_name_of_a_request_is_kept_and_a_bad_one_replaced(front):
    assert front.ask("/", X_Request_ID="balancer-000001").seen("X-Request-ID") == ["balancer-000001"]
    (made,) = front.ask("/", X_Request_ID='x"}').seen("X-Request-ID")
    assert len(made) == 32


def test_headers_of_the_site_come_once_and_as_they_are(front):
    answer = front.ask("/sw.js")
    assert answer.all("X-Content-Type-Options") == ["nosniff"]
    assert answer.all("Cache-Control") == ["no-cache"]
    assert answer.all("Content-Encoding") == []
    assert answer.all("Server") == ["nginx"]


@pytest.mark.parametrize(
    ("accepts", "encoding", "body"),
    [("br, gzip", ["br"], b"brotli'd"), ("gzip", ["gzip"], b"gzip'd"), ("identity", [], CSS)],
)
def test_static_files_come_as_the_browser_likes_them(front, accepts, encoding, body):
    answer = front.ask(f"/static/{HASHED}", Accept_Encoding=accepts)
    assert (answer.status, answer.body) == (200, body)
    assert answer.all("Content-Encoding") == encoding
    assert answer.all("Cache-Control") == [FOREVER]
    assert answer.all("X-Content-Type-Options") == ["nosniff"]
    assert answer.all("Vary") == ["Accept-Encoding"]
    assert answer.all("Content-Type")[0].startswith("text/css")


def test_static_files_without_a_hash_are_kept_a_minute(front):
    answer = front.ask("/static/css/base.css")
    assert answer.all("Cache-Control") == ["max-age=60"]
    assert answer.all("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize(
    "path", ["/static/", "/static/css/", "/static/none.css", "/static/../nginx.conf", "/static../log"]
)
def test_nothing_else_on_the_disk_is_given_out(front, path):
    answer = front.ask(path)
    # What nginx sees as another address than /static/ is the site's.
    assert answer.status in (403, 404) or json.loads(answer.body)["server"] in "ab"


@pytest.mark.parametrize("name", ["413", "429", "502"])
def test_pages_of_errors_are_nobodys_addresses(front, name):
    assert front.ask(f"/{name}.html").status == 404


def test_more_than_eight_photos_weigh_is_refused_with_a_sentence(front):
    answer = front.ask("/promociones/nueva/", "POST", None, Content_Length=str(126 * 1024 * 1024))
    assert answer.status == 413
    assert "hasta 15 MB" in answer.body.decode()
    assert answer.all("X-Content-Type-Options") == ["nosniff"]


def test_whoever_asks_too_often_reads_a_sentence_and_others_are_served(front, folder):
    answers = [front.ask("/en/cuenta/login/", X_Forwarded_For="198.51.100.20") for _ in range(80)]
    refused = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers[:40]} == {200}
    assert refused
    assert "Vas muy rápido" in refused[0].body.decode()
    assert refused[0].all("Retry-After") == ["10"]
    assert refused[0].all("Cache-Control") == ["no-store"]
    assert front.ask("/en/cuenta/login/", X_Forwarded_For="198.51.100.21").status == 200
    assert "198.51.100.20" not in (folder / "log").read_text()


def test_probes_are_never_too_often(front):
    """On one connection, which is quick enough to be too often anywhere else."""
    connection = HTTPConnection("127.0.0.1", front.port, timeout=10)
    statuses = {"/salud/vivo/": [], "/": []}
    for path, answers in statuses.items():
        for _ in range(250):
            connection.request("GET", path, headers={"X-Forwarded-For": "198.51.100.30"})
            found = connection.getresponse()
            found.read()
            answers.append(found.status)
    connection.close()
    assert set(statuses["/salud/vivo/"]) == {200}
    assert 429 in statuses["/"]


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_reader_is_served_by_the_other_when_one_hangs_up(front, name):
    # Fewer than would have nginx leave that one alone.
    answers = [front.ask(f"/dies-on/{name}/") for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert {json.loads(answer.body)["server"] for answer in answers} == {"b" if name == "a" else "a"}


def test_a_form_that_was_begun_is_not_sent_twice(front):
    for server in front.servers:
        server.asked.clear()
    assert front.ask("/dies/", "POST", b"price=90").status == 502
    assert [one for server in front.servers for one in server.asked] == [("POST", "/dies/")]


def test_a_form_goes_to_the_other_when_one_is_not_there(tmp_path):
    with running(tmp_path, gunicorns=1) as front:
        statuses = [front.ask("/", method).status for method in ("GET", "POST") * 10]
    assert statuses == [200] * 20


def test_with_nobody_behind_it_nginx_says_a_sentence(tmp_path):
    with running(tmp_path, gunicorns=0) as front:
        answer = front.ask("/")
    assert answer.status == 502
    assert "Volvemos enseguida" in answer.body.decode()


def test_one_visitor_keeps_nobody_from_being_served(front):
    """A connection that says nothing, or half of a request, occupies nginx and not a gunicorn."""
    with ExitStack() as stack:
        for _ in range(80):
            slow = HTTPConnection("127.0.0.1", front.port, timeout=5)
            stack.callback(slow.close)
            slow.connect()
            slow.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        assert front.ask("/salud/listo/").status == 200
    assert ("POST", "/") not in [one for server in front.servers for one in server.asked]


def test_https_ends_here_where_there_is_a_certificate(tmp_path):
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", "/CN=localhost", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    (tls,) = free_ports(1)
    given = ("--listen-tls", f"127.0.0.1:{tls}", "--certificate", str(certificate), "--key", str(key))
    with running(tmp_path, *given):
        connection = HTTPSConnection("127.0.0.1", tls, context=ssl._create_unverified_context(), timeout=10)
        connection.request("GET", "/", headers={"X-Forwarded-Proto": "http"})
        answer = connection.getresponse()
        seen = dict(json.loads(answer.read())["headers"])
        connection.close()
    assert seen["X-Forwarded-Proto"] == "https"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--balancer", "10.0.0.1/8"),
        ("--balancer", "everybody"),
        ("--gunicorn", "127.0.0.1:1; return 200"),
        ("--pid", ""),
    ],
)
def test_what_is_no_word_or_range_is_refused(tmp_path, option, value):
    result = rendered(tmp_path, "--gunicorn", "127.0.0.1:8001", option, value)
    assert (result.returncode, result.stdout) == (2, "")
    assert option in result.stderr


def test_https_without_a_certificate_is_refused(tmp_path):
    result = rendered(tmp_path, "--gunicorn", "127.0.0.1:8001", "--listen-tls", "443")
    assert (result.returncode, result.stderr) == (1, "--listen-tls needs --certificate and --key.\n")


@pytest.mark.parametrize(("user", "said"), [("www-data", ["user www-data;"]), ("", [])])
def test_whoever_is_not_root_names_no_user(tmp_path, user, said):
    written = rendered(tmp_path, "--gunicorn", "127.0.0.1:8001", "--user", user).stdout
    assert [line for line in written.splitlines() if line.startswith("user ")] == said
