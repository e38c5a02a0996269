"""What a person does on allauth's pages, for tests."""

import re

from django.http import HttpResponse
from django.test import Client

from accounts.tests.factories import PASSWORD
from notices.models import OutboxMail

CODE = re.compile(r"^([A-Z0-9]{3,}-?[A-Z0-9]+)$", re.MULTILINE)

SIGNUP = {
    "email": "ana@example.com",
    "first_name": "Ana",
    "last_name": "Rosado Díaz",
    "phone": "787-555-0134",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def sign_up(client: Client, **changes: str) -> HttpResponse:
    return client.post("/cuenta/signup/", SIGNUP | changes)


def log_in(client: Client, email: str, password: str = PASSWORD) -> HttpResponse:
    return client.post("/cuenta/login/", {"login": email, "password": password})


def newest_mail() -> OutboxMail:
    return OutboxMail.objects.newest_first()[0]


def mailed_code() -> str:
    """Return the code of the newest mail; it stands alone on its line."""
    found = CODE.search(newest_mail().text)
    assert found, newest_mail().text
    return found[1]
