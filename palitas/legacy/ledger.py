"""Writing the ledger, and finding in it what rows have become."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar, TypeVar

from django.db import models, transaction

from palitas.legacy import values
from palitas.legacy.models import UNSETTLED, LegacyRow, Outcome
from palitas.legacy.source import Row, Source

BATCH = 500
PICTURES = "pictures"
UPDATED = ["new_id", "outcome", "remarks", "source_key"]

M = TypeVar("M", bound=models.Model)


@dataclass
class Entry:
    """What became of one row.

    Attributes:
        target: the row here; None for what was left. It may be saved after the entry is made.
        remarks: why it was left, or what was changed.
        joined: the target was there already.
    """

    table: str
    former_id: str
    target: models.Model | None = None
    remarks: list[str] = field(default_factory=list)
    joined: bool = False
    source_key: str = ""
    outcome: Outcome | None = None

    def as_row(self) -> LegacyRow:
        """Return it as a row of the ledger; equal remarks become one."""
        return LegacyRow(
            table=self.table,
            former_id=self.former_id,
            new_id="" if self.target is None else str(self.target.pk),
            outcome=self.outcome or self._outcome(),
            remarks=list(dict.fromkeys(self.remarks)),
            source_key=self.source_key,
        )

    def _outcome(self) -> Outcome:
        if self.target is None:
            return Outcome.LEFT
        if self.joined:
            return Outcome.JOINED
        return Outcome.CHANGED if self.remarks else Outcome.CARRIED


def write(entries: Iterable[Entry]) -> None:
    """Write entries; one that was left before is written over."""
    LegacyRow.objects.bulk_create(
        (entry.as_row() for entry in entries),
        update_conflicts=True,
        unique_fields=["table", "former_id"],
        update_fields=UPDATED,
        batch_size=BATCH,
    )


def settled(table: str, former_ids: Collection[str]) -> set[str]:
    """Return those of ``former_ids`` that need no second look."""
    rows = LegacyRow.objects.filter(table=table, former_id__in=former_ids).exclude(outcome__in=UNSETTLED)
    return set(rows.values_list("former_id", flat=True))


def find(table: str, former_ids: Iterable[Any], rows: "models.QuerySet[M]") -> dict[str, M]:
    """Return those of ``rows`` that the former rows have become, by the former key; in two queries."""
    keys = {values.key(former_id) for former_id in former_ids}
    became = LegacyRow.objects.filter(table=table, former_id__in=keys).exclude(new_id="")
    new_ids = dict(became.values_list("former_id", "new_id"))
    found = rows.in_bulk({int(new_id) for new_id in new_ids.values()})
    return {former_id: found[int(new_id)] for former_id, new_id in new_ids.items() if int(new_id) in found}


class Step(ABC):
    """Brings one table over."""

    table: ClassVar[str]

    def __init__(self, source: Source, *, now: datetime) -> None:
        self.source = source
        self.now = now

    def rows(self) -> Iterator[Row]:
        return self.source.rows(self.table, batch=BATCH)

    @abstractmethod
    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        """Write what ``rows`` become, in a transaction; returns an entry for each, and for what hangs on it."""

    def run(self) -> None:
        """Bring over what is not settled yet, so many rows in a transaction each: whoever is killed loses one batch."""
        rows = self.rows()
        while batch := list(islice(rows, BATCH)):
            with transaction.atomic():
                done = settled(self.table, {values.key(row["id"]) for row in batch})
                if fresh := [row for row in batch if values.key(row["id"]) not in done]:
                    write(self.load(fresh))

    def entry(self, row: Row) -> Entry:
        return Entry(self.table, values.key(row["id"]))

    def made_at(self, row: Row) -> datetime:
        """Return when a row was written; nothing lies in the future."""
        return min(values.moment(row.get("created_at")) or self.now, self.now)

    def changed_at(self, row: Row) -> datetime:
        made = self.made_at(row)
        return max(made, min(values.moment(row.get("updated_at")) or made, self.now))


def waiting_pictures(entry: Entry, names: Any, *, column: str, user: Any, limit: int) -> Iterator[Entry]:
    """Yield an entry for each picture of a row; they wait for ``pictures`` to fetch them.

    Args:
        names: the value of the column.
        user: the former key of the person whose folder they are in.
        limit: what is above it is left.
    """
    for position, name in enumerate(values.picture_names(names)):
        picture = Entry(PICTURES, f"{entry.table}/{entry.former_id}/{column}/{position}")
        picture.source_key = values.picture_key(name, user=values.key(user), kind=entry.table, row=entry.former_id)
        picture.outcome = Outcome.LEFT
        if entry.target is None:
            picture.remarks.append(f"its row of {entry.table} was left")
        elif position >= limit:
            picture.remarks.append(f"more than {limit} pictures")
        elif not picture.source_key:
            picture.remarks.append("its name is none of a file")
        else:
            picture.outcome = Outcome.WAITING
        yield picture
