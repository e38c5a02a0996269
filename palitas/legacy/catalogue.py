"""``services`` and ``towns``: nothing is made; each row finds its counterpart in the catalogue by name."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Model

from palitas.legacy import values
from palitas.legacy.ledger import Entry, Step
from palitas.legacy.source import Row
from services.models import Service, Town

# The former site's way to say "everywhere".
ISLAND = "0"


class Services(Step):
    table = "services"

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        """Find each by its Spanish or English name, else by a synonym that only one service has."""
        counterparts = _services()
        for row in rows:
            yield _counterpart(self.entry(row), row, counterparts, "no service here has this name")


class Towns(Step):
    table = "towns"

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        """Find each by its name. Number 0 has no counterpart and needs none."""
        towns = {values.catalogue_key(town.name): town for town in Town.objects.only("name")}
        for row in rows:
            entry = self.entry(row)
            if entry.former_id == ISLAND:
                entry.remarks.append("stands for the whole island, which is no town here")
                yield entry
            else:
                yield _counterpart(entry, row, towns, "no town here has this name")


def _services() -> Mapping[str, Service]:
    names: dict[str, Service] = {}
    synonyms: dict[str, set[Service]] = {}
    for service in Service.objects.all():
        for name in (service.name_es, service.name_en, service.slug):
            names.setdefault(values.catalogue_key(name), service)
        for word in service.keyword_list:
            synonyms.setdefault(values.catalogue_key(word), set()).add(service)
    return {word: next(iter(found)) for word, found in synonyms.items() if len(found) == 1} | names


def _counterpart(entry: Entry, row: Row, counterparts: Mapping[str, Model], refusal: str) -> Entry:
    entry.target = counterparts.get(values.catalogue_key(row["name"]))
    entry.joined = True
    if entry.target is None:
        entry.remarks.append(refusal)
    return entry
