import errno
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.utils import timezone

from services.models import Picture
from services.pictures.actions import receive, sweep
from services.pictures.chosen import ChosenPicture, PicturesTaken, take
from services.tests.factories import PictureFactory, PromotionFactory
from services.tests.pictures import upload


def files(settings) -> list[str]:
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_receive_writes_a_row_and_three_files(owner, settings):
    picture = receive(owner=owner, upload=upload())
    assert (picture.owner, picture.width, picture.height, picture.claimed_at) == (owner, 120, 80, None)
    assert files(settings) == sorted(f"public/{owner.pk}/{picture.pk}/{width}.webp" for width in (400, 800, 1600))


def test_receive_leaves_no_trace_of_a_refused_file(owner, settings):
    with pytest.raises(ValidationError):
        receive(owner=owner, upload=upload(b"nada"))
    assert not Picture.objects.exists()
    assert files(settings) == []


def test_receive_marks_a_picture_whose_files_cannot_be_written(owner, monkeypatch, caplog):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(ValidationError, match="No pudimos guardar «foto"):
        receive(owner=owner, upload=upload())
    assert Picture.objects.get().discarded_at is not None
    assert "could not be stored" in caplog.text


def test_sweep_removes_what_nobody_claimed_in_a_day(owner, settings):
    forgotten = receive(owner=owner, upload=upload())
    now = forgotten.created_at + timedelta(hours=24)
    assert sweep(now - timedelta(seconds=1)) == 0
    assert sweep(now) == 1
    assert not Picture.objects.exists()
    assert files(settings) == []


def test_sweep_keeps_what_is_in_use(owner, settings):
    used = receive(owner=owner, upload=upload())
    Picture.objects.filter(pk=used.pk).claim(now=timezone.now())
    assert sweep(timezone.now() + timedelta(days=400)) == 0
    assert len(files(settings)) == 3


def test_sweep_removes_discarded_pictures_at_once(owner, settings):
    picture = receive(owner=owner, upload=upload())
    Picture.objects.filter(pk=picture.pk).claim(now=timezone.now())
    Picture.objects.filter(pk=picture.pk).discard(now=timezone.now())
    assert sweep(timezone.now()) == 1
    assert files(settings) == []


def test_sweep_finishes_what_was_interrupted(owner):
    picture = receive(owner=owner, upload=upload())
    default_storage.delete(picture.key(400))
    Picture.objects.filter(pk=picture.pk).discard(now=timezone.now())
    assert sweep(timezone.now()) == 1


def test_sweep_goes_on_after_a_file_that_cannot_be_deleted(owner, monkeypatch, caplog):
    stuck, other = PictureFactory(owner=owner), PictureFactory(owner=owner)
    Picture.objects.discard(now=timezone.now())
    delete = default_storage.delete

    def sometimes(key):
        if str(stuck.pk) in key:
            raise PermissionError
        delete(key)

    monkeypatch.setattr(default_storage, "delete", sometimes)
    assert sweep(timezone.now()) == 1
    assert list(Picture.objects.all()) == [stuck]
    assert str(stuck.pk) in caplog.text
    assert str(other.pk) not in caplog.text


def test_take_claims_each_picture_once(owner):
    picture = PictureFactory(owner=owner)
    take(chosen=[ChosenPicture(picture)], attached=[], now=timezone.now())
    with pytest.raises(PicturesTaken):
        take(chosen=[ChosenPicture(picture)], attached=[], now=timezone.now())


def test_take_refuses_what_the_sweep_has_marked(owner):
    picture = PictureFactory(owner=owner)
    Picture.objects.discard(now=timezone.now())
    with pytest.raises(PicturesTaken):
        take(chosen=[ChosenPicture(picture)], attached=[], now=timezone.now())


def test_take_leaves_attached_pictures_alone(owner):
    promotion = PromotionFactory(owner=owner, photo_count=1)
    picture = promotion.photos.get().picture
    take(chosen=[ChosenPicture(picture)], attached=[picture.pk], now=timezone.now())
