"""The catalogue that comes with the site: its files in ``services/data`` and how they get into the database.

``services.json`` is a list of ``{"slug", "name_es", "name_en", "icon", "group", "keywords"}`` in the order of the site;
``towns.json`` has the 78 towns with their neighbours and outlines (its source is named inside it).
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from services.models import Service, Town

DATA_DIR = Path(__file__).parent / "data"


@dataclass(frozen=True)
class CatalogLoad:
    """How many rows of each kind a load wrote."""

    services_created: int
    services_changed: int
    towns_created: int
    towns_changed: int
    neighbors_changed: int


@transaction.atomic
def load_catalog(*, overwrite: bool = False) -> CatalogLoad:
    """Bring the database in line with the data files; a second load writes nothing.

    Towns follow their file always. A service that exists already is the moderators', who edit names and synonyms in
    admin: it is left alone unless ``overwrite`` is set.
    """
    services_created, services_changed = _load_services(overwrite=overwrite)
    towns = read_towns()
    towns_created, towns_changed = _load_towns(towns)
    return CatalogLoad(
        services_created=services_created,
        services_changed=services_changed,
        towns_created=towns_created,
        towns_changed=towns_changed,
        neighbors_changed=_load_neighbors(towns),
    )


def read_services() -> list[dict[str, Any]]:
    """Return the services of the data file, in the order of the site."""
    services: list[dict[str, Any]] = _read("services.json")
    return services


def read_towns() -> list[dict[str, Any]]:
    """Return the 78 towns of the data file."""
    towns: list[dict[str, Any]] = _read("towns.json")["towns"]
    return towns


def _read(name: str) -> Any:
    return json.loads((DATA_DIR / name).read_text(encoding="utf-8"))


def _load_services(*, overwrite: bool) -> tuple[int, int]:
    existing = {service.slug: service for service in Service.objects.all()}
    # A moderator may have made the same service under another slug; the name is what people see twice.
    names = {service.name_es for service in existing.values()}
    created = []
    changed = 0
    for order, entry in enumerate(read_services(), start=1):
        values = {
            "name_es": entry["name_es"],
            "name_en": entry["name_en"],
            "icon": entry["icon"],
            "group": entry["group"],
            "keywords": "\n".join(entry["keywords"]),
            "order": order,
        }
        service = existing.get(entry["slug"])
        if service is not None:
            changed += _write(service, values) if overwrite else 0
        elif entry["name_es"] not in names:
            created.append(Service(slug=entry["slug"], **values))
    Service.objects.bulk_create(created)
    return len(created), changed


def _load_towns(entries: list[dict[str, Any]]) -> tuple[int, int]:
    existing = {town.slug: town for town in Town.objects.all()}
    created = []
    changed = 0
    for entry in entries:
        values = {
            "name": entry["name"],
            "fips": entry["fips"],
            "latitude": Decimal(str(entry["latitude"])),
            "longitude": Decimal(str(entry["longitude"])),
            "svg_path": entry["svg_path"],
        }
        town = existing.get(entry["slug"])
        if town is None:
            created.append(Town(slug=entry["slug"], **values))
        else:
            changed += _write(town, values)
    Town.objects.bulk_create(created)
    return len(created), changed


def _load_neighbors(entries: list[dict[str, Any]]) -> int:
    through = Town.neighbors.through
    ids = dict(Town.objects.values_list("slug", "pk"))
    wanted = {(ids[entry["slug"]], ids[slug]) for entry in entries for slug in entry["neighbors"]}
    present = set(through.objects.values_list("from_town_id", "to_town_id"))
    through.objects.bulk_create(through(from_town_id=one, to_town_id=other) for one, other in sorted(wanted - present))
    for one, other in present - wanted:
        through.objects.filter(from_town_id=one, to_town_id=other).delete()
    return len(wanted ^ present)


def _write(row: Service | Town, values: dict[str, Any]) -> int:
    """Save those of ``values`` that differ; returns 1 when there were any."""
    different = [name for name, value in values.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, values[name])
    if different:
        row.save(update_fields=different)
    return 1 if different else 0
