from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from services.pictures import addresses
from services.pictures.storage import sign, signature_is_valid

KEY = "u/1/abc/400.webp"
# 3 × 3,600 seconds divide it: the beginning of a stable period.
START = 1_800_000_000 // 10_800 * 10_800


@pytest.fixture
def clock(monkeypatch):
    """Return a function that sets the time by which addresses are signed and checked, in seconds after ``START``."""

    def set_to(seconds: int) -> None:
        monkeypatch.setattr(addresses.time, "time", lambda: START + seconds)
        monkeypatch.setattr(signing.time, "time", lambda: START + seconds)

    return set_to


@pytest.fixture
def stored(db) -> str:
    default_storage.save(KEY, ContentFile(b"RIFF-webp"))
    return default_storage.url(KEY)


def test_url_is_the_same_for_three_hours(clock):
    clock(0)
    first = default_storage.url(KEY)
    clock(3 * 3600 - 1)
    assert default_storage.url(KEY) == first
    clock(3 * 3600)
    assert default_storage.url(KEY) != first


@pytest.mark.parametrize(("given_at", "ends_at"), [(0, 6 * 3600), (3 * 3600 - 1, 6 * 3600), (3 * 3600, 9 * 3600)])
def test_signature_ends_six_hours_after_its_period_began(clock, given_at, ends_at):
    clock(given_at)
    signature = sign(KEY)
    clock(ends_at)
    assert signature_is_valid(KEY, signature)
    clock(ends_at + 1)
    assert not signature_is_valid(KEY, signature)


@pytest.mark.parametrize("signature", ["", ":", "x", "x:y", "1vTRnK:"])
def test_signature_that_nobody_made_is_invalid(signature):
    assert not signature_is_valid(KEY, signature)


def test_signature_is_for_one_file_only():
    assert not signature_is_valid("u/2/abc/400.webp", sign(KEY))


def test_signature_for_another_purpose_is_invalid():
    elsewhere = signing.TimestampSigner(salt="elsewhere").sign(KEY).removeprefix(f"{KEY}:")
    assert not signature_is_valid(KEY, elsewhere)


def test_media_gives_out_a_signed_file(client, stored):
    response = client.get(stored)
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == b"RIFF-webp"
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=21600, immutable"


def test_media_answers_304_to_who_has_the_file(client, stored):
    first = client.get(stored)
    assert b"".join(first.streaming_content) == b"RIFF-webp"
    again = client.get(stored, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "private, max-age=21600, immutable"


def test_media_without_signature_is_not_found(client, stored):
    assert client.get(urlsplit(stored).path).status_code == 404
    assert client.get(urlsplit(stored).path, {"firma": "1vTRnK:abc"}).status_code == 404


def test_media_that_is_gone_is_not_found(client, stored):
    default_storage.delete(KEY)
    assert client.get(stored).status_code == 404


def test_media_takes_no_post(client, stored):
    assert client.post(stored).status_code == 405


@pytest.mark.parametrize("key", ["../secret.txt", "u/../../secret.txt", "/etc/passwd", "u//../../secret.txt", "u"])
def test_media_stays_inside_its_folder_even_when_signed(client, settings, key):
    Path(settings.MEDIA_ROOT).joinpath("u").mkdir(parents=True)
    Path(settings.MEDIA_ROOT).parent.joinpath("secret.txt").write_text("secreto")
    path = reverse("media", args=["KEY"]).replace("KEY", key)
    assert client.get(path, {"firma": sign(key)}).status_code == 404


def test_media_address_has_no_language(client, stored, rf):
    assert urlsplit(stored).path == f"/media/{KEY}"
    assert set(parse_qs(urlsplit(stored).query)) == {"firma"}


def test_storage_follows_the_setting(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    default_storage.save(KEY, ContentFile(b"x"))
    assert (tmp_path / "elsewhere" / KEY).read_bytes() == b"x"


def test_storage_leaves_nothing_of_a_write_that_fails(settings):
    class Broken(ContentFile):
        def chunks(self, chunk_size=None):  # noqa: ARG002
            yield b"half"
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        default_storage.save(KEY, Broken(b"half"))
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def test_storage_refuses_to_write_outside():
    with pytest.raises(SuspiciousFileOperation):
        default_storage.save("../secret.txt", ContentFile(b"x"))


def test_storage_deletes_the_folder_with_its_last_file(settings):
    folder = (Path(settings.MEDIA_ROOT) / KEY).parent
    default_storage.save(KEY, ContentFile(b"x"))
    default_storage.save(KEY.replace("400", "800"), ContentFile(b"x"))
    default_storage.delete(KEY)
    assert folder.exists()
    default_storage.delete(KEY.replace("400", "800"))
    assert not folder.exists()


def test_stable_period_is_half_the_lifetime():
    assert timedelta(hours=3) == addresses.URL_STABLE
    assert datetime.fromtimestamp(START).timestamp() % addresses.URL_STABLE.total_seconds() == 0
