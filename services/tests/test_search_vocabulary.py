"""How typed words are understood, with the real catalogue."""

import pytest

from services.catalog_data import read_services, read_towns
from services.models import Service, Town
from services.search.vocabulary import Catalogue, vocabulary_of


@pytest.fixture(scope="module")
def vocabulary():
    services = [Service(**{**entry, "keywords": "\n".join(entry["keywords"])}) for entry in read_services()]
    towns = [Town(slug=entry["slug"], name=entry["name"]) for entry in read_towns()]
    return vocabulary_of(services, towns)


def understood(vocabulary, query):
    """Return for each part of a query the services and the towns that it names, or the word itself."""
    return [group.services + group.towns or " ".join(group.words) for group in vocabulary.analyse(query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("plomero", [["plomeria"]]),
        ("Plomería", [["plomeria"]]),
        ("PLOMEROS", [["plomeria"]]),
        ("plumber", [["plomeria"]]),
        ("tubería rota", [["plomeria"]]),
        ("rotas tuberias", [["plomeria"]]),
        ("nails", [["unas"]]),
        ("acrílicas", [["unas"]]),
        ("uñas", [["unas"]]),
        ("unas", [["unas"]]),
        ("uña", [["unas"]]),
        ("unas en ponce", [["unas"], ["ponce"]]),
        ("electricista en ponce", [["servicio-electrico"], ["ponce"]]),
        ("Ponce electricista", [["ponce"], ["servicio-electrico"]]),
        ("busco un plomero cerca de Juana Díaz", [["plomeria"], ["juana-diaz"]]),
        ("san juan", [["san-juan"]]),
        ("río piedras", [["san-juan"]]),
        ("plomero en aguada", [["plomeria"], ["aguada"]]),
        ("djs", [["dj"]]),
        ("limpieza casas", [["limpieza-de-casas"]]),
        ("casas limpieza", [["limpieza-de-casas"]]),
        ("electricis", [["servicio-electrico"]]),
        ("juana d", [["juana-diaz"]]),
        ("plomero rápido", [["plomeria"], "rapido"]),
        ("servicios en Puerto Rico", []),
        ("de la", []),
        ("%_'; -- 🔧", []),
    ],
)
def test_analyse_understands(vocabulary, query, expected):
    assert understood(vocabulary, query) == expected


def test_analyse_takes_the_last_word_as_a_beginning_and_no_other(vocabulary):
    first, last = vocabulary.analyse("zumb zumb")
    assert (first.literal, last.literal) == ((" zumb ",), (" zumb",))


def test_analyse_does_not_complete_numbers(vocabulary):
    (group,) = vocabulary.analyse("123456")
    assert group.literal == (" 123456 ",)


def test_analyse_takes_no_more_than_twelve_words(vocabulary):
    assert len(vocabulary.analyse("zumbido " * 500)) == 12


def test_typed_concept_token_is_only_letters_and_digits(vocabulary):
    assert all(" 0ponce " not in group.literal for group in vocabulary.analyse("0ponce"))


def test_vocabulary_has_a_new_synonym_at_once(db):
    service = Service.objects.create(
        slug="plomeria", name_es="Plomería", name_en="Plumbing", icon="wrench", group="hogar"
    )
    assert understood(Catalogue.load().vocabulary, "goteo") == ["goteo"]
    Service.objects.filter(pk=service.pk).update(keywords="goteo")
    assert understood(Catalogue.load().vocabulary, "goteo") == [["plomeria"]]


def test_catalogue_is_loaded_in_two_queries(db, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert Catalogue.load().vocabulary.names == []
