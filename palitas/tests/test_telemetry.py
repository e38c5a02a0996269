"""Logs, figures and the names of requests: what the operator sees, and what must not be seen there."""

import json
import logging
import re
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from agreements.enums import Status
from agreements.tests.factories import AgreementFactory
from notices.models import MailStatus
from notices.tests.factories import OutboxMailFactory
from palitas import replica
from palitas.telemetry import metrics
from palitas.telemetry.errors import without_personal_data
from palitas.telemetry.logs import LineFormatter, RequestFilter
from services.tests.factories import PromotionFactory


@pytest.fixture
def lines():
    """Return what is logged from here on, as production writes it."""
    out = StringIO()
    handler = logging.StreamHandler(out)
    form = settings.LOGGING["formatters"]["json"]
    handler.setFormatter(
        LineFormatter(
            **{name: value for name, value in form.items() if name not in ("()", "format")}, fmt=form["format"]
        )
    )
    handler.addFilter(RequestFilter())
    root, requests = logging.getLogger(), logging.getLogger("palitas.telemetry.middleware")
    level = requests.level
    requests.setLevel("INFO")
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.removeHandler(handler)
    requests.setLevel(level)


def of_requests(written: list[dict]) -> list[dict]:
    return [line for line in written if line["logger"] == "palitas.telemetry.middleware"]


def test_a_request_is_one_line_without_its_address(client, lines, db):
    client.get("/promociones/?q=mi+vecina", headers={"X-Request-ID": "balancer-000001"})
    (line,) = of_requests(lines())
    assert line.pop("milliseconds") >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line.pop("timestamp"))
    assert line == {
        "level": "INFO",
        "logger": "palitas.telemetry.middleware",
        "message": "request",
        "request_id": "balancer-000001",
        "method": "GET",
        "route": "promociones/",
        "status": 200,
    }


def test_a_line_names_the_person_by_key_only(login, member, lines):
    login(member).get("/tablero/")
    (line,) = of_requests(lines())
    assert line["person_id"] == member.pk
    assert not [word for word in (member.email, member.first_name, member.last_name) if word in json.dumps(lines())]


def test_a_refusal_bears_its_request_and_no_name_of_a_person(client, lines, db):
    client.get("/en/perfil/999-ana-rosado/", headers={"X-Request-ID": "balancer-000002"})
    refusal = [line for line in lines() if line["logger"] == "django.request"]
    assert [(line["message"], line["request_id"]) for line in refusal] == [("Not Found", "balancer-000002")]
    assert "rosado" not in json.dumps(lines())


@pytest.mark.parametrize(
    ("logger", "text", "arguments", "said"),
    [
        ("django.request", "%s: %s", ("Not Found", "/perfil/7-ana/"), "Not Found"),
        ("django.request", "Forbidden (Permission denied): %s", ("/perfil/7-ana/",), "Forbidden (Permission denied)"),
        ("django.request", "Method Not Allowed (%s): %s", ("PUT", "/perfil/7-ana/"), "Method Not Allowed (PUT)"),
        ("django.request", "Internal Server Error", (), "Internal Server Error"),
        (
            "django.security.csrf",
            "Forbidden (%s): %s",
            ("CSRF cookie not set.", "/perfil/7-ana/"),
            "Forbidden (CSRF cookie not set.)",
        ),
        (
            "django.security.csrf",
            "Forbidden (%s): %s",
            ("Referer checking failed - https://x.example/ana?q=ana does not match.", "/perfil/7-ana/"),
            "Forbidden (Referer checking failed - https://x.example does not match.)",
        ),
        ("django.security.DisallowedHost", "Invalid HTTP_HOST header: 'ana'. 100 %s", (), "DisallowedHost"),
        ("gunicorn.error", "Error handling request %s %s", ("GET", "/perfil/7-ana/"), "Error handling request GET"),
        ("gunicorn.error", "Error handling request %s", ("/perfil/7-ana/",), "Error handling request"),
        ("gunicorn.error", "Listening at: %s (%s)", ("http://127.0.0.1:1", 2), "Listening at: http://127.0.0.1:1 (2)"),
        ("notices.worker", "Waiting: %s", ("x\nDETAIL:  Key (email)=(ana@x) exists.\n",), "Waiting: x\n"),
    ],
)
def test_a_line_tells_of_no_address_that_was_asked_for(lines, logger, text, arguments, said):
    try:
        raise ValueError("secret")
    except ValueError as error:
        logging.getLogger(logger).error(text, *arguments, exc_info=error if "Host" in logger else None)
    (line,) = lines()
    assert line["message"] == said
    assert "secret" not in json.dumps(line)


def test_a_form_without_its_cookie_is_logged_without_its_address(lines, db):
    Client(enforce_csrf_checks=True).post("/promociones/7-destapes-de-ana/", {"q": "x"})
    (line,) = [line for line in lines() if line["logger"] == "django.security.csrf"]
    assert line["message"] == "Forbidden (CSRF cookie not set.)"
    assert "ana" not in json.dumps(lines())


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f", 'x"}\\n{"level":"INFO', "ñandú-ñandú"])
def test_an_answer_gets_a_name_of_its_own_when_the_proxy_gives_none_or_a_bad_one(client, given):
    response = client.get("/robots.txt", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])


PSYCOPG = (
    'duplicate key value violates unique constraint "accounts_user_email_key"\n'
    "DETAIL:  Key (email)=(ana@example.com) already exists.\n"
)


def test_a_traceback_is_logged_without_the_values_of_rows(lines):
    try:
        raise DatabaseError(PSYCOPG)
    except DatabaseError:
        logging.getLogger("django.request").exception("Internal Server Error")
    (line,) = lines()
    assert "accounts_user_email_key" in line["exc_info"]
    assert "ana@example.com" not in json.dumps(line)


def test_sentry_is_told_of_nobody():
    event = {
        "transaction": "perfil/<int:pk>-<slug:slug>/",
        "user": {"ip_address": "203.0.113.9"},
        "breadcrumbs": {"values": [{"message": "ana@example.com"}]},
        "extra": {"sys.argv": ["manage.py", "create_moderator", "--email", "ana@example.com"]},
        "exception": {"values": [{"type": "IntegrityError", "value": PSYCOPG}, {"type": "KeyError", "value": None}]},
        "request": {"method": "GET", "url": "https://x/perfil/7-ana-rosado/", "query_string": "q=mi+vecina"},
    }
    assert without_personal_data(event, {}) == {
        "transaction": "perfil/<int:pk>-<slug:slug>/",
        "exception": {
            "values": [
                {
                    "type": "IntegrityError",
                    "value": 'duplicate key value violates unique constraint "accounts_user_email_key"\n',
                },
                {"type": "KeyError", "value": ""},
            ]
        },
        "request": {"method": "GET"},
    }


def test_health_checks_are_not_logged(client, lines, db):
    client.get("/salud/vivo/")
    assert of_requests(lines()) == []


def test_slow_statements_are_logged_without_their_values(settings, lines, db):
    settings.SLOW_QUERY_MS = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 WHERE 'secreto' = %s", ["secreto-mayor"])
    slow = [line for line in lines() if line["message"] == "slow query"]
    assert [(line["sql"], line["database"]) for line in slow] == [("SELECT 1 WHERE 'secreto' = %s", "default")]


def test_quick_statements_are_not_logged(settings, lines, db):
    settings.SLOW_QUERY_MS = 60_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert lines() == []


def counted(**labels: str) -> float:
    return REGISTRY.get_sample_value("palitas_requests_total", labels) or 0


def test_answers_are_counted_by_route(client, db):
    labels = {"method": "GET", "route": "promociones/<int:pk>-<slug:slug>/", "status": "200"}
    before = counted(**labels)
    client.get(PromotionFactory().get_absolute_url())
    client.get(PromotionFactory().get_absolute_url())
    assert counted(**labels) == before + 2


def test_an_invented_method_makes_no_label_of_its_own(client, db):
    client.generic("BREW", "/robots.txt")
    assert counted(method="BREW", route="robots.txt", status="405") == 0
    assert counted(method="other", route="robots.txt", status="405") >= 1


def figures() -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(metrics.DatabaseCollector())
    text = generate_latest(registry).decode()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}


def test_the_database_tells_of_mail_and_agreements(db):
    OutboxMailFactory.create_batch(2)
    OutboxMailFactory(status=MailStatus.DEAD)
    AgreementFactory()
    found = figures()
    assert found['palitas_mails{status="waiting"}'] == found["palitas_queue_length"] == 2
    assert found['palitas_mails{status="dead"}'] == 1
    assert found['palitas_mails{status="sent"}'] == 0
    assert found["palitas_oldest_waiting_mail_seconds"] > 0
    assert found["palitas_database_up"] == 1
    assert {status: found[f'palitas_agreements{{status="{status}"}}'] for status in Status.values} == {
        **dict.fromkeys(Status.values, 0),
        Status.PENDING: 1,
    }


def test_a_database_that_is_away_is_a_figure_and_no_failure(monkeypatch, db):
    def away():
        raise DatabaseError("gone")
        yield

    monkeypatch.setattr(metrics, "_figures", away)
    assert figures() == {"palitas_database_up": 0}


def test_the_replica_tells_how_far_it_is_behind(monkeypatch, db):
    # In PostgreSQL it would end the transaction of the test.
    monkeypatch.setattr(metrics, "close_old_connections", lambda: None)
    assert "palitas_replica_lag_seconds" not in figures()
    monkeypatch.setattr(replica, "ALIAS", "default")
    assert figures()["palitas_replica_lag_seconds"] == 0

    def away():
        raise DatabaseError("gone")

    monkeypatch.setattr(replica, "lag_seconds", away)
    found = figures()
    assert found["palitas_replica_lag_seconds"] == float("inf")
    assert found["palitas_database_up"] == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_every_scrape_gives_its_connection_back():
    """Each comes in a thread of its own, and the pool has fewer connections than there are scrapes."""
    size = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
    found = []
    for _ in range(size + 2):
        scrape = threading.Thread(target=lambda: found.append(figures()["palitas_database_up"]))
        scrape.start()
        scrape.join()
    assert found == [1] * (size + 2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_metrics_refuses_a_port_that_is_taken(settings):
    settings.METRICS_DIR = ""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match="cannot be used"):
            call_command("metrics", port=taken.getsockname()[1])


def test_metrics_adds_up_what_processes_count_and_listens_on_loopback_only(tmp_path):
    database = tmp_path / "site.sqlite3"
    environment = {
        "PATH": "/usr/bin:/bin",
        "ENVIRONMENT": "development",
        "ENV_FILE": "",
        "DATABASE_URL": f"sqlite:///{database}",
        "METRICS_DIR": str(tmp_path / "metrics"),
    }
    visit = "import django; django.setup(); from django.test import Client; Client().get('/robots.txt')"
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", visit],
            check=True,
            cwd=settings.BASE_DIR,
            env=environment | {"DJANGO_SETTINGS_MODULE": "palitas.settings"},
        )
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "manage.py", "metrics", f"--port={port}"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout.readline() == f"http://127.0.0.1:{port}/metrics\n"
        scrape = HTTPConnection("127.0.0.1", port, timeout=10)
        scrape.request("GET", "/metrics")
        text = scrape.getresponse().read().decode()
        scrape.close()
        with socket.socket() as other_address:
            other_address.bind(("127.0.0.2", port))  # Refused if the server had taken every address.
    finally:
        server.terminate()
        server.wait(timeout=10)
        server.stdout.close()
    assert 'palitas_requests_total{method="GET",route="robots.txt",status="200"} 2.0' in text
    assert "palitas_database_up 0.0" in text  # Its tables were never made.


def test_an_error_report_leaves_out_who_and_what():
    options = subprocess.run(
        [
            sys.executable,
            "-c",
            "import django; django.setup(); import sentry_sdk; o = sentry_sdk.get_client().options;"
            "import sys; sys.stdout.write(repr([o['send_default_pii'], o['max_request_body_size'], o['environment']]))",
        ],
        cwd=settings.BASE_DIR,
        env={
            "PATH": "/usr/bin:/bin",
            "ENVIRONMENT": "development",
            "ENV_FILE": "",
            "SENTRY_DSN": "http://key@127.0.0.1:1/1",
            "DJANGO_SETTINGS_MODULE": "palitas.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert options.stdout == "[False, 'never', 'development']"
