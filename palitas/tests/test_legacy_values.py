"""The rules for single values of the former site; they need no database."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from palitas.legacy import values

BCRYPT = "$2b$12$" + "a" * 53


def with_remarks(rule, *args, **options):
    remarks = []
    return rule(*args, remarks, **options), remarks


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (25, 25),
        ("25", 25),
        (" 25.00 ", 25),
        ("$1,500", 1500),
        ("$1,500.00", 1500),
        ("25 dólares", 25),
        (Decimal("40.49"), 40),
        ("40.50", 41),
        (0, 0),
        (1_000_000, 1_000_000),
        ("", None),
        (None, None),
        ("NULL", None),
        ("a convenir", None),
        ("-5", None),
        ("30-50", None),
        ("1000000.60", None),
        ("99999999", None),
        (float("nan"), None),
    ],
)
def test_price_is_whole_dollars_or_none(value, expected):
    assert values.price(value, [], name="price") == expected


@pytest.mark.parametrize(
    ("value", "remarks"),
    [
        ("25", []),
        ("", []),
        ("40.50", ["price rounded to whole dollars"]),
        ("a convenir", ["price is no price between $0 and $1,000,000"]),
        ("-5", ["price is no price between $0 and $1,000,000"]),
    ],
)
def test_price_says_what_was_lost(value, remarks):
    assert with_remarks(values.price, value, name="price")[1] == remarks


def test_price_range_is_put_in_order():
    assert with_remarks(values.price_range, "20", "50") == ((20, 50), [])
    assert with_remarks(values.price_range, "50", "20") == ((20, 50), ["price_min was above price_max: exchanged"])
    assert with_remarks(values.price_range, None, "20") == ((None, 20), [])


@pytest.mark.parametrize(
    ("value", "stars", "remarks"),
    [
        (5, 5, []),
        ("4", 4, []),
        (4.5, 5, ["rating rounded to whole stars"]),
        ("4.4", 4, ["rating rounded to whole stars"]),
        (Decimal("0.5"), 1, ["rating rounded to whole stars"]),
    ],
)
def test_rating_is_rounded_half_up(value, stars, remarks):
    assert with_remarks(values.whole_stars, values.rating(value)) == (stars, remarks)


@pytest.mark.parametrize("value", [0, "0.4", 5.1, 10, -1, None, "", "cinco", "4/5"])
def test_what_is_no_rating_is_none(value):
    assert values.rating(value) is None


@pytest.mark.parametrize(
    "typed", ["787-555-0134", "(787) 555 0134", "7875550134", "+1 787 555 0134", "1-787-555-0134", "787.555.0134"]
)
def test_phone_of_any_shape_is_one_number(typed):
    assert with_remarks(values.phone, typed) == ("+17875550134", [])


@pytest.mark.parametrize("typed", ["55501", "no tengo", "0000000000", "787-555-01345678"])
def test_what_is_no_phone_is_left_out_and_said(typed):
    assert with_remarks(values.phone, typed) == ("", ["the phone number is none"])


def test_phone_may_be_empty_or_have_an_extension():
    assert with_remarks(values.phone, None) == ("", [])
    assert with_remarks(values.phone, "N/A") == ("", [])
    extension = ["the extension of the phone number is lost"]
    assert with_remarks(values.phone, "787-555-0134 ext. 12") == ("+17875550134", extension)


@pytest.mark.parametrize(
    "hashed", [BCRYPT, BCRYPT.encode(), memoryview(BCRYPT.encode()), "\\x" + BCRYPT.encode().hex()]
)
def test_bcrypt_hash_is_kept_as_django_reads_it(hashed):
    assert with_remarks(values.password, hashed) == (f"bcrypt${BCRYPT}", [])


@pytest.mark.parametrize(
    "hashed",
    [
        None,
        "",
        "clave en claro",
        BCRYPT[:-1],
        BCRYPT.replace("$12$", "$31$"),  # a login would take days
        BCRYPT.replace("$2b$", "$2x$"),
        "\\xzz",
    ],
)
def test_what_is_no_usable_hash_lets_nobody_in(hashed):
    remark = "the password is no bcrypt hash: the person chooses a new one by mail"
    assert with_remarks(values.password, hashed) == ("", [remark])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Ana@Example.COM ", "ana@example.com"),
        ("ana@example", ""),
        ("sin arroba", ""),
        (None, ""),
        ("a" * 250 + "@example.com", ""),
    ],
)
def test_email_is_lower_case_or_nothing(value, expected):
    assert values.email(value) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<p>Hola</p><p>Trabajo &amp; sudor</p>", "Hola\nTrabajo & sudor"),
        ("Uno<br>dos<BR/>tres", "Uno\ndos\ntres"),
        ("<script>alert(1)</script>Bien", "Bien"),
        ("Bien<script>alert(1)", "Bien"),
        ('<a href="javascript:x">aquí</a>', "aquí"),
    ],
)
def test_html_is_taken_out_of_what_people_wrote(written, expected):
    found = with_remarks(values.words, written, name="bio", limit=100, in_lines=True)
    assert found == (expected, ["HTML taken out of bio"])


@pytest.mark.parametrize("written", ["precio < 50 y > 20", "yo <3 Ponce", "a<b", "5 > 3"])
def test_signs_that_are_no_html_stay(written):
    assert with_remarks(values.words, written, name="bio", limit=100) == (written, [])


def test_words_are_cut_after_a_whole_word():
    assert with_remarks(values.words, "uno dos tres", name="title", limit=9) == ("uno dos…", ["title cut to 9 letters"])
    assert values.words("x" * 20, [], name="title", limit=9) == "xxxxxxxx…"
    assert with_remarks(values.words, "nueve let", name="title", limit=9) == ("nueve let", [])
    assert values.words("a\0b\x07\u202ec", [], name="title", limit=9) == "abc"


def test_terms_are_the_lines_between_bars():
    assert with_remarks(values.terms, " Uno |Dos||  |<b>Tres</b>") == (
        ["Uno", "Dos", "Tres"],
        ["HTML taken out of a term"],
    )
    assert with_remarks(values.terms, None) == ([], [])


def test_long_term_goes_on_in_the_next_line():
    lines, remarks = with_remarks(values.terms, "palabra " * 50)
    assert [len(line) <= 300 for line in lines] == [True, True]
    assert " ".join(lines) == ("palabra " * 50).strip()
    assert remarks == ["a term of more than 300 letters became several"]
    assert [len(line) for line in values.terms("x" * 700, [])] == [300, 300, 100]


def test_more_than_twenty_terms_share_the_last_line():
    lines, remarks = with_remarks(values.terms, "|".join(map(str, range(30))))
    assert lines == [*map(str, range(19)), "19; 20; 21; 22; 23; 24; 25; 26; 27; 28; 29"]
    assert remarks == ["more than 20 terms: the last ones share a line"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('["https://a.example", "b.example/x"]', ["https://a.example", "https://b.example/x"]),
        ('{"facebook": "https://fb.example/ana", "otro": ""}', ["https://fb.example/ana"]),
        (["https://a.example", None], ["https://a.example"]),
        ("https://a.example|https://a.example", ["https://a.example"]),
        ("instagram.com/ana, http://b.example", ["https://instagram.com/ana", "http://b.example"]),
        (None, []),
        ("undefined", []),
    ],
)
def test_links_come_in_any_form(value, expected):
    assert with_remarks(values.links, value) == (expected, [])


def test_links_that_are_none_or_too_many_are_said():
    assert with_remarks(values.links, "@ana|javascript:alert(1)") == ([], ["a link is no web address"] * 2)
    many = "|".join(f"https://{n}.example" for n in range(7))
    found, remarks = with_remarks(values.links, many)
    assert (len(found), remarks) == (5, ["more than 5 links"])


def test_picture_names_are_between_bars_each_once():
    assert values.picture_names("a.jpg| b.jpg ||a.jpg|undefined|null") == ["a.jpg", "b.jpg"]
    assert values.picture_names(None) == []
    assert values.picture_names(["a.jpg"]) == ["a.jpg"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b.jpg", "users/u1/reviews/r1/a b.jpg"),
        ("users/u2/reviews/r2/a.jpg", "users/u2/reviews/r2/a.jpg"),
        ("https://bucket.example/users/u2/reviews/r2/a.jpg?x=1", "users/u2/reviews/r2/a.jpg"),
        ("../../etc/passwd", ""),
        ("..", ""),
        ("/etc/passwd", ""),
        ("a\\b.jpg", ""),
        ("a\nb.jpg", ""),
        ("x" * 300, ""),
    ],
)
def test_picture_key_never_leaves_the_storage(name, expected):
    assert values.picture_key(name, user="u1", kind="reviews", row="r1") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2023, 5, 1, 12), datetime(2023, 5, 1, 12, tzinfo=UTC)),
        ("2023-05-01 12:00:00", datetime(2023, 5, 1, 12, tzinfo=UTC)),
        ("2023-05-01T08:00:00-04:00", datetime(2023, 5, 1, 12, tzinfo=UTC)),
        (date(2023, 5, 1), datetime(2023, 5, 1, tzinfo=UTC)),
        ("ayer", None),
        (None, None),
        (5, None),
    ],
)
def test_time_without_zone_is_utc(value, expected):
    assert values.moment(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("t", True), ("True", True), (1, True), (0, False), (None, False), ("no", False)],
)
def test_flag_is_what_means_yes(value, expected):
    assert values.flag(value) is expected


def test_catalogue_names_meet_without_accents_and_capitals():
    assert values.catalogue_key(" MAYAGUEZ ") == values.catalogue_key("Mayagüez") == "mayaguez"
    assert values.catalogue_key("Cuido de ni&ntilde;os") == "cuido-de-ninos"
