from io import StringIO

from django.core.management import call_command

from services.catalog_data import CatalogLoad, load_catalog, read_services, read_towns
from services.models import Service, Town

FORMER_SITE = [
    "unas",
    "jardineria",
    "barberia",
    "estilismo",
    "cuido-de-mascotas",
    "lavado-de-autos",
    "reposteria",
    "plomeria",
    "servicio-electrico",
    "limpieza-de-casas",
    "grooming-de-mascotas",
    "landscaping",
    "decoracion-de-eventos",
    "dj",
    "catering",
    "hojalateria",
    "diseno-grafico",
    "carpinteria",
    "cuido-de-ninos",
    "mantenimiento-de-piscinas",
    "pintura",
]
NOTHING = CatalogLoad(0, 0, 0, 0, 0)


def test_services_file_starts_with_those_of_the_former_site():
    assert [entry["slug"] for entry in read_services()[:21]] == FORMER_SITE


def test_services_file_adds_at_least_twenty_with_synonyms():
    entries = read_services()
    assert len(entries) >= 41
    assert [entry["slug"] for entry in entries if len(entry["keywords"]) < 5] == []


def test_services_file_names_each_service_once():
    entries = read_services()
    assert len({entry["slug"] for entry in entries}) == len(entries)
    assert len({entry["name_es"] for entry in entries}) == len(entries)


def test_towns_file_has_78_towns_whose_neighbours_know_each_other():
    neighbors = {entry["slug"]: set(entry["neighbors"]) for entry in read_towns()}
    assert len(neighbors) == 78
    assert [(one, other) for one, others in neighbors.items() for other in others if one not in neighbors[other]] == []


def test_load_catalog_creates_everything_the_first_time(db):
    load = load_catalog()
    assert (load.services_created, load.towns_created) == (len(read_services()), 78)
    assert Service.objects.count() == len(read_services())
    ponce = Town.objects.get(slug="ponce")
    assert [town.slug for town in ponce.neighbors.all()] == ["adjuntas", "jayuya", "juana-diaz", "penuelas", "utuado"]


def test_load_catalog_writes_nothing_the_second_time(db, django_assert_num_queries):
    load_catalog()
    with django_assert_num_queries(6):  # savepoint and its release, services, towns, their slugs, neighbours
        assert load_catalog() == NOTHING
    assert load_catalog(overwrite=True) == NOTHING


def test_load_catalog_keeps_what_a_moderator_wrote(db):
    load_catalog()
    Service.objects.filter(slug="plomeria").update(name_es="Plomero", keywords="pluma rota")
    assert load_catalog() == NOTHING
    assert Service.objects.get(slug="plomeria").keywords == "pluma rota"


def test_load_catalog_overwrites_when_asked(db):
    load_catalog()
    Service.objects.filter(slug="plomeria").update(name_es="Plomero")
    assert load_catalog(overwrite=True).services_changed == 1
    assert Service.objects.get(slug="plomeria").name_es == "Plomería"


def test_load_catalog_leaves_a_service_of_the_same_name_under_another_slug(db):
    Service.objects.create(name_es="Plomería", name_en="Plumbing", slug="plomeros", icon="wrench", group="hogar")
    assert load_catalog().services_created == len(read_services()) - 1


def test_load_catalog_repairs_towns(db):
    load_catalog()
    Town.objects.filter(slug="ponce").update(name="Ponze")
    Town.objects.get(slug="ponce").neighbors.clear()
    Town.objects.get(slug="culebra").neighbors.add(Town.objects.get(slug="lares"))
    load = load_catalog()
    assert load == CatalogLoad(0, 0, 0, 1, 12)
    assert Town.objects.get(slug="ponce").neighbors.count() == 5
    assert Town.objects.get(slug="culebra").neighbors.count() == 0


def test_seed_catalog_says_in_one_line_what_it_wrote(db):
    out = StringIO()
    call_command("seed_catalog", stdout=out)
    assert out.getvalue().count("\n") == 1
    assert "78 towns created" in out.getvalue()
