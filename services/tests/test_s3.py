"""Pictures on a real S3 server: it checks signatures, their end, and who may do what."""

import json
import re
from base64 import b64decode
from datetime import datetime
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from services.enums import Area
from services.models import Listing, Picture
from services.pictures import addresses
from services.pictures.actions import receive, sweep
from services.pictures.storage import StorageAway, picture_storage
from services.tests.pages import errors_of, good_data
from services.tests.pictures import drawing, encoded, upload
from services.tests.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server

KEY = "private/1/0a0a0a0a-0000-4000-8000-000000000000/400.webp"
SIX_HOURS = 6 * 60 * 60


def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    """Return status and body, as a browser gets them."""
    try:
        with urlopen(
            Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        ) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, b""


@pytest.fixture
def elsewhere(settings) -> S3Server:
    """A bucket that nobody has to reach."""
    server = S3Server("https://s3.example")
    settings.STORAGES = settings.STORAGES | {"default": server.settings()}
    return server


@pytest.mark.s3
def test_file_is_written_read_listed_and_deleted(s3):
    default_storage.save(KEY, ContentFile(b"RIFF-webp"))
    assert default_storage.exists(KEY)
    with default_storage.open(KEY) as file:
        assert file.read() == b"RIFF-webp"
    (found,) = picture_storage().objects("private")
    assert (found.key, found.size) == (KEY, 9)
    assert abs((found.changed_at - timezone.now()).total_seconds()) < 60
    assert list(picture_storage().objects("public")) == []
    default_storage.delete(KEY)
    assert not default_storage.exists(KEY)
    assert s3.all_keys() == []
    default_storage.delete(KEY)  # none there is no error


@pytest.mark.s3
def test_file_that_is_not_there_cannot_be_opened(s3):
    with pytest.raises(FileNotFoundError):
        default_storage.open(KEY)


@pytest.mark.s3
def test_listing_goes_on_after_a_thousand(s3, monkeypatch):
    client = default_storage._client
    pages = client.get_paginator("list_objects_v2")
    paginate = pages.paginate
    monkeypatch.setattr(client, "get_paginator", lambda _name: pages)
    monkeypatch.setattr(pages, "paginate", lambda **kw: paginate(**kw, PaginationConfig={"PageSize": 2}))
    keys = [f"public/{owner}/x/400.webp" for owner in ("1", "10", "2", "3", "9")]
    for key in keys:
        default_storage.save(key, ContentFile(b"x"))
    assert [found.key for found in picture_storage().objects("public")] == keys


@pytest.mark.s3
def test_signed_address_opens_the_file_and_can_be_kept_by_the_browser(s3):
    default_storage.save(KEY, ContentFile(b"RIFF-webp"))
    with urlopen(default_storage.url(KEY)) as answer:
        assert answer.read() == b"RIFF-webp"
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "private, max-age=21600, immutable"
        etag = answer.headers["ETag"]
    assert fetch(default_storage.url(KEY), If_None_Match=etag) == (304, b"")


@pytest.mark.s3
@pytest.mark.parametrize("area", ["public", "private", "u"])
def test_unsigned_address_is_refused(s3, area):
    key = KEY.replace("private", area)
    default_storage.save(key, ContentFile(b"secret"))
    url = default_storage.url(key)
    assert fetch(url) == (200, b"secret")
    assert fetch(url.partition("?")[0]) == (403, b"")
    assert fetch(f"{s3.endpoint}/{BUCKET}") == (403, b"")


@pytest.mark.s3
@pytest.mark.parametrize(
    ("part", "other"),
    [
        (r"X-Amz-Signature=\w", "X-Amz-Signature=g"),
        (r"X-Amz-Expires=\d+", "X-Amz-Expires=604800"),
        (r"site-key", "other-key"),
        (r"/400\.webp", "/800.webp"),
        (r"X-Amz-Date=\d{8}", "X-Amz-Date=20990101"),
    ],
)
def test_altered_address_is_refused(s3, part, other):
    default_storage.save(KEY, ContentFile(b"secret"))
    default_storage.save(KEY.replace("400", "800"), ContentFile(b"other"))
    altered, count = re.subn(part, other, default_storage.url(KEY), count=1)
    assert count == 1
    assert fetch(altered) == (403, b"")


@pytest.mark.s3
def test_address_ends_after_six_hours(s3, monkeypatch):
    default_storage.save(KEY, ContentFile(b"secret"))
    now = timezone.now().timestamp()
    monkeypatch.setattr(addresses.time, "time", lambda: now - SIX_HOURS / 2)  # the period before: three hours are left
    assert fetch(default_storage.url(KEY)) == (200, b"secret")
    monkeypatch.setattr(addresses.time, "time", lambda: now - SIX_HOURS)
    assert fetch(default_storage.url(KEY)) == (403, b"")


def test_address_is_the_same_for_three_hours_in_every_process(elsewhere, monkeypatch, settings):
    began = 1_800_000_000 // 10_800 * 10_800
    urls = []
    for second in (0, 10_799, 10_800):
        monkeypatch.setattr(addresses.time, "time", lambda second=second: began + second)
        settings.STORAGES = settings.STORAGES | {"default": elsewhere.settings()}  # as a new process would make it
        urls.append(default_storage.url(KEY))
    assert urls[0] == urls[1] != urls[2]


def test_address_is_what_boto_signs_at_the_beginning_of_the_period(elsewhere, monkeypatch):
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: datetime(1970, 1, 1))
    request = AWSRequest("GET", f"https://s3.example/{BUCKET}/{KEY}")
    monkeypatch.setattr(addresses.time, "time", lambda: 0)
    S3SigV4QueryAuth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1", SIX_HOURS).add_auth(request)
    assert default_storage.url(KEY) == request.url


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ({"endpoint": "https://s3.example/"}, "https://s3.example/fotos"),
        ({}, "https://fotos.s3.us-west-2.amazonaws.com"),
        ({"bucket": "fotos.pr"}, "https://s3.us-west-2.amazonaws.com/fotos.pr"),
    ],
)
def test_bucket_has_the_address_that_its_server_understands(settings, options, address):
    assert addresses.bucket_address(**{"bucket": "fotos", "region": "us-west-2", **options}) == address
    bucket, endpoint = options.get("bucket", "fotos"), options.get("endpoint")
    kept = S3Server(endpoint).settings(bucket_name=bucket, region_name="us-west-2")
    settings.STORAGES = settings.STORAGES | {"default": kept}
    request = default_storage._client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "u/1"})
    url = default_storage.url("u/1")
    assert url.partition("?")[0] == f"{address}/u/1"
    assert urlsplit(url).path == urlsplit(request).path  # the client asks by host or by path, as we do


def test_public_pictures_come_from_the_cdn_and_private_ones_never(settings, monkeypatch):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    cdn = {"custom_domain": "fotos.example", "cloudfront_key_id": "K1", "cloudfront_key": pem}
    settings.STORAGES = settings.STORAGES | {"default": S3Server("https://s3.example").settings(**cdn)}
    monkeypatch.setattr(addresses.time, "time", lambda: 10_800 * 3 + 5)
    url = default_storage.url("public/1/a/400.webp")
    asked = parse_qs(urlsplit(url).query)
    assert url.partition("?")[0] == "https://fotos.example/public/1/a/400.webp"
    assert (asked["Expires"], asked["Key-Pair-Id"]) == ([str(10_800 * 5)], ["K1"])
    ends = {"DateLessThan": {"AWS:EpochTime": 54_000}}
    policy = {"Statement": [{"Resource": url.partition("?")[0], "Condition": ends}]}
    signature = b64decode(asked["Signature"][0].translate(str.maketrans("-_~", "+=/")))
    signed = json.dumps(policy, separators=(",", ":")).encode()
    key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA1())
    for private in ("private/1/a/400.webp", "u/1/a/400.webp"):
        assert default_storage.url(private).startswith(f"https://s3.example/{BUCKET}/{private}?X-Amz-")


def test_lack_of_credentials_gives_a_drawing_and_no_error_page(settings, monkeypatch, caplog, owner):
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _self: None)
    kept = S3Server("https://s3.example").settings(access_key=None, secret_key=None)
    settings.STORAGES = settings.STORAGES | {"default": kept}
    assert Picture(owner=owner, width=1, height=1).small_url == "/static/img/sin-foto.svg"
    assert "No address could be made" in caplog.text


@pytest.mark.s3
def test_wrong_key_is_an_outage_and_not_an_error_page(s3, settings, owner):
    settings.STORAGES = settings.STORAGES | {"default": s3.settings(secret_key="wrong")}
    with pytest.raises(StorageAway):
        default_storage.save(KEY, ContentFile(b"x"))
    with pytest.raises(StorageAway):
        list(picture_storage().objects("public"))
    assert not picture_storage().is_away  # it did answer


@pytest.mark.s3
def test_picture_of_a_person_is_received_and_swept(s3, owner):
    shown, hidden = receive(owner=owner, upload=upload()), receive(owner=owner, upload=upload(), area=Area.PRIVATE)
    assert s3.all_keys() == sorted(
        f"{area}/{owner.pk}/{picture.pk}/{width}.webp"
        for area, picture in (("public", shown), ("private", hidden))
        for width in (400, 800, 1600)
    )
    Picture.objects.discard(now=timezone.now())
    assert sweep(timezone.now()) == 2
    assert s3.all_keys() == []
    assert not Picture.objects.exists()


@pytest.mark.s3
def test_photo_of_a_listing_from_upload_to_its_end(s3, owner, client, login):
    """Sent, refused for want of a title, kept, published, seen by a visitor, deleted with its listing, swept."""
    browser = login(owner)
    data = good_data()
    photo = upload(encoded(drawing(2000, 1500)), "taller.jpg")
    response = browser.post("/promociones/nueva/", {**data, "title": "", "photos": photo})
    assert set(errors_of(response)) == {"title"}
    picture = Picture.objects.get()
    response = browser.post("/promociones/nueva/", {**data, "kept_photos": str(picture.pk)})
    assert response.status_code == 302
    page = client.get(response.url, follow=True)
    (url,) = {address for address in re.findall(r'src="([^"]+)"', page.content.decode()) if "/800.webp" in address}
    url = url.replace("&amp;", "&")
    assert fetch(url)[0] == 200
    assert browser.post(f"/promociones/{Listing.objects.get().pk}/borrar/").status_code == 302
    assert sweep(timezone.now()) == 1
    assert fetch(url)[0] == 404
    assert s3.all_keys() == []
    call_command("sweep_storage")
