"""The data files of the demo: complete, of use for every service, and within the limits of the forms."""

from random import Random

import pytest

from palitas.demo import texts
from palitas.demo.drawing import FIXED_COLORS, PALETTES, SHAPES, motifs
from palitas.demo.people import EMAIL_DOMAIN, people_data, person
from palitas.demo.pictures import cover, portrait, service_picture
from services.catalog_data import read_services, read_towns
from services.models.listing import MAX_DESCRIPTION, MAX_TITLE

SERVICES = [(entry["slug"], entry["name_es"]) for entry in read_services()]
LONGEST_TOWN = "Sabana Grande"


def test_every_service_has_texts_of_its_own():
    assert {slug for slug, _name in SERVICES} == set(texts.service_texts())


@pytest.mark.parametrize("write", [texts.promotion_text, texts.request_text])
def test_listing_texts_fit_the_form(write):
    for number, (slug, name) in enumerate([*SERVICES, ("nuevo", "Servicio nuevo")]):
        for seed in range(3):
            author = person(seed, number)
            text = write(Random(seed), slug=slug, service=name, person=author, town=LONGEST_TOWN)
            assert 10 <= len(text.title) <= MAX_TITLE, text
            assert 60 <= len(text.description) <= MAX_DESCRIPTION, text
            assert "{" not in text.title + text.description, text
            assert text.price_min is None or text.price_max is None or text.price_min <= text.price_max, text


def test_headlines_agree_with_the_person():
    people = [person(1, number) for number in range(20)]
    woman = next(one for one in people if one.woman)
    man = next(one for one in people if not one.woman)
    assert texts.headline(woman, slug="plomeria", town="Ponce") == "Maestra plomera con licencia"
    assert texts.headline(man, slug="plomeria", town="Ponce") == "Maestro plomero con licencia"


def test_every_sentence_can_be_filled_in():
    words = {"pueblo": "Ponce", "servicio": "plomería", "nombre": "Ana", "anos": "3", "o": "a", "a": "a"}
    general = texts.general_texts()
    for name in ("openings", "closings", "request_closings", "bios"):
        for sentence in general[name]:
            assert "{" not in sentence.format_map(words)


def test_people_are_the_same_when_asked_again_and_reach_nobody():
    assert person(1, 5) == person(1, 5)
    assert person(1, 5) != person(2, 5)
    for number in range(50):
        one = person(1, number)
        assert one.email == one.email.lower()
        assert one.email.endswith(f".{number}-1@{EMAIL_DOMAIN}")
        assert one.phone[5:10] == "55501"


def test_population_names_every_town():
    assert set(people_data()["population"]) == {town["slug"] for town in read_towns()}


def test_every_service_is_drawn_with_motifs_that_exist():
    drawn = {name for slug, _name in SERVICES for name in texts.texts_of(slug)["draw"]}
    assert drawn | set(texts.general_texts()["fallback"]["draw"]) <= set(motifs())


def test_motifs_use_known_shapes_and_colours():
    colors = {*FIXED_COLORS, "a", "b", "c", "wall"}
    for name, shapes in motifs().items():
        assert shapes, name
        for shape, color, _numbers in shapes:
            assert shape in SHAPES, name
            assert color in colors, name


@pytest.mark.parametrize("seed", range(4))
def test_pictures_are_colourful_and_of_the_expected_size(seed):
    picture = service_picture(["cake", "balloons"], Random(seed))
    assert picture.size == (960, 720)
    assert len(picture.resize((96, 72)).getcolors(96 * 72)) > 20
    assert portrait(Random(seed), woman=bool(seed % 2)).size == (400, 400)
    assert cover(Random(seed)).size == (960, 504)


def test_palettes_tell_their_motif_from_the_paper():
    for palette in PALETTES:
        assert palette.paper not in {palette.a, palette.b, palette.c}
