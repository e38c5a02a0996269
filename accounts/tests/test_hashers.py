"""Passwords of the former site: they work, are hashed anew at the first login, and never break the page."""

import bcrypt
import pytest
from django.contrib.auth.hashers import check_password, identify_hasher

from accounts.hashers import FormerSiteHasher
from accounts.tests.browser import log_in
from accounts.tests.factories import PASSWORD, UserFactory
from palitas import settings as site

WRONG = "El correo o la contraseña no son correctos."


@pytest.fixture(autouse=True)
def own_hashers(settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "accounts.hashers.FormerSiteHasher",
    ]


def former(password: str, prefix: bytes = b"2b") -> str:
    """Return a hash as the former site's library made it, brought over."""
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4, prefix=b"2b"))
    return "bcrypt$" + made.replace(b"$2b$", b"$" + prefix + b"$", 1).decode()


def stored(user) -> str:
    user.refresh_from_db()
    return identify_hasher(user.password).algorithm


def test_former_hasher_is_the_last_of_the_site_s():
    assert site.PASSWORD_HASHERS == [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "accounts.hashers.FormerSiteHasher",
    ]


@pytest.mark.parametrize("prefix", [b"2a", b"2b", b"2y"])
def test_every_name_of_the_algorithm_is_understood(prefix):
    assert check_password("señal-de-humo", former("señal-de-humo", prefix)) is True
    assert check_password("señal-de-agua", former("señal-de-humo", prefix)) is False


def test_first_login_hashes_the_password_anew(client, db):
    user = UserFactory(email="antes@example.com")
    user.password = former(PASSWORD)
    user.save(update_fields=["password"])
    assert stored(user) == "bcrypt"
    response = log_in(client, user.email)
    assert (response.status_code, response["Location"]) == (302, "/tablero/")
    assert stored(user) == "md5"
    assert check_password(PASSWORD, user.password)


def test_wrong_password_leaves_the_former_hash(client, db):
    user = UserFactory(email="antes@example.com")
    user.password = former("otra-cosa-distinta")
    user.save(update_fields=["password"])
    response = log_in(client, user.email)
    assert response.status_code == 200
    assert stored(user) == "bcrypt"


@pytest.mark.parametrize("letters", ["x" * 73, "ñ" * 37, "x" * 5000], ids=["73", "74", "5000"])
def test_password_too_long_for_bcrypt_is_a_wrong_password(client, db, letters):
    # The former site looked at the first 72 bytes only; here they are not enough.
    user = UserFactory(email="antes@example.com")
    user.password = "bcrypt$" + bcrypt.hashpw(letters.encode()[:72], bcrypt.gensalt(4)).decode()
    user.save(update_fields=["password"])
    response = client.post("/cuenta/login/", {"login": user.email, "password": letters})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [WRONG]
    assert stored(user) == "bcrypt"


def test_password_of_72_bytes_is_looked_at_whole():
    assert FormerSiteHasher().verify("x" * 72, former("x" * 72)) is True
    assert FormerSiteHasher().verify("x" * 73, former("x" * 72)) is False


def test_password_too_long_takes_as_long_as_any_other(monkeypatch):
    hashed = []
    really = bcrypt.hashpw
    monkeypatch.setattr(bcrypt, "hashpw", lambda *args: hashed.append(args) or really(*args))
    FormerSiteHasher().verify("x" * 100, former("corta"))
    FormerSiteHasher().verify("x" * 10, former("corta"))
    # One for each hash that ``former`` makes, one for each that is compared.
    assert len(hashed) == 4
