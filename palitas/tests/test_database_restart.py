"""A page that was being made when the database was restarted is made again."""

import time

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from palitas import middleware

ASK = RequestFactory()


class Site:
    """Asks the database, which ends the connection the first time; counts how often it is called."""

    def __init__(self, statement: str, error: type[Exception]) -> None:
        self.calls = 0
        self.statement, self.error = statement, error

    def __call__(self, _request: HttpRequest) -> HttpResponse:
        self.calls += 1
        with connection.cursor() as cursor:
            if self.calls == 1:
                try:
                    cursor.execute(self.statement)
                except self.error:
                    return HttpResponse(status=500)
            cursor.execute("SELECT 7")
            return HttpResponse(str(cursor.fetchone()[0]))


END = ("SELECT pg_terminate_backend(pg_backend_pid())", OperationalError)


def answer(site: Site, request: HttpRequest) -> HttpResponse:
    return middleware.DatabaseRestartMiddleware(site)(request)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_reader_is_answered_once_more(method):
    site = Site(*END)
    response = answer(site, getattr(ASK, method)("/"))
    assert (response.status_code, response.content, site.calls) == (200, b"7", 2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_form_is_not():
    site = Site(*END)
    response = answer(site, ASK.post("/"))
    connection.close()
    assert (response.status_code, site.calls) == (500, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_twice(monkeypatch):
    monkeypatch.setattr(middleware, "READER_WAITS_SECONDS", 0)
    site = Site(*END)
    response = answer(site, ASK.get("/"))
    connection.close()
    assert (response.status_code, site.calls) == (500, 1)


@pytest.mark.django_db(transaction=True)
def test_a_mistake_of_ours_is_said_at_once():
    site = Site("SELECT nothing FROM nowhere", (OperationalError, ProgrammingError))
    began = time.monotonic()
    response = answer(site, ASK.get("/"))
    assert (response.status_code, site.calls) == (500, 1)
    assert time.monotonic() - began < middleware.READER_WAITS_SECONDS
