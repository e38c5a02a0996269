"""Reading the former database: its own connection, one snapshot, a row at a time."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import dict_row

Row = dict[str, Any]

# What must be there; ``created_at`` and ``updated_at`` are read wherever they are.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "services": ("id", "name"),
    "towns": ("id", "name"),
    "users": ("id", "first_name", "last_name", "email", "password", "phone", "verified"),
    "profiles": (
        "id",
        "user_id",
        "job_title",
        "bio",
        "social_links",
        "profile_pic",
        "cover_pic",
        "gallery",
        "qr_pic",
    ),
    "promotions": (
        "id",
        "user_id",
        "service_id",
        "title",
        "description",
        "price_min",
        "price_max",
        "pictures",
    ),
    "promo_towns": ("promo_id", "town_id"),
    "requests": ("id", "user_id", "service_id", "title", "description", "pictures"),
    "request_towns": ("request_id", "town_id"),
    "initial_contacts": (
        "id",
        "receiver_id",
        "receiver_read",
        "receiver_hide",
        "sender_id",
        "sender_read",
        "sender_hide",
        "request_id",
        "promo_id",
    ),
    "tasks": (
        "id",
        "initial_contact_id",
        "promo_id",
        "request_id",
        "receiver_id",
        "provider_id",
        "service_id",
        "status",
        "description",
        "price",
    ),
    "reviews": ("id", "user_id", "task_id", "description", "rating", "pictures"),
}
TIMES = ("created_at", "updated_at")
# Any number; it only has to be the same in every run.
LOCK = 7_874_200
CONNECT_TIMEOUT = 10  # seconds


class SourceError(Exception):
    """The former database cannot be read; the text says why."""


class Source:
    """The former database, in one snapshot that nothing changes."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self.connection = connection
        self.columns = self._find_columns()

    def _find_columns(self) -> dict[str, list[str]]:
        found: dict[str, set[str]] = {}
        rows = self.connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = ANY(current_schemas(false))"
        )
        for row in rows:
            found.setdefault(row["table_name"], set()).add(row["column_name"])
        for table, needed in COLUMNS.items():
            if missing := [name for name in needed if name not in found.get(table, ())]:
                raise SourceError(f"This is not the former site's database: {table} lacks {', '.join(missing)}.")
        return {
            table: [*needed, *(name for name in TIMES if name in found[table])] for table, needed in COLUMNS.items()
        }

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        row = self.connection.execute(sql.SQL("SELECT count(*) AS rows FROM {}").format(sql.Identifier(table)))
        return int((row.fetchone() or {"rows": 0})["rows"])

    def rows(self, table: str, *, batch: int) -> Iterator[Row]:
        """Yield the rows of a table, the oldest first, from a cursor of the server: memory does not grow."""
        yield from self._stream(
            sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
                self._names(table), sql.Identifier(table), self._order(table)
            ),
            batch,
        )

    def people(self, *, batch: int) -> Iterator[Row]:
        """Yield ``users``; of several with one address the confirmed and then the oldest comes before all others."""
        yield from self._stream(
            sql.SQL(
                "SELECT {}, row_number() OVER (PARTITION BY lower(trim(email::text)) ORDER BY"
                " (lower(verified::text) IN ('true', 't', '1')) IS TRUE DESC, {}) AS place"
                " FROM users ORDER BY place, {}"
            ).format(self._names("users"), self._order("users"), self._order("users")),
            batch,
        )

    def towns_of(self, table: str, owner: str, keys: Collection[str]) -> Iterator[Row]:
        """Yield ``owner``, ``town_id`` and ``copy`` (1 for the first of equal rows) of some listings."""
        query = sql.SQL("{} WHERE {}::text = ANY(%s) ORDER BY 1, 2, 3").format(
            self._joins(table, owner), sql.Identifier(owner)
        )
        yield from self.connection.execute(query, [list(keys)])

    def stray_towns(self, table: str, owner: str, owners: str, *, batch: int) -> Iterator[Row]:
        """Yield the same of the rows whose listing is not in the table ``owners``."""
        query = sql.SQL("{} WHERE NOT EXISTS (SELECT 1 FROM {} o WHERE o.id::text = {}.{}::text)").format(
            self._joins(table, owner), sql.Identifier(owners), sql.Identifier(table), sql.Identifier(owner)
        )
        yield from self._stream(query, batch)

    def _joins(self, table: str, owner: str) -> sql.Composed:
        columns = sql.SQL(", ").join([sql.Identifier(owner), sql.Identifier("town_id")])
        return sql.SQL("SELECT {0}, row_number() OVER (PARTITION BY {0}) AS copy FROM {1}").format(
            columns, sql.Identifier(table)
        )

    def _names(self, table: str) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.columns[table]))

    def _order(self, table: str) -> sql.Composed:
        times: list[sql.Composable] = [sql.SQL("created_at NULLS FIRST")] if "created_at" in self.columns[table] else []
        keys = ("id",) if "id" in self.columns[table] else COLUMNS[table]
        return sql.SQL(", ").join([*times, *map(sql.Identifier, keys)])

    def _stream(self, query: sql.Composed, batch: int) -> Iterator[Row]:
        with self.connection.cursor(name="legacy") as cursor:
            cursor.itersize = batch
            yield from cursor.execute(query)


@contextmanager
def open_source(url: str) -> Iterator[Source]:
    """Connect, read only, and hold off a second import until the end.

    Args:
        url: ``postgres://user:password@host:port/name``; what it leaves out, libpq finds where it always looks.

    Raises:
        SourceError: no connection, not the former schema, or another import is at work.
    """
    scheme, _colon, rest = url.partition("://")
    # The former site's own setting names its driver: postgresql+psycopg2://…
    address = f"{scheme.partition('+')[0]}://{rest}" if rest else url
    try:
        connection = psycopg.connect(address, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT)
    except psycopg.Error as error:
        raise SourceError(f"The former database does not answer: {error}") from error
    with connection:
        connection.read_only = True
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        locked = connection.execute("SELECT pg_try_advisory_xact_lock(%s) AS ours", [LOCK]).fetchone()
        if not locked or not locked["ours"]:
            raise SourceError("Another import reads this database at the moment.")
        yield Source(connection)
