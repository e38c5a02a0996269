"""Logs as lines of JSON: each bears the request and the person that it belongs to, and nothing that a person typed."""

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from pythonjsonlogger.json import JsonFormatter

from palitas.telemetry.errors import without_details

logger = logging.getLogger(__name__)

# Longer statements are lists of keys.
SHOWN_SQL = 1000
# What follows is the address: "Not Found: /perfil/7-ana-rosado/", "Error handling request /perfil/7-ana-rosado/".
ADDRESS_AT_THE_END = re.compile(r":? %s$")
ADDRESSED = {"django.request", "django.security.csrf"}
# In the reason of a refusal: of a page elsewhere the site's name is enough.
PAGE = re.compile(r"(https?://[^/\s]+)\S*")

# The request that is being answered in this thread; ``request_id`` is an attribute of it.
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)


class RequestFilter(logging.Filter):
    """Puts ``request_id`` and ``person_id`` on every line; asks no database for it."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs a refusal after the answer has left the middleware, and gives the request along.
        request = getattr(record, "request", None) or current_request.get()
        record.request_id = getattr(request, "request_id", None)
        # There once a view, or a middleware, has asked who it is.
        record.person_id = getattr(getattr(request, "_cached_user", None), "pk", None)
        return True


class LineFormatter(JsonFormatter):
    """One object a line, without what an address or a request may tell of people."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(logging.makeLogRecord(record.__dict__ | _without_address(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        """Return the traceback; python-json-logger may ask for it as a string only."""
        return without_details(str(super().formatException(ei)))

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        log_data.pop("request", None)
        log_data["message"] = without_details(log_data["message"])
        return {name: value for name, value in log_data.items() if value not in (None, "")}


def _without_address(record: logging.LogRecord) -> dict[str, Any]:
    """Return what of a record is to be otherwise, so that it does not tell of an address that was asked for."""
    text = str(record.msg)
    if record.name in ADDRESSED or text.startswith("Error handling request "):
        if isinstance(record.args, tuple) and record.args:
            text = ADDRESS_AT_THE_END.sub("", text) % record.args[:-1]
        return {"msg": PAGE.sub(r"\1", text), "args": ()}
    if record.name.startswith("django.security."):
        # The text of the exception repeats what was sent; its class says what was wrong.
        return {"msg": record.name.rpartition(".")[2], "args": (), "exc_info": None, "exc_text": None}
    return {}


def log_slow_queries(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Watch a new connection; a receiver of ``connection_created``."""
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    started = time.monotonic()
    try:
        return execute(sql, params, many, context)
    finally:
        milliseconds = round(1000 * (time.monotonic() - started))
        if milliseconds >= settings.SLOW_QUERY_MS:
            # Values stay out of it: the statement has places for them.
            facts = {"milliseconds": milliseconds, "sql": sql[:SHOWN_SQL], "database": context["connection"].alias}
            logger.warning("slow query", extra=facts)
