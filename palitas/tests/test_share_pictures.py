"""The pictures of shared links: what is on them, who gets them, and how seldom they are drawn."""

import io
import unicodedata
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import override
from PIL import Image

from accounts.personal_data.erasure import erase_account
from palitas.pages import sharing
from palitas.sharing import drawing
from palitas.sharing import flyer as sheet
from palitas.sharing.cards import listing_card, profile_card, service_card, town_card
from palitas.sharing.letters import BREAK, drawable, known_letters
from palitas.tests.test_design import blocks_of_tokens
from services.tests.factories import (
    PhotoFactory,
    PictureFactory,
    PromotionFactory,
    ServiceFactory,
    ServiceRequestFactory,
    TownFactory,
)
from services.tests.pictures import BLUE, RED, encoded
from services.tests.pictures import drawing as photo_drawing

MAX_BYTES = 150_000
EMOJI = "Uñas 💅🏽 y barbería 💈 en 🇵🇷 👩🏽‍🔧"
HOSTILE = {
    "emoji": EMOJI,
    "wide": "W" * 100,
    "wide with joiners": "W\u200d" * 50,
    "arabic": "سباك في بونس",
    "mixed": "Plomero \u202e\u2066סבא\u0001\u0007 ponce\x1b[31m",
    "combining": "Z" + "\u0336\u0347" * 40 + "algo",
    "markup": "#panic() $x$ *a* _b_ `c` <svg> \\ ] [ @x",
    "spaces": "a" + "\u00a0" * 90 + "b",
}


@pytest.fixture
def draws(monkeypatch) -> list:
    """The cards that were drawn; what is drawn is not what is tested."""
    drawn: list = []
    monkeypatch.setattr(sharing, "draw", lambda card: drawn.append(card) or b"jpeg")
    return drawn


def opened(content: bytes) -> Image.Image:
    assert len(content) <= MAX_BYTES
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size, image.mode) == ("JPEG", (1200, 630), "RGB")
    assert len(image.resize((60, 32)).getcolors(2000)) > 100, "blank"
    return image


def path_of(listing) -> str:
    return f"/{'promociones' if listing.kind == 'promotion' else 'solicitudes'}/{listing.pk}/compartir.jpg"


def store_photo(listing):
    picture = PhotoFactory(listing=listing).picture
    default_storage.save(picture.key(800), ContentFile(encoded(photo_drawing(800, 600), "WEBP")))
    return picture


def near(pixel, colour) -> bool:
    return max(abs(one - other) for one, other in zip(pixel, colour, strict=True)) < 40


def test_pictures_are_jpegs_that_differ(client, owner):
    listings = [
        PromotionFactory(owner=owner, title="Destapes"),
        ServiceRequestFactory(owner=owner, title="Busco pintor"),
    ]
    paths = [*map(path_of, listings), f"/perfil/{owner.pk}/compartir.jpg", "/servicios/plomeria/compartir.jpg"]
    paths += ["/pueblos/ponce/compartir.jpg", f"/en{path_of(listings[0])}"]
    contents = []
    for path in paths:
        response = client.get(path)
        assert response["Content-Type"] == "image/jpeg"
        opened(response.content)
        contents.append(response.content)
    assert len(set(contents)) == len(paths)


def test_first_photo_is_in_the_door(owner):
    listing = PromotionFactory(owner=owner)
    plain = opened(drawing.draw(listing_card(listing)))
    store_photo(listing)
    image = opened(drawing.draw(listing_card(type(listing).objects.get(pk=listing.pk))))
    middle, upper, lower = 926, 250, 560
    assert near(image.getpixel((middle, upper)), RED)
    assert near(image.getpixel((middle, lower)), BLUE)
    # Outside the door the picture is the same with and without.
    assert near(image.getpixel((720, 102)), plain.getpixel((720, 102)))
    assert near(image.getpixel((1150, 300)), plain.getpixel((1150, 300)))


def test_photo_that_cannot_be_read_is_left_out_until_it_can(client, owner, caplog):
    listing = PromotionFactory(owner=owner, photo_count=1)
    response = client.get(path_of(listing))
    plain = opened(response.content)
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response
    assert "could not be read" in caplog.text
    key = listing.photos.get().picture.key(800)
    default_storage.save(key, ContentFile(encoded(photo_drawing(800, 600), "WEBP")))
    response = client.get(path_of(listing))
    assert near(opened(response.content).getpixel((926, 250)), RED)
    assert not near(plain.getpixel((926, 250)), RED)
    assert response["ETag"]


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_hostile_titles_are_drawn(owner, title):
    image = opened(drawing.draw(listing_card(PromotionFactory(owner=owner, title=title))))
    # Between the column of words and the door nothing is written.
    strip = image.crop((676, 20, 684, 480)).convert("L")
    assert strip.getextrema()[0] > 200


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Uñas acrílicas «á»", "Uñas acrílicas «á»"),
        (EMOJI, EMOJI),
        ("n\u0303andu\u0301", "ñandú"),
        ("سباك", ""),
        ("Plomero \u202eסבא\u0000\u0007 en\tPonce\n", "Plomero en Ponce"),
        ("\u200d\ufe0f", ""),
        ("W" * 16, "W" * 16),
        ("W" * 17, BREAK.join("W" * 17) + BREAK),
        ("W\u200d" * 17, BREAK.join("W" * 17) + BREAK),
    ],
)
def test_drawable_keeps_what_the_fonts_have(text, drawn):
    assert drawable(text) == drawn


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_no_letter_would_be_a_box(title):
    for letter in drawable(title).replace(BREAK, ""):
        assert letter == " " or ord(letter) in known_letters()
        assert unicodedata.category(letter) not in {"Cc", "Co"}


def test_title_of_which_nothing_is_left_gives_way_to_the_service(owner):
    assert listing_card(PromotionFactory(owner=owner, title="سباك")).title == "Plomería"


def test_card_says_what_the_page_says(owner):
    profile = owner.profile
    profile.rating_average, profile.reviews_count, profile.palitas_count = Decimal("4.57"), 1, 1234
    profile.headline, profile.base_town = "Plomera", TownFactory()
    profile.save()
    card = listing_card(PromotionFactory(owner=owner, title="Destapes", price_max=None))
    assert card.words == "Promoción · Plomería. Destapes. Ponce. Desde $40. 4.6 · 1 reseña"
    assert profile_card(owner).words == "Pilar Santiago. Plomera. Ponce. 1,234 palitas hechas. 4.6 · 1 reseña"
    # Nobody reviews what somebody asks for.
    assert listing_card(ServiceRequestFactory(owner=owner)).rating == ""
    with override("en"):
        card = listing_card(PromotionFactory(owner=owner, title="Destapes", price_max=None))
        assert card.words == "Promotion · Plumbing. Destapes. Ponce. From $40. 4.6 · 1 review"
        assert card.address.startswith("/en/promociones/")


def test_version_changes_with_what_is_seen_and_with_nothing_else(owner):
    listing = PromotionFactory(owner=owner)
    versions = [listing_card(listing).version]
    listing.description = "Otra cosa."
    assert listing_card(listing).version == versions[0]
    for change in ({"title": "Otro"}, {"price_min": 41}, {"price_max": None}):
        for name, value in change.items():
            setattr(listing, name, value)
        versions.append(listing_card(listing).version)
    PhotoFactory(listing=listing)
    versions.append(listing_card(type(listing).objects.get(pk=listing.pk)).version)
    owner.profile.rating_average, owner.profile.reviews_count = Decimal(5), 1
    versions.append(listing_card(listing).version)
    assert len(set(versions)) == len(versions)
    town, service = TownFactory(), ServiceFactory()
    assert town_card(town).version == town_card(town, outline="M0,0").version != service_card(service).version


def test_picture_is_drawn_once_until_it_changes(client, owner, draws):
    listing = PromotionFactory(owner=owner)
    for query in ("", "?v=1", "?v=2", ""):
        assert client.get(path_of(listing) + query).content == b"jpeg"
    assert len(draws) == 1
    listing.title = "Otro título"
    listing.save()
    client.get(path_of(listing))
    assert [card.title for card in draws] == [draws[0].title, "Otro título"]
    client.get(f"/en{path_of(listing)}")
    client.get(path_of(listing))
    assert len(draws) == 3


def test_picture_says_how_long_it_may_be_kept(client, owner, draws):
    listing = PromotionFactory(owner=owner)
    response = client.get(path_of(listing))
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response["ETag"] == f'"{listing_card(listing).version}"'
    assert not response.cookies
    again = client.get(path_of(listing), headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content, len(draws)) == (304, b"", 1)
    listing.title = "Otro título"
    listing.save()
    assert client.get(path_of(listing), headers={"if-none-match": response["ETag"]}).status_code == 200


@pytest.mark.parametrize("status", ["draft", "paused", "archived", "removed", "deleted"])
def test_picture_that_was_drawn_is_refused_once_its_listing_is_private(client, owner, login, superuser, draws, status):
    listing = PromotionFactory(owner=owner)
    assert client.get(path_of(listing)).status_code == 200
    type(listing).objects.filter(pk=listing.pk).update(status=status)
    for browser in (client, login(owner), login(superuser)):
        response = browser.get(path_of(listing))
        assert response.status_code == 404
        assert b"jpeg" not in response.content
    assert caches["drawings"].get(path_of(listing))


@pytest.mark.parametrize("change", [{"is_active": False}, {"suspended_at": timezone.now()}])
def test_pictures_of_somebody_suspended_or_closed_are_refused(client, owner, login, draws, change):
    listing = PromotionFactory(owner=owner)
    type(owner).objects.filter(pk=owner.pk).update(**change)
    for browser in (client, login(owner)):
        assert browser.get(path_of(listing)).status_code == 404
        assert browser.get(f"/perfil/{owner.pk}/compartir.jpg").status_code == 404
    assert draws == []


def test_service_that_is_not_offered_any_more_has_no_picture(client, db, draws):
    ServiceFactory(is_active=False)
    assert client.get("/servicios/plomeria/compartir.jpg").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_picture_that_is_kept_costs_five_queries(client, owner, draws, django_assert_num_queries, number):
    towns = [TownFactory(slug=f"t{place}", name=f"T{place}") for place in range(number)]
    listing = PromotionFactory(owner=owner, towns=towns, photo_count=number)
    client.get(path_of(listing))
    # Listing, towns, photos, pictures, and what is kept.
    with django_assert_num_queries(5):
        client.get(path_of(listing))


def test_profile_picture_is_on_its_card_and_the_payment_qr_is_not(owner):
    owner.profile.payment_qr = PictureFactory(owner=owner, claimed=True)
    assert profile_card(owner).photo == ""
    owner.profile.picture = PictureFactory(owner=owner, claimed=True)
    assert profile_card(owner).photo == owner.profile.picture.key(800)


def test_fronts_are_those_of_the_style_sheet():
    light, _dark = blocks_of_tokens()
    names = {
        "hogar": "turquoise",
        "exterior": "lime",
        "eventos": "mango",
        "profesional": "sky",
        "belleza": "rose",
        "autos": "coral",
        "mascotas": "sand",
        "cuido": "orchid",
    }
    fronts = {group: (light[name], light[f"{name}-ink"]) for group, name in names.items()}
    assert {group: colours[1:] for group, colours in drawing.FRONTS.items()} == fronts


def test_an_erased_person_is_in_no_kept_drawing(client, owner, member, draws, monkeypatch):
    monkeypatch.setattr(sheet, "render", lambda _flyer: b"%PDF")
    mine, of_another = PromotionFactory(owner=owner), PromotionFactory(owner=member)
    addresses = [path_of(mine), f"/perfil/{owner.pk}/compartir.jpg", path_of(of_another)]
    pages = [*addresses, f"{owner.get_absolute_url()}volante/pdf/"]
    for prefix in ("", "/en"):
        assert [client.get(prefix + page).status_code for page in pages] == [200] * 4
    keys = [prefix + address for prefix in ("", "/en") for address in [*addresses, f"/perfil/{owner.pk}/volante/"]]
    assert set(caches["drawings"].get_many(keys)) == set(keys)
    erase_account(user=owner, now=timezone.now())
    left = {prefix + path_of(of_another) for prefix in ("", "/en")}
    assert set(caches["drawings"].get_many(keys)) == left
