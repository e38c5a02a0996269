"""What an import has done: the table of totals, and every row about which there is something to say."""

from collections.abc import Iterator, Mapping

from django.db.models import Count

from palitas.legacy.models import LegacyRow, Outcome

COLUMNS = (Outcome.CARRIED, Outcome.CHANGED, Outcome.JOINED, Outcome.LEFT, Outcome.WAITING, Outcome.MISSING)
CHUNK = 2000


def totals() -> dict[str, dict[str, int]]:
    """Return how many rows have which outcome, by table."""
    counts: dict[str, dict[str, int]] = {}
    rows = LegacyRow.objects.order_by("table").values_list("table", "outcome").annotate(rows=Count("pk"))
    for table, outcome, number in rows:
        counts.setdefault(table, {})[outcome] = number
    return counts


def table(source: Mapping[str, int]) -> Iterator[str]:
    """Yield the table of totals, line by line.

    Args:
        source: how many rows each table of the former database has; what the ledger names besides them are pictures.
    """
    counts = totals()
    yield f"{'table':<18}{'rows':>9}" + "".join(f"{outcome.value:>9}" for outcome in COLUMNS)
    for name in [*source, *(name for name in counts if name not in source)]:
        found = counts.get(name, {})
        rows = source.get(name, sum(found.values()))
        yield f"{name:<18}{rows:>9}" + "".join(f"{found.get(outcome, 0):>9}" for outcome in COLUMNS)


def lines(source: Mapping[str, int]) -> Iterator[str]:
    """Yield the whole report, line by line; see ``table``."""
    yield from table(source)
    yield ""
    yield "What there is to say, and of how many rows"
    yield from _summary()
    yield ""
    yield "Row by row"
    told = LegacyRow.objects.exclude(remarks=[]).order_by("table", "former_id")
    for row in told.iterator(CHUNK):
        yield f"{row.table} {row.former_id}: {row.outcome}: {'; '.join(row.remarks)}"


def _summary() -> Iterator[str]:
    counts: dict[tuple[str, str], int] = {}
    told = LegacyRow.objects.exclude(remarks=[]).values_list("table", "remarks")
    for table, remarks in told.iterator(CHUNK):
        for remark in remarks:
            counts[table, remark] = counts.get((table, remark), 0) + 1
    for (table, remark), number in sorted(counts.items()):
        yield f"{table:<18}{number:>9}  {remark}"


def unaccounted(source: Mapping[str, int]) -> dict[str, int]:
    """Return of which tables fewer rows are in the ledger than in the former database, and by how many."""
    counts = totals()
    missing = {table: rows - sum(counts.get(table, {}).values()) for table, rows in source.items()}
    return {table: number for table, number in missing.items() if number > 0}
