"""The second step of ``import_legacy``: pictures, from a folder that stands for the former storage."""

from io import BytesIO, StringIO

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.management import CommandError, call_command
from PIL import Image

from accounts.models import Profile, User
from agreements.tests.factories import AgreementFactory, ReviewFactory
from notices.models import OutboxMail
from palitas.legacy import pictures
from palitas.legacy.ledger import Entry, waiting_pictures, write
from palitas.legacy.models import LegacyRow
from services.catalog_data import load_catalog
from services.models import Listing, Picture
from services.pictures.storage import picture_storage
from services.tests.factories import PromotionFactory
from services.tests.s3_server import ACCESS_KEY, SECRET_KEY


@pytest.fixture(autouse=True)
def catalogue(db):
    load_catalog()


@pytest.fixture
def bucket(tmp_path):
    """The folder that stands for the former storage."""
    folder = tmp_path / "former"
    folder.mkdir()
    return folder


def put(folder, key: str, color: str = "red") -> None:
    content = BytesIO()
    Image.new("RGB", (40, 30), color).save(content, "JPEG")
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.getvalue())


def remember(table: str, key: str, target, names: str, *, column: str = "pictures", limit: int = 8) -> None:
    """Write what the first step writes of a row with pictures."""
    entry = Entry(table, key, target)
    write([entry, *waiting_pictures(entry, names, column=column, user="u1", limit=limit)])


def bring(folder, **options) -> str:
    output = StringIO()
    call_command("import_legacy", storage=str(folder), stdout=output, stderr=StringIO(), **options)
    return output.getvalue()


def outcomes() -> dict[str, tuple[str, list[str]]]:
    rows = LegacyRow.objects.filter(table="pictures")
    return {row.former_id: (row.outcome, row.remarks) for row in rows}


def color_of(picture: Picture) -> tuple[int, ...]:
    with picture_storage().open(picture.key(1600)) as file, Image.open(file) as image:
        red, green, blue = image.convert("RGB").getpixel((20, 15))
    return (red > 200, green > 100, blue > 200)


def test_pictures_of_a_listing_come_in_their_order_under_keys_of_ours(owner, bucket):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg|azul.jpg")
    put(bucket, "users/u1/promotions/p1/rojo.jpg", "red")
    put(bucket, "users/u1/promotions/p1/azul.jpg", "blue")
    assert bring(bucket).startswith("2 pictures brought.\n")
    photos = list(listing.photos.all())
    assert [color_of(photo.picture) for photo in photos] == [(True, False, False), (False, False, True)]
    assert all(photo.picture.owner == owner and photo.picture.claimed_at for photo in photos)
    assert list(outcomes().values()) == [("carried", [])] * 2
    assert OutboxMail.objects.count() == 0


def test_second_run_fetches_nothing_again(owner, bucket):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg")
    put(bucket, "users/u1/promotions/p1/rojo.jpg")
    bring(bucket)
    assert bring(bucket).startswith("0 pictures brought.\n")
    assert (listing.photos.count(), Picture.objects.count()) == (1, 1)


def test_folder_may_be_called_otherwise(owner, bucket):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg")
    put(bucket, "users/u1/promo/p1/rojo.jpg")
    assert bring(bucket).startswith("1 pictures brought.\n")


def test_missing_picture_is_said_and_found_by_a_later_run(owner, bucket, tmp_path):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg")
    report = tmp_path / "report.txt"
    bring(bucket, file=report)
    assert "pictures promotions/p1/pictures/0: missing: not in the former storage\n" in report.read_text()
    put(bucket, "users/u1/promotions/p1/rojo.jpg")
    bring(bucket)
    assert outcomes() == {"promotions/p1/pictures/0": ("carried", [])}


def test_what_is_no_picture_is_left(owner, bucket):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "texto.jpg|../../etc/passwd")
    path = bucket / "users/u1/promotions/p1/texto.jpg"
    path.parent.mkdir(parents=True)
    path.write_text("<?php echo 1;")
    bring(bucket)
    assert outcomes() == {
        "promotions/p1/pictures/0": ("left", ["refused as a picture: unknown_format"]),
        "promotions/p1/pictures/1": ("left", ["its name is none of a file"]),
    }
    assert Picture.objects.count() == 0


def test_pictures_of_a_profile_go_to_their_places(owner, bucket):
    columns = {"profile_pic": "cara.jpg", "cover_pic": "lejos.jpg", "qr_pic": "ath.jpg", "gallery": "uno.jpg|dos.jpg"}
    entry = Entry("profiles", "f1", owner.profile)
    write([entry])
    for column, names in columns.items():
        write(waiting_pictures(entry, names, column=column, user="u1", limit=20))
        for name in names.split("|"):
            put(bucket, f"users/u1/profiles/f1/{name}")
    bring(bucket)
    profile = Profile.objects.get(pk=owner.profile.pk)
    assert None not in (profile.picture_id, profile.cover_id, profile.payment_qr_id)
    assert [photo.position for photo in profile.gallery.all()] == [0, 1]
    assert len(profile.picture_ids()) == 5
    # The payment QR is for the client of an agreement only.
    areas = [profile.picture.area, profile.cover.area, profile.payment_qr.area]
    assert areas == ["public", "public", "private"]


def test_pictures_of_a_review_belong_to_its_author(bucket):
    review = ReviewFactory(agreement=AgreementFactory(closed=True))
    remember("reviews", "v1", review, "a.jpg")
    put(bucket, "users/u1/reviews/v1/a.jpg")
    bring(bucket)
    found = [(photo.picture.owner, photo.picture.area) for photo in review.photos.all()]
    assert found == [(review.author, "private")]


def test_what_the_person_has_chosen_since_stays(owner, bucket):
    own = Picture.objects.create(owner=owner, width=1, height=1)
    Profile.objects.filter(user=owner).update(picture=own)
    remember("profiles", "f1", owner.profile, "cara.jpg", column="profile_pic")
    put(bucket, "users/u1/profiles/f1/cara.jpg")
    bring(bucket)
    assert Profile.objects.get(user=owner).picture == own
    assert outcomes() == {"profiles/f1/profile_pic/0": ("left", ["the person has put another picture there"])}
    # What was stored for nothing goes with the next sweep.
    assert Picture.objects.exclude(pk=own.pk).get().discarded_at is not None


@pytest.mark.parametrize("gone", ["listing", "owner"])
def test_nothing_is_brought_to_what_is_gone(owner, bucket, gone):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg")
    put(bucket, "users/u1/promotions/p1/rojo.jpg")
    if gone == "listing":
        Listing.objects.filter(pk=listing.pk).update(status="deleted")
    else:
        User.objects.filter(pk=owner.pk).update(is_active=False, erased_at=listing.created_at)
    bring(bucket)
    assert outcomes() == {"promotions/p1/pictures/0": ("left", ["its row is gone, or its person has left"])}
    assert Picture.objects.count() == 0


def test_listing_that_is_full_takes_no_more(owner, bucket):
    listing = PromotionFactory(owner=owner)
    for number in range(8):
        picture = Picture.objects.create(owner=owner, width=1, height=1)
        listing.photos.create(picture=picture, position=number)
    remember("promotions", "p1", listing, "rojo.jpg|nueve.jpg", limit=1)
    put(bucket, "users/u1/promotions/p1/rojo.jpg")
    bring(bucket)
    assert outcomes() == {
        "promotions/p1/pictures/0": ("left", ["more than 8 pictures"]),
        "promotions/p1/pictures/1": ("left", ["more than 1 pictures"]),
    }


def test_run_that_was_faster_wins(owner, bucket, monkeypatch):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg")
    put(bucket, "users/u1/promotions/p1/rojo.jpg")
    store = pictures.store

    def slow_store(**arguments):
        monkeypatch.setattr(pictures, "store", store)
        bring(bucket)
        return store(**arguments)

    monkeypatch.setattr(pictures, "store", slow_store)
    assert bring(bucket).startswith("0 pictures brought.\n")
    assert listing.photos.count() == 1
    assert outcomes() == {"promotions/p1/pictures/0": ("carried", [])}


def test_storage_that_is_away_stops_the_run_and_keeps_what_was_done(owner, bucket, monkeypatch):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg|azul.jpg")
    put(bucket, "users/u1/promotions/p1/rojo.jpg")
    storage = pictures.open_storage(str(bucket))
    really = storage.open

    def going_away(key):
        if "azul" in key:
            raise EndpointConnectionError(endpoint_url="https://s3.example")
        return really(key)

    monkeypatch.setattr(storage, "open", going_away)
    monkeypatch.setattr(pictures, "open_storage", lambda *_args, **_options: storage)
    with pytest.raises(CommandError, match=r"does not answer.*run it again"):
        bring(bucket)
    assert outcomes() == {
        "promotions/p1/pictures/0": ("carried", []),
        "promotions/p1/pictures/1": ("waiting", []),
    }


def test_storage_of_this_site_that_is_away_stops_the_run(owner, bucket, monkeypatch):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg")
    put(bucket, "users/u1/promotions/p1/rojo.jpg")

    def full(**_arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(pictures, "store", full)
    with pytest.raises(CommandError, match="of this site does not answer: No space left on device"):
        bring(bucket)
    assert outcomes() == {"promotions/p1/pictures/0": ("waiting", [])}


def test_s3_address_names_bucket_and_prefix():
    storage = pictures.open_storage("s3://antes/fotos", endpoint="http://127.0.0.1:9")
    assert (storage.bucket_name, storage.location, storage.endpoint_url) == ("antes", "fotos", "http://127.0.0.1:9")
    assert pictures.open_storage("s3://antes").location == ""


@pytest.mark.s3
def test_pictures_come_from_a_bucket_into_another(s3, owner, monkeypatch):
    listing = PromotionFactory(owner=owner)
    remember("promotions", "p1", listing, "rojo.jpg|se-perdió.jpg")
    content = BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, "JPEG")
    s3.client.create_bucket(Bucket="former-site")
    s3.client.put_object(Bucket="former-site", Key="copia/users/u1/promotions/p1/rojo.jpg", Body=content.getvalue())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "unknown")
    with pytest.raises(CommandError, match=r"does not answer.*run it again"):
        bring("s3://former-site/copia", endpoint=s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    assert bring("s3://former-site/copia", endpoint=s3.endpoint).startswith("1 pictures brought.\n")
    assert outcomes() == {
        "promotions/p1/pictures/0": ("carried", []),
        "promotions/p1/pictures/1": ("missing", ["not in the former storage"]),
    }
    (photo,) = listing.photos.all()
    assert color_of(photo.picture) == (True, False, False)
    assert photo.picture.key(1600) in s3.all_keys()


def test_folder_that_is_none_is_said(tmp_path):
    with pytest.raises(CommandError, match="is no folder"):
        bring(tmp_path / "none")


def test_command_without_a_source_is_refused():
    with pytest.raises(CommandError, match="Say where to read from"):
        call_command("import_legacy")
    with pytest.raises(CommandError, match="A dry run is about the database"):
        call_command("import_legacy", storage="/tmp", dry_run=True)
