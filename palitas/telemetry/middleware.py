"""Gives every request a name, and writes down how it went."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from palitas.telemetry import logs
from palitas.telemetry.metrics import count_request

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
# What a proxy in front may call it; anything else could forge lines of the log.
GOOD_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class TelemetryMiddleware:
    """Logs and counts each answer by the pattern of its address: what is in the address itself may tell of people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if GOOD_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        token = logs.current_request.set(request)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            self._write_down(request, response.status_code, time.monotonic() - started)
        finally:
            logs.current_request.reset(token)
        response.headers[HEADER] = request_id
        return response

    def _write_down(self, request: HttpRequest, status: int, seconds: float) -> None:
        route = request.resolver_match.route if request.resolver_match else ""
        # A method is whatever the client says it is.
        method = request.method if request.method in {"GET", "HEAD", "POST"} else "other"
        count_request(method=str(method), route=route, status=status, seconds=seconds)
        facts = {"method": method, "route": route, "status": status, "milliseconds": round(1000 * seconds)}
        logger.info("request", extra=facts)
