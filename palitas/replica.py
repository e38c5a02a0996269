"""Reading public pages from a replica of the database.

Only visitors without a session are served from it, so everybody reads what they have written themselves. While the
replica is away or far behind the primary serves; no page fails for it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

ALIAS = "replica"
# After a failure the replica is left alone for so long: asking it again may cost a time-out.
REST_SECONDS = 15
# Further behind, visitors would read listings that have been removed, and the replica may have stopped for good.
MAX_LAG_SECONDS = 60
# What most visitors read, and what is heavy to find.
VIEWS = frozenset(
    {
        "home",
        "promotions:search",
        "promotions:detail",
        "requests_app:search",
        "requests_app:detail",
        "profile_detail",
        "service_detail",
        "town_detail",
    }
)
# A replica that has replayed all it was sent is up to date however long ago that was; one that nobody sends anything is
# as old as its last transaction. https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-RECOVERY-INFO-TABLE
LAG = """
    SELECT CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN EXISTS (SELECT 1 FROM pg_stat_wal_receiver)
            AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
        ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'infinity')
    END
"""
# The cache is written as often as it is read, and counts what may be done.
PRIMARY_ONLY = frozenset({"django_cache", "sessions"})

_reading: ContextVar[bool] = ContextVar("reading_replica", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Read from the replica inside of this block."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def lag_seconds() -> float:
    """Return how far the replica is behind the primary, in seconds; infinity when it cannot tell.

    Raises:
        DatabaseError: it does not answer.
    """
    connection = connections[ALIAS]
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(LAG)
        return float(cursor.fetchone()[0])


class Router:
    """Sends reads to the replica inside of ``reading``, and everything else to the primary."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:
        if _reading.get() and model._meta.app_label not in PRIMARY_ONLY:
            return ALIAS
        return "default"

    def db_for_write(self, _model: type[Model], **_hints: Any) -> str:
        return "default"

    def allow_relation(self, _one: Model, _other: Model, **_hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool:
        return db != ALIAS


class ReplicaMiddleware:
    """Has the replica answer what it may; last in line, when everybody else has looked at the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._away_until = 0.0
        self._look_at = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Answer from the replica, or return None, and the view is called on the primary."""
        if not self._may_answer(request):
            return None
        try:
            self._look_whether_it_follows()
            with reading():
                return view(request, *args, **kwargs)
        except (DatabaseError, InterfaceError) as error:
            # A page that is read may be asked for twice; if the fault is in the page, the primary says so.
            self._away_until = time.monotonic() + REST_SECONDS
            logger.warning("The replica cannot be used, the primary serves: %s", error)
            return None

    def _may_answer(self, request: HttpRequest) -> bool:
        return (
            request.method in {"GET", "HEAD"}
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
            and time.monotonic() >= self._away_until
            and request.resolver_match is not None
            and request.resolver_match.view_name in VIEWS
        )

    def _look_whether_it_follows(self) -> None:
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + REST_SECONDS
        lag = lag_seconds()
        if lag > MAX_LAG_SECONDS:
            raise OperationalError(f"{lag:.0f} s behind")
