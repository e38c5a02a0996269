"""Public pages come from the replica, one's own writes from the primary, and no page fails for a replica."""

import json
import shutil
import sqlite3
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver, resolve

from accounts.models import User
from palitas import replica
from services.models import Listing

MAKE_SITE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable")
from services.tests.factories import PromotionFactory
PromotionFactory(title="Del primario")
"""
# Visits pages and prints their status and which database their title came from.
VISITS = """
import django, json, sys
django.setup()
from django.conf import settings
from django.test import Client
answers = []
for path, cookie in json.loads(sys.argv[1]):
    client = Client()
    if cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = "somebody"
    response = client.get(path, follow=True)
    text = response.content.decode()
    answers.append([response.status_code, "Del primario" in text, "De la copia" in text])
sys.stdout.write(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def two_databases(tmp_path_factory):
    """A site whose replica can be told from its primary by the title of its only promotion."""
    folder = tmp_path_factory.mktemp("replica")
    primary, copy = folder / "primary.sqlite3", folder / "copy.sqlite3"
    environment = {
        "PATH": "/usr/bin:/bin",
        "ENVIRONMENT": "development",
        "ENV_FILE": "",
        "DATABASE_URL": f"sqlite:///{primary}",
        "DJANGO_SETTINGS_MODULE": "palitas.settings",
    }
    subprocess.run([sys.executable, "-c", MAKE_SITE], cwd=settings.BASE_DIR, env=environment, check=True)
    with sqlite3.connect(primary) as database:
        (pk,) = database.execute("SELECT id FROM services_listing").fetchone()
    database.close()
    shutil.copy(primary, copy)
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE services_listing SET title = 'De la copia' WHERE id = ?", [pk])
    database.close()
    return environment, copy, f"/promociones/{pk}/"


def visit(environment: dict[str, str], replica_url: str, *visits: tuple[str, bool]) -> list[list]:
    done = subprocess.run(
        [sys.executable, "-c", VISITS, json.dumps(visits)],
        cwd=settings.BASE_DIR,
        env=environment | {"DATABASE_REPLICA_URL": replica_url},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


FROM_PRIMARY, FROM_COPY = [200, True, False], [200, False, True]


def test_visitors_read_the_replica_and_whoever_has_a_session_the_primary(two_databases):
    environment, copy, path = two_databases
    visits = [(path, False), (path, True), ("/promociones/", False), ("/promociones/", True)]
    assert visit(environment, f"sqlite:///{copy}", *visits) == [FROM_COPY, FROM_PRIMARY, FROM_COPY, FROM_PRIMARY]


def test_primary_serves_while_the_replica_is_away(two_databases, tmp_path):
    environment, _copy, path = two_databases
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    visits = [(path, False), ("/promociones/", False), ("/", False)]
    assert visit(environment, f"sqlite:///{broken}", *visits) == [FROM_PRIMARY] * 3


def test_primary_serves_while_the_replica_lags_behind_a_migration(two_databases, tmp_path):
    environment, _copy, path = two_databases
    assert visit(environment, f"sqlite:///{tmp_path / 'empty.sqlite3'}", (path, False)) == [FROM_PRIMARY]


def test_router_reads_the_replica_only_where_told():
    router = replica.Router()
    assert router.db_for_read(Listing) == "default"
    with replica.reading():
        assert router.db_for_read(Listing) == "replica"
        assert router.db_for_read(Session) == "default"
        assert router.db_for_write(Listing) == "default"
    assert router.db_for_read(User) == "default"
    assert router.allow_migrate("default", "services")
    assert not router.allow_migrate("replica", "services")


def ask(middleware: replica.ReplicaMiddleware, view, path: str = "/promociones/", method: str = "get", **cookies: str):
    request = getattr(RequestFactory(), method)(path)
    request.COOKIES.update(cookies)
    request.resolver_match = resolve(path)
    return middleware.process_view(request, view, (), {})


def where(_request) -> HttpResponse:
    return HttpResponse(replica.Router().db_for_read(Listing))


@pytest.fixture
def middleware() -> replica.ReplicaMiddleware:
    return replica.ReplicaMiddleware(lambda _request: HttpResponse("primary"))


@pytest.fixture
def lag(monkeypatch) -> list[float]:
    """How far the replica says that it is behind, in seconds."""
    seconds = [0.0]
    monkeypatch.setattr(replica, "lag_seconds", lambda: seconds[0])
    return seconds


@pytest.mark.usefixtures("lag")
def test_middleware_answers_readers_from_the_replica(middleware):
    assert ask(middleware, where).content == b"replica"
    assert ask(middleware, where, method="head").content == b"replica"


@pytest.mark.usefixtures("lag")
def test_middleware_leaves_writers_members_and_other_pages_to_the_primary(middleware):
    assert ask(middleware, where, method="post") is None
    assert ask(middleware, where, sessionid="x") is None
    assert ask(middleware, where, path="/cuenta/login/") is None
    assert ask(middleware, where, path="/promociones/nueva/") is None


@pytest.mark.usefixtures("lag")
def test_middleware_rests_after_a_failure_and_tries_again(middleware, monkeypatch, caplog):
    asked = []

    def failing(_request):
        asked.append(1)
        raise OperationalError("connection refused")

    clock = [1000.0]
    monkeypatch.setattr(replica.time, "monotonic", lambda: clock[0])
    assert ask(middleware, failing) is None
    assert ask(middleware, failing) is None
    assert len(asked) == 1
    assert [record.message for record in caplog.records] == [
        "The replica cannot be used, the primary serves: connection refused"
    ]
    clock[0] += replica.REST_SECONDS
    assert ask(middleware, where).content == b"replica"


def test_middleware_leaves_alone_a_replica_that_is_far_behind(middleware, lag, monkeypatch, caplog):
    clock = [1000.0]
    monkeypatch.setattr(replica.time, "monotonic", lambda: clock[0])
    lag[0] = replica.MAX_LAG_SECONDS
    assert ask(middleware, where).content == b"replica"
    lag[0] += 1
    assert ask(middleware, where).content == b"replica", "It is asked every so often, not with each page."
    clock[0] += replica.REST_SECONDS
    assert ask(middleware, where) is None
    assert [record.message for record in caplog.records] == [
        "The replica cannot be used, the primary serves: 61 s behind"
    ]
    lag[0] = 0
    assert ask(middleware, where) is None
    clock[0] += replica.REST_SECONDS
    assert ask(middleware, where).content == b"replica"


@pytest.mark.django_db
def test_a_database_that_follows_nobody_is_not_behind(monkeypatch):
    monkeypatch.setattr(replica, "ALIAS", "default")
    assert replica.lag_seconds() == 0


@pytest.mark.usefixtures("lag")
def test_middleware_lets_a_page_that_is_not_found_be_not_found(middleware):
    def missing(_request):
        raise Http404

    with pytest.raises(Http404):
        ask(middleware, missing)
    assert ask(middleware, where).content == b"replica"


def test_every_view_of_the_replica_exists():
    names = {name for pattern in get_resolver().url_patterns for name in _names(pattern)}
    assert replica.VIEWS - names == set()


def _names(pattern, namespace: str = ""):
    if hasattr(pattern, "url_patterns"):
        inner = f"{pattern.namespace}:" if getattr(pattern, "namespace", None) else ""
        for child in pattern.url_patterns:
            yield from _names(child, namespace + inner)
    elif pattern.name:
        yield namespace + pattern.name
