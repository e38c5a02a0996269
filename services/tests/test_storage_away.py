"""What people and the worker notice when the storage is away: refused, silent, broken, or a folder nobody may write."""

import socket
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import ProgrammingError
from django.utils import timezone

from services.models import Listing, Picture
from services.pictures import health
from services.pictures import s3 as bucket
from services.pictures.actions import receive, sweep
from services.pictures.storage import StorageAway, picture_storage
from services.tests.factories import PictureFactory, PromotionFactory
from services.tests.pages import errors_of, good_data
from services.tests.pictures import upload
from services.tests.s3_server import S3Server, broken_server, refusing_server, silent_server

SERVERS = {"refused": refusing_server, "silent": silent_server, "broken": broken_server}
# The real ones would make a test of a black hole take ten seconds; one test below does.
QUICK = {"connect_timeout": 0.1, "read_timeout": 0.1, "retries": {"total_max_attempts": 2, "mode": "standard"}}


@pytest.fixture(params=[*SERVERS, "folder"])
def away(request, settings, tmp_path):
    """A storage that cannot be used: a bucket, by the kind of its failure, or a folder that nobody can write."""
    if request.param == "folder":
        (tmp_path / "file").write_text("no es una carpeta")
        settings.MEDIA_ROOT = tmp_path / "file" / "media"
        yield request.param
        return
    with SERVERS[request.param]() as endpoint:
        options = S3Server(endpoint).settings(client_config=Config(**bucket.CLIENT_SETTINGS | QUICK))
        settings.STORAGES = settings.STORAGES | {"default": options}
        yield request.param


buckets = pytest.mark.parametrize("away", SERVERS, indirect=True)


@pytest.fixture
def no_backoff(monkeypatch):
    """Between two tries boto waits up to a second."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda _self, _context: 0)


pytestmark = pytest.mark.usefixtures("no_backoff")


def test_pages_answer_without_asking_the_storage(away, owner, client, login, monkeypatch):
    asked = []
    monkeypatch.setattr(bucket.S3PictureStorage, "_new_client", lambda _self, _config: asked.append(True))
    listing = PromotionFactory(owner=owner, photo_count=2)
    owner.profile.picture = PictureFactory(owner=owner, claimed=True)
    owner.profile.save(update_fields=["picture"])
    for browser, path in (
        (client, "/"),
        (client, "/promociones/"),
        (client, f"/promociones/{listing.pk}-{listing.slug}/"),
        (client, f"/perfil/{owner.pk}-pilar-santiago/"),
        (login(owner), f"/promociones/{listing.pk}/editar/"),
    ):
        response = browser.get(path)
        assert response.status_code == 200, path
        assert "400.webp" in response.content.decode() or path == "/"
    assert asked == []


def test_form_comes_back_with_a_sentence_and_its_words(away, owner, login, caplog):
    data = good_data(photos=[upload(name="a.jpg"), upload(name="b.jpg")])
    response = login(owner).post("/promociones/nueva/", data)
    assert response.status_code == 200
    assert errors_of(response) == {"photos": ["No pudimos guardar «a.jpg». Trata otra vez."]}
    form = response.context["form"]
    assert (form["title"].value(), form["description"].value()) == ("Destapes en Ponce", "Reparo liqueos.")
    assert form.fields["photos"].widget.photos == []
    assert not Listing.objects.exists()
    assert {picture.discarded_at is not None for picture in Picture.objects.all()} == {True}
    assert caplog.text.count("A picture could not be stored.") == 1


def test_message_is_not_written_without_its_photo(away, owner, member, login):
    listing = PromotionFactory(owner=owner)
    browser = login(member)
    url = browser.post(f"/promociones/{listing.pk}/contactar/", {"body": "Hola"}).url
    response = browser.post(url, {"body": "Mira esta foto", "photos": upload()})
    assert response.status_code == 200
    assert "Mira esta foto" in response.content.decode()
    assert errors_of(response) == {"photos": ["No pudimos guardar «foto.jpg». Trata otra vez."]}


@buckets
def test_sweep_keeps_the_rows_and_ends_at_the_first_failure(away, owner, caplog):
    PictureFactory.create_batch(3, owner=owner)
    Picture.objects.discard(now=timezone.now())
    assert sweep(timezone.now()) == 0
    assert Picture.objects.discarded().count() == 3
    assert caplog.text.count("Pictures wait to be deleted") == 1


@buckets
def test_sweep_storage_says_that_it_cannot_compare(away, owner):
    PictureFactory(owner=owner)
    with pytest.raises(CommandError, match="The storage of the pictures cannot be compared"):
        call_command("sweep_storage", apply=True)


def test_probe_notices(away):
    with pytest.raises(OSError):  # noqa: PT011 - each kind has its own
        picture_storage().probe()


def test_second_photo_does_not_wait_again(settings, owner, monkeypatch):
    with silent_server() as endpoint:
        options = S3Server(endpoint).settings(client_config=Config(**bucket.CLIENT_SETTINGS | QUICK))
        settings.STORAGES = settings.STORAGES | {"default": options}
        with pytest.raises(ValidationError, match="No pudimos guardar"):
            receive(owner=owner, upload=upload())
        assert picture_storage().is_away
        cleaned = []
        monkeypatch.setattr("services.pictures.actions.clean", cleaned.append)
        with pytest.raises(ValidationError, match="No pudimos guardar"):
            receive(owner=owner, upload=upload())
        assert cleaned == []
        later = time.monotonic() + bucket.AWAY_SECONDS
        monkeypatch.setattr(bucket.time, "monotonic", lambda: later)
        assert not picture_storage().is_away


def test_broken_answer_makes_nobody_else_fail(settings):
    with broken_server() as endpoint:
        settings.STORAGES = settings.STORAGES | {"default": S3Server(endpoint).settings()}
        with pytest.raises(StorageAway):
            default_storage.save("public/1/a/400.webp", ContentFile(b"x"))
        assert not picture_storage().is_away


def test_server_with_many_dead_addresses_is_given_up_in_time(settings, monkeypatch):
    """Amazon's name has eight addresses, and each is given the whole time to connect."""
    with closing(socket.socket()) as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # with one connection waiting the kernel drops further ones, as a firewall does
        address = full.getsockname()
        with closing(socket.create_connection(address)):
            found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 8
            monkeypatch.setattr("urllib3.util.connection.socket.getaddrinfo", lambda *_args, **_kwargs: found)
            monkeypatch.setattr(bucket, "SAVE_SECONDS", 0.5)
            config = Config(**bucket.CLIENT_SETTINGS | QUICK | {"connect_timeout": 0.2})
            endpoint = f"http://{address[0]}:{address[1]}"
            settings.STORAGES = settings.STORAGES | {"default": S3Server(endpoint).settings(client_config=config)}
            # The words are those of our own limit; boto's would come seconds later.
            with pytest.raises(StorageAway, match="no answer in time"):
                default_storage.save("public/1/a/400.webp", ContentFile(b"x"))
            assert picture_storage().is_away


def test_black_hole_holds_a_form_for_less_than_twelve_seconds(settings, owner, login):
    with silent_server() as endpoint:
        settings.STORAGES = settings.STORAGES | {"default": S3Server(endpoint).settings()}
        began = time.monotonic()
        data = good_data(photos=[upload(name=f"{number}.jpg") for number in range(8)])
        response = login(owner).post("/promociones/nueva/", data)
        assert errors_of(response) == {"photos": ["No pudimos guardar «0.jpg». Trata otra vez."]}
        assert time.monotonic() - began < 12


def test_half_written_picture_is_swept_when_the_storage_is_back(settings, owner, monkeypatch):
    save, saved = default_storage.save, []

    def once(name, content):
        if saved:
            raise StorageAway(urlsplit(name).path)
        saved.append(name)
        return save(name, content)

    monkeypatch.setattr(default_storage, "save", once)
    with pytest.raises(ValidationError):
        receive(owner=owner, upload=upload())
    assert default_storage.exists(saved[0])
    assert sweep(timezone.now()) == 1
    assert not any(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def test_picture_written_after_its_row_was_swept_leaves_nothing(settings, owner, monkeypatch):
    save = default_storage.save

    def erased_meanwhile(name, content):
        Picture.objects.all().delete()
        return save(name, content)

    monkeypatch.setattr(default_storage, "save", erased_meanwhile)
    with pytest.raises(ValidationError, match="No pudimos guardar"):
        receive(owner=owner, upload=upload())
    assert not any(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def test_health_page_says_so_and_serves_on(away, client, db, caplog):
    assert client.get("/salud/listo/").content.decode() == "listo\nfotos: no se sabe\n"
    assert health.look(timezone.now()) == 0
    response = client.get("/salud/listo/")
    assert (response.status_code, response.content.decode()) == (200, "listo\nfotos: no responden\n")
    assert caplog.text.count("The picture storage is away") == 1


def test_health_page_says_that_the_storage_answers(client, db):
    health.look(timezone.now())
    assert client.get("/salud/listo/").content.decode() == "listo\nfotos: responden\n"


def test_health_page_needs_no_cache(client, db, monkeypatch):
    def no_table(_key):
        raise ProgrammingError

    monkeypatch.setattr(health.cache, "get", no_table)
    assert client.get("/salud/listo/").content.decode() == "listo\nfotos: no se sabe\n"


@pytest.mark.s3
def test_health_page_looks_at_a_real_bucket(s3, client, db, settings):
    health.look(timezone.now())
    assert client.get("/salud/listo/").content.decode() == "listo\nfotos: responden\n"
    settings.STORAGES = settings.STORAGES | {"default": s3.settings(bucket_name="another")}
    health.look(timezone.now())
    assert client.get("/salud/listo/").content.decode() == "listo\nfotos: no responden\n"
