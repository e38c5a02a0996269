"""``manage.py sweep_storage`` on a folder and on a real bucket."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.tests.factories import UserFactory
from services.enums import Area
from services.management.commands import sweep_storage
from services.models import Picture
from services.pictures.reconcile import Finding, Read, differences, mend
from services.pictures.s3 import S3PictureStorage
from services.pictures.storage import SignedFileSystemStorage, StoredObject, picture_storage
from services.tests.factories import PictureFactory, PromotionFactory

LONG_AGO = timedelta(days=3)
MEND = "Run again with --apply to mend them."


pytestmark = pytest.mark.django_db


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.s3)])
def aged(request, monkeypatch):
    """Either storage, whose files seem three days older than they are unless their key is in the set returned."""
    if request.param == "s3":
        request.getfixturevalue("s3")
    storage = S3PictureStorage if request.param == "s3" else SignedFileSystemStorage
    young, objects = set(), storage.objects

    def older(self, prefix):
        for found in objects(self, prefix):
            # The folder's own walk asks again for each folder in it.
            is_aged = found.key in young or found.changed_at < timezone.now() - timedelta(hours=1)
            yield found if is_aged else StoredObject(found.key, found.size, found.changed_at - LONG_AGO)

    monkeypatch.setattr(storage, "objects", older)
    return young


def sweep(*options: str) -> list[str]:
    output = StringIO()
    call_command("sweep_storage", *options, stdout=output)
    return output.getvalue().splitlines()


def sweep_with_error(message: str, *options: str) -> list[str]:
    output = StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("sweep_storage", *options, stdout=output)
    assert str(raised.value) == message
    return output.getvalue().splitlines()


def with_files(picture: Picture) -> Picture:
    """Write the files of a picture and let it be three days old."""
    for key in picture.keys:
        default_storage.save(key, ContentFile(b"webp"))
    Picture.objects.filter(pk=picture.pk).update(created_at=timezone.now() - LONG_AGO)
    picture.refresh_from_db()
    return picture


def orphan_key(owner) -> str:
    key = f"public/{owner.pk}/{uuid4()}/400.webp"
    default_storage.save(key, ContentFile(b"lost"))
    return key


def keys() -> set[str]:
    return {found.key for area in Area for found in picture_storage().objects(area)}


def test_nothing_is_wrong_with_pictures_of_many_people(aged):
    """Ten comes before nine in the order of keys, and both sides have to agree on that."""
    people = UserFactory.create_batch(12)
    for number, owner in enumerate(people):
        with_files(PictureFactory(owner=owner, claimed=True, area=list(Area)[number % 3]))
        with_files(PictureFactory(owner=owner, claimed=True))
    assert sweep() == ["72 files and 24 rows compared."]
    assert sweep("--apply") == ["72 files and 24 rows compared."]
    assert len(keys()) == 72


def test_orphan_is_shown_and_deleted_when_asked_to(aged, owner):
    kept = with_files(PictureFactory(owner=owner, claimed=True))
    lost = orphan_key(owner)
    shown = [f"orphan {lost}", "4 files and 1 rows compared."]
    assert sweep_with_error(MEND) == [*shown, "orphan: 1 (4 bytes)"]
    assert lost in keys()
    assert sweep("--apply") == [*shown, "orphan: 1 (4 bytes), 1 mended"]
    assert keys() == set(kept.keys)
    assert sweep() == ["3 files and 1 rows compared."]


def test_file_in_the_folder_of_a_picture_that_is_none_of_its_three_goes(aged, owner):
    kept = with_files(PictureFactory(owner=owner, claimed=True))
    for name in (".tmpx1", "9999.webp"):
        default_storage.save(f"{kept.folder}/{name}", ContentFile(b"half"))
    sweep("--apply")
    assert keys() == set(kept.keys)


def test_young_file_stays(aged, owner):
    key = orphan_key(owner)
    aged.add(key)
    assert sweep("--apply") == [f"young {key}", "1 files and 0 rows compared.", "young: 1, 0 mended"]
    assert keys() == {key}


def test_file_that_is_no_picture_of_the_site_stays(aged, owner):
    strangers = ["private/notes.txt", f"public/{owner.pk}/not-a-number/400.webp", "public/readme.txt"]
    for key in strangers:
        default_storage.save(key, ContentFile(b"x"))
    assert sweep("--apply")[:3] == [f"stranger {key}" for key in strangers]
    assert keys() == set(strangers)


def test_other_folders_are_not_looked_at(aged):
    default_storage.save("backups/1/2/400.webp", ContentFile(b"x"))
    assert sweep("--apply") == ["0 files and 0 rows compared."]
    assert default_storage.exists("backups/1/2/400.webp")


def test_hole_is_marked_and_its_page_shows_a_drawing(aged, owner, client):
    promotion = PromotionFactory(owner=owner, photo_count=2)
    lost, kept = [with_files(photo.picture) for photo in promotion.photos.all()]
    default_storage.delete(lost.keys[1])
    assert sweep_with_error(MEND) == [f"hole {lost.folder}", "5 files and 2 rows compared.", "hole: 1"]
    assert not Picture.objects.exclude(missing_at=None).exists()
    message = "Files are lost. Bring them back from a backup and run this again."
    assert sweep_with_error(message, "--apply")[-1] == "hole: 1, 1 mended"
    assert list(Picture.objects.exclude(missing_at=None)) == [lost]
    page = client.get(f"/promociones/{promotion.pk}-{promotion.slug}/").content.decode()
    assert lost.folder not in page
    assert "/static/img/sin-foto.svg" in page
    assert f"{kept.folder}/800.webp" in page
    assert sweep("--apply")[-1] == "known hole: 1, 0 mended"  # said again, and no error: nothing is new


def test_hole_whose_files_come_back_is_shown_again(aged, owner):
    picture = with_files(PictureFactory(owner=owner, claimed=True))
    Picture.objects.update(missing_at=timezone.now())
    assert sweep_with_error(MEND)[-1] == "found again: 1"
    assert sweep("--apply")[-1] == "found again: 1, 1 mended"
    picture.refresh_from_db()
    assert picture.missing_at is None


@pytest.mark.parametrize("why", ["young", "discarded"])
def test_row_that_somebody_is_busy_with_is_no_hole(aged, owner, why):
    picture = PictureFactory(owner=owner)
    if why == "discarded":
        Picture.objects.update(created_at=timezone.now() - LONG_AGO, discarded_at=timezone.now())
    assert sweep("--apply") == ["0 files and 1 rows compared."]
    picture.refresh_from_db()
    assert picture.missing_at is None


def test_orphan_that_got_its_row_meanwhile_stays(aged, owner):
    key = orphan_key(owner)
    (found,) = differences(timezone.now(), Read())
    PictureFactory(pk=key.split("/")[2], owner=owner)
    assert (found.finding, mend(found, timezone.now())) == (Finding.ORPHAN, False)
    assert keys() == {key}


def test_hole_that_was_filled_or_discarded_meanwhile_is_not_marked(aged, owner):
    filled, discarded = PictureFactory.create_batch(2, owner=owner)
    Picture.objects.update(created_at=timezone.now() - LONG_AGO)
    found = list(differences(timezone.now(), Read()))
    assert [one.finding for one in found] == [Finding.HOLE] * 2
    with_files(filled)
    Picture.objects.filter(pk=discarded.pk).discard(now=timezone.now())
    assert [mend(one, timezone.now()) for one in found] == [False, False]
    assert not Picture.objects.exclude(missing_at=None).exists()


def test_another_database_deletes_nothing(aged, owner, monkeypatch):
    monkeypatch.setattr(sweep_storage, "MANY", 2)
    lost = {orphan_key(owner) for _ in range(3)}
    message = (
        "3 of 3 files differ (orphan): is this the right database, and the right storage? If so, run again with "
        "--many. Nothing was changed."
    )
    assert sweep_with_error(message, "--apply") == []
    assert keys() == lost
    sweep("--apply", "--many")
    assert keys() == set()


def test_another_bucket_marks_nothing(aged, owner, monkeypatch):
    monkeypatch.setattr(sweep_storage, "MANY", 2)
    PictureFactory.create_batch(3, owner=owner)
    Picture.objects.update(created_at=timezone.now() - LONG_AGO)
    with pytest.raises(CommandError, match="3 of 3 rows differ"):
        call_command("sweep_storage", apply=True)
    assert not Picture.objects.exclude(missing_at=None).exists()


def test_storage_out_of_order_is_refused(owner, monkeypatch):
    now = timezone.now()
    listed = [StoredObject(f"public/{name}/x", 1, now) for name in ("9", "10")]
    monkeypatch.setattr(
        SignedFileSystemStorage, "objects", lambda _self, prefix: iter(listed if prefix == "public" else ())
    )
    with pytest.raises(CommandError, match="lists public/10/x after public/9/x"):
        sweep()


def test_real_age_of_a_file_counts(settings, owner):
    key = orphan_key(owner)
    assert sweep()[0] == f"young {key}"
    a_day_ago = timezone.now().timestamp() - 24 * 60 * 60 - 1
    os.utime(Path(settings.MEDIA_ROOT) / key, (a_day_ago, a_day_ago))
    assert sweep("--apply")[0] == f"orphan {key}"
    assert keys() == set()


def test_comparison_asks_the_database_once(owner, django_assert_num_queries):
    for number in range(3):
        with_files(PictureFactory(owner=owner, claimed=number > 0))
    with django_assert_num_queries(1):
        assert list(differences(timezone.now(), Read())) == []
