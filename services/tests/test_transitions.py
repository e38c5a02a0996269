from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from services import transitions
from services.enums import ArchiveReason, Status
from services.models import Listing, Picture
from services.tests.factories import PromotionFactory
from services.transitions import StatusMoved

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=3)

DRAFT, PUBLISHED, PAUSED, ARCHIVED, REMOVED, DELETED = (
    "draft",
    "published",
    "paused",
    "archived",
    "removed",
    "deleted",
)

# What becomes of a listing, by transition and status; what is missing is refused with 409.
BY_OWNER = {
    ("publish", DRAFT): PUBLISHED,
    ("publish", PAUSED): PUBLISHED,
    ("publish", ARCHIVED): PUBLISHED,
    ("confirm", PUBLISHED): PUBLISHED,
    ("pause", PUBLISHED): PAUSED,
    ("archive", DRAFT): ARCHIVED,
    ("archive", PUBLISHED): ARCHIVED,
    ("archive", PAUSED): ARCHIVED,
    ("delete", DRAFT): DELETED,
    ("delete", PUBLISHED): DELETED,
    ("delete", PAUSED): DELETED,
    ("delete", ARCHIVED): DELETED,
}
BY_MODERATOR = {
    ("remove", DRAFT): REMOVED,
    ("remove", PUBLISHED): REMOVED,
    ("remove", PAUSED): REMOVED,
    ("remove", ARCHIVED): REMOVED,
    ("restore", REMOVED): PUBLISHED,  # as which the factory says it was removed
}
SENTENCES = {
    DRAFT: "Este anuncio es un borrador.",
    PUBLISHED: "Este anuncio ya está publicado.",
    PAUSED: "Este anuncio ya está en pausa.",
    ARCHIVED: "Este anuncio ya está archivado.",
    REMOVED: "La moderación retiró este anuncio. Escríbenos si crees que es un error.",
    DELETED: "Este anuncio ya fue borrado.",
}
STATUSES = tuple(SENTENCES)
OWNER_TRANSITIONS = ("publish", "confirm", "pause", "archive", "delete")
MODERATOR_TRANSITIONS = ("remove", "restore")


def listing_in(status: str, **fields):
    traits = {} if status == PUBLISHED else {status: True}
    return PromotionFactory(**{"published_at": BEFORE, **traits, **fields})


def run(name: str, listing, by=None) -> None:
    parties = {"by": by or listing.owner} if name in OWNER_TRANSITIONS else {}
    reason = {"reason": "Estafa."} if name == "remove" else {}
    getattr(transitions, name)(listing=listing, now=NOW, **parties, **reason)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", OWNER_TRANSITIONS + MODERATOR_TRANSITIONS)
def test_transition_from_every_status(db, name, status):
    listing = listing_in(status)
    target = (BY_OWNER | BY_MODERATOR).get((name, status))
    if target:
        run(name, listing)
    else:
        with pytest.raises(StatusMoved) as refused:
            run(name, listing)
        assert refused.value.sentence == SENTENCES[status]
    assert Listing.objects.get(pk=listing.pk).status == (target or status)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", OWNER_TRANSITIONS)
def test_transition_is_the_owners_alone(member, superuser, name, status):
    listing = listing_in(status)
    for stranger in (member, superuser):
        with pytest.raises(PermissionDenied, match="Solo quien publicó este anuncio puede cambiarlo"):
            run(name, listing, by=stranger)
    assert Listing.objects.get(pk=listing.pk).status == status


@pytest.mark.parametrize("name", OWNER_TRANSITIONS)
def test_transition_names_the_party_in_its_update(member, owner, name):
    status = {"publish": ARCHIVED, "confirm": PUBLISHED, "pause": PUBLISHED, "archive": PAUSED, "delete": PAUSED}[name]
    listing = listing_in(status, owner=owner)
    listing.owner = member  # as if the row had changed hands since it was read
    with pytest.raises(StatusMoved):
        run(name, listing, by=member)
    assert Listing.objects.get(pk=listing.pk).status == listing.status


@pytest.mark.parametrize(("name", "status"), (BY_OWNER | BY_MODERATOR).keys() - {("confirm", PUBLISHED)})
def test_transition_asked_twice_is_refused_the_second_time(db, name, status):
    listing = listing_in(status)
    same = Listing.objects.get(pk=listing.pk)
    run(name, listing)
    with pytest.raises(StatusMoved):
        run(name, same)


@pytest.mark.parametrize(
    ("status", "published_at"), [(DRAFT, NOW), (PAUSED, BEFORE), (ARCHIVED, NOW)], ids=[DRAFT, PAUSED, ARCHIVED]
)
def test_publish_dates_the_listing_anew_unless_it_was_paused(db, status, published_at):
    listing = listing_in(status)
    transitions.publish(listing=listing, by=listing.owner, now=NOW)
    assert (listing.status, listing.published_at, listing.updated_at) == (PUBLISHED, published_at, NOW)


def test_archive_says_why_and_publish_forgets_it(db):
    listing = listing_in(PUBLISHED)
    transitions.archive(listing=listing, by=listing.owner, now=NOW)
    assert listing.archive_reason == ArchiveReason.OWNER
    transitions.publish(listing=listing, by=listing.owner, now=NOW)
    assert listing.archive_reason == ""


def test_delete_discards_the_photos(db):
    listing, other = listing_in(PUBLISHED, photo_count=2), listing_in(PUBLISHED, photo_count=1)
    transitions.delete(listing=listing, by=listing.owner, now=NOW)
    assert not listing.photos.exists()
    assert Picture.objects.discarded().count() == 2
    assert other.photos.get().picture.discarded_at is None


def test_delete_that_is_refused_keeps_the_photos(db):
    listing = listing_in(REMOVED, photo_count=2)
    with pytest.raises(StatusMoved):
        transitions.delete(listing=listing, by=listing.owner, now=NOW)
    assert listing.photos.count() == 2
    assert not Picture.objects.discarded().exists()


@pytest.mark.parametrize("status", [DRAFT, PUBLISHED, PAUSED, ARCHIVED])
def test_restore_returns_to_the_status_before(db, status):
    listing = listing_in(status)
    transitions.remove(listing=listing, reason="Estafa.", now=NOW)
    assert (listing.status, listing.removed_from, listing.removed_reason) == (Status.REMOVED, status, "Estafa.")
    transitions.restore(listing=listing, now=NOW)
    assert (listing.status, listing.removed_from, listing.removed_reason) == (status, "", "")


@pytest.mark.django_db(transaction=True)
def test_publish_by_several_at_once_is_won_by_one():
    listing = listing_in(DRAFT)
    start, outcomes = Barrier(4, timeout=20), []

    def publish() -> None:
        try:
            same = Listing.objects.get(pk=listing.pk)
            start.wait()
            transitions.publish(listing=same, by=same.owner, now=timezone.now())
            outcomes.append("published")
        except StatusMoved:
            outcomes.append("moved")
        finally:
            connection.close()

    threads = [Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved"] * 3 + ["published"]
