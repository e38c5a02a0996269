"""Databases of the torture's own: made for it, and thrown away after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

# Part of the name of each; nothing else is ever tortured.
MARK = "torture"


def sqlite_file(folder: Path) -> str:
    """Return the address of a database in ``folder``; it goes with the folder."""
    return f"sqlite:///{folder / MARK}.sqlite3"


@contextmanager
def postgres_beside(url: str, number: int) -> Iterator[str]:
    """Make a database on the PostgreSQL server that is set up, and drop it at the end; gives its address.

    Args:
        url: of the database that is set up; its role must be allowed to make databases.
        number: tells databases of tortures that run at the same time apart.
    """
    name = connection.ops.quote_name(f"palitas_{MARK}_{number}")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/palitas_{MARK}_{number}"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
