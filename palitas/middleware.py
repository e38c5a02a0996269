"""Middleware of the whole site."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from palitas import low_data, offline
from services.pictures import health
from services.transitions import StatusMoved

GetResponse = Callable[[HttpRequest], HttpResponse]

LIVE_PATH = "/salud/vivo/"
READY_PATH = "/salud/listo/"
LOGIN_PATH = "/cuenta/login/"
READER_WAITS_SECONDS = 5

COMPRESSED_KINDS = ("text/", "application/json", "application/manifest+json", "application/xml")


def database_is_ready() -> bool:
    """Return whether the database answers and has every migration of this release."""
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return False


class HealthMiddleware:
    """Answers load balancers before anything else looks at the request: they send an IP address as Host.

    That the pictures are away is said and takes no server out of service: the others would not have them either.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == LIVE_PATH:
            return HttpResponse("vivo\n", content_type="text/plain; charset=utf-8")
        if request.path == READY_PATH:
            if database_is_ready():
                return HttpResponse(f"listo\n{health.sentence()}\n", content_type="text/plain; charset=utf-8")
            return HttpResponse("no listo\n", status=503, content_type="text/plain; charset=utf-8")
        return self.get_response(request)


class DatabaseRestartMiddleware:
    """Answers a reader once more when the database has hung up meanwhile, as it does when it is restarted.

    The connections' pool waits until the database is back, and hands out none that is dead; what is left are pages that
    were being made at that moment. Only what reads is done twice, and not for those who have waited already.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        if (
            response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
            and request.method in {"GET", "HEAD"}
            and time.monotonic() - began < READER_WAITS_SECONDS
            and has_hung_up()
        ):
            connection.close()
            response = self.get_response(request)
        return response


def has_hung_up() -> bool:
    """Return whether the database has ended this thread's connection."""
    return connection.errors_occurred and (connection.connection is None or not connection.is_usable())


class CookieMiddleware:
    """Leaves out cookies with a NUL: the session is looked up by one, and PostgreSQL refuses to compare with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages, not pictures.

    Pages hold CSRF tokens. Django masks each anew and adds up to 100 random bytes to every answer, against guessing
    from its length (BREACH); a proxy that compresses would do neither. See docs/decisions/0011-compression.md.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "")
        if response.streaming or not kind.startswith(COMPRESSED_KINDS):
            return response
        return super().process_response(request, response)


class UploadMiddleware:
    """Answers an upload sent by a script with 201 and the address, where a browser would be redirected.

    A script that follows a redirect receives the page itself, and the messages on it, which the person never sees. Led
    to the login, it would lose what was typed: there the answer is 401, and the form stays.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "X-Upload" in request.headers and response.status_code == HTTPStatus.FOUND:
            leads_to_login = urlsplit(response["Location"]).path.endswith(LOGIN_PATH)
            response.status_code = HTTPStatus.UNAUTHORIZED if leads_to_login else HTTPStatus.CREATED
        return response


class LoginMiddleware(LoginRequiredMiddleware):
    """Leads those whose session has ended back, after the login, to the page with the form that they sent.

    Most addresses of forms show nothing of their own.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        page = request.headers.get("Referer", "")
        if request.method == "POST" and url_has_allowed_host_and_scheme(page, {request.get_host()}):
            path = urlsplit(page)._replace(scheme="", netloc="", fragment="").geturl()
            if url_has_allowed_host_and_scheme(path, None):
                return redirect_to_login(path)
        return super().handle_no_permission(request, view_func)


class ConnectionMiddleware:
    """Tells caches on the way, and the browser's own, for whom a page is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        offline.forget_after_logout(request, response)
        # A redirect is no page; those that caches on the way may keep are for everybody, and name nobody.
        if response.get("Content-Type", "").startswith("text/html") and "Location" not in response:
            low_data.patch_vary(response)
            offline.mark(request, response)
        return response


class StatusMovedMiddleware:
    """Answers 409 with its sentence when somebody else was faster, so that views need not catch it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, StatusMoved):
            context = {"message": exception.sentence, "back_url": exception.back_url}
            return render(request, "409.html", context, status=409)
        return None
