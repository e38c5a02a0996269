"""What the service worker needs to know: whose pages it sees, and when to forget all of them.

Every page carries the mark of its session. The worker keeps pages of one mark only: an answer with another one makes it
forget the rest. The mark says nothing about the person, and a new login has a new one.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

HEADER = "X-Session-Mark"
FIRST_SERVER_ERROR = 500
NOBODY = "none"


def session_mark(request: HttpRequest) -> str:
    """Return an opaque name for the login of this browser, ``none`` for a visitor."""
    if not request.user.is_authenticated:
        return NOBODY
    return salted_hmac("palitas.offline.session", request.session.session_key or "").hexdigest()[:32]


def person_mark(request: HttpRequest) -> str:
    """Return an opaque name for the person who is logged in, empty for a visitor.

    It outlives a session, because what waits to be sent should not be lost by one that has ended.
    """
    if not request.user.is_authenticated:
        return ""
    return salted_hmac("palitas.offline.person", str(request.user.pk)).hexdigest()[:32]


def remember_logout(*, request: HttpRequest | None, **_signal: Any) -> None:
    """Note on the request that its person has left; a receiver of ``user_logged_out``."""
    if request is not None:
        request.has_logged_out = True  # type: ignore[attr-defined]


def forget_after_logout(request: HttpRequest, response: HttpResponse) -> None:
    """Have the browser forget everything when this request has ended its session."""
    if getattr(request, "has_logged_out", False):
        response["Clear-Site-Data"] = '"cache", "storage"'


def mark(request: HttpRequest, response: HttpResponse) -> None:
    """Put the mark of the session on a page, unless the server has failed and may not know whose it is."""
    if response.status_code < FIRST_SERVER_ERROR:
        response[HEADER] = session_mark(request)
