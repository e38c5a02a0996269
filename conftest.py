"""What every test of the project may use: the cast, and a place of its own for files and counters."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def isolated_site(settings, tmp_path):
    """Keep files and rate limits of one test away from the next; hash passwords quickly."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
def login():
    """Return a function that gives a browser in which a person is logged in."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return logged_in
