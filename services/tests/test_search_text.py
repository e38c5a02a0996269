import pytest

from services.models import Listing, Service, Town
from services.search import text


@pytest.mark.parametrize(
    "forms",
    [
        "uña uñas",
        "dj djs DJs",
        "tubería tuberías TUBERIA",
        "acrílica acrílicas acrilica",
        "flor flores",
        "luz luces",
        "mes meses",
        "clase clases",
        "reparación reparaciones reparar",
        "autobús autobuses",
        "disfraz disfraces",
        "bizcocho bizcochos",
        "nail nails",
        "fence fences",
    ],
)
def test_stem_is_what_forms_of_a_word_share(forms):
    assert len({text.stem(word) for word in text.words(forms)}) == 1


@pytest.mark.parametrize(
    "words", ["uña uno", "aguada agua", "barbero barbacoa", "pintura pinta", "mesa mesero", "plomero plomo"]
)
def test_stem_tells_words_apart(words):
    first, second = text.words(words)
    assert text.stem(first) != text.stem(second)


def test_words_fold_accents_and_split_digits_from_letters():
    assert text.words("¡Ñame, PIÑA & Mayagüez! 24h 0ponce") == [
        "ñame",
        "piña",
        "mayaguez",
        "24",
        "h",
        "0",
        "ponce",
    ]


def test_words_are_the_same_however_accents_are_encoded():
    assert text.words("tuberi\u0301a un\u0303a") == text.words("tubería uña") == ["tuberia", "uña"]


def test_words_cut_a_wall_of_letters():
    assert {len(word) for word in text.words("x" * 2000)} == {text.MAX_WORD}


def test_words_of_other_scripts_and_signs_are_none():
    assert text.words("水道 🔧 %%__'\"; --\0") == []


def test_stems_drop_stop_words_but_not_the_nail():
    assert text.stems("una uña para la boda") == ["una", "bod"]


def test_search_text_has_head_and_rest():
    listing = Listing(title="Destape de tuberías", description="Destape y tuberías; servicio rápido.")
    service = Service(slug="plomeria", name_es="Plomería", name_en="Plumbing")
    towns = [Town(slug="ponce"), Town(slug="juana-diaz")]
    assert text.search_text(listing, service, towns) == (
        " 1plomeria destap tuberi plomeri plumbing | rap 0ponce 0juanadiaz "
    )


def test_search_text_for_the_whole_island_names_no_town():
    listing = Listing(title="DJ", island_wide=True)
    service = Service(slug="dj", name_es="DJ", name_en="DJ")
    assert text.search_text(listing, service, [Town(slug="ponce")]) == " 1dj dj | 0isla "
