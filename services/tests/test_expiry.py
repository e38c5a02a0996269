from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from notices import jobs
from notices.models import Notice, OutboxMail
from services.actions import publish_listing
from services.enums import ArchiveReason, Status
from services.expiry import (
    archive_expired_requests,
    ask_about_old_promotions,
    pause_unanswered_promotions,
    resume_clocks,
)
from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceRequestFactory
from services.transitions import StatusMoved

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "archived"),
    [
        (datetime(2026, 11, 21, 3, 59, 59, tzinfo=UTC), 0),  # 11:59 p.m. of the 20th in Puerto Rico
        (datetime(2026, 11, 21, 4, 0, tzinfo=UTC), 1),
    ],
)
def test_request_ends_at_the_midnight_of_its_day(db, now, archived):
    listing = ServiceRequestFactory(needed_by=date(2026, 11, 20), published_at=NOW - timedelta(days=2))
    assert archive_expired_requests(now) == archived
    listing.refresh_from_db()
    assert listing.archive_reason == (ArchiveReason.NEEDED_BY if archived else "")
    assert listing.status == (Status.ARCHIVED if archived else Status.PUBLISHED)


@pytest.mark.parametrize("trait", [{}, {"paused": True}])
def test_request_ends_after_sixty_days(db, trait):
    listing = ServiceRequestFactory(published_at=NOW - timedelta(days=60), **trait)
    assert archive_expired_requests(NOW - timedelta(seconds=1)) == 0
    assert archive_expired_requests(NOW) == 1
    listing.refresh_from_db()
    assert (listing.status, listing.archive_reason) == (Status.ARCHIVED, ArchiveReason.AGE)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"published_at": NOW - 2 * DAY, "needed_by": date(2026, 11, 19)},
            "Archivamos tu solicitud “Gotera”: pasó la fecha en que se necesitaba.",
        ),
        ({"published_at": NOW - 60 * DAY}, "Archivamos tu solicitud “Gotera”: cumplió 60 días publicada."),
    ],
)
def test_owner_is_told_why_a_request_was_archived(owner, fields, sentence):
    listing = ServiceRequestFactory(owner=owner, title="Gotera", **fields)
    assert [archive_expired_requests(NOW) for _ in range(2)] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.recipient, notice.path, notice.sentence) == (owner, listing.get_absolute_url(), sentence)
    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.subject) == (owner.email, "Archivamos tu solicitud “Gotera”")
    assert "List-Unsubscribe" not in mail.headers


def test_age_stands_still_while_the_owner_is_suspended(owner):
    request = ServiceRequestFactory(owner=owner, published_at=NOW - 50 * DAY)
    promotion = PromotionFactory(owner=owner, published_at=NOW - 190 * DAY, asked_at=NOW - 4 * DAY)
    other = ServiceRequestFactory(published_at=NOW - 50 * DAY)
    User.objects.filter(pk=owner.pk).suspend(now=NOW, reason="Estafa.")
    later = NOW + 30 * DAY
    assert (archive_expired_requests(later), pause_unanswered_promotions(later)) == (1, 0)
    User.objects.filter(pk=owner.pk).reinstate()
    resume_clocks(owner=owner, suspended_for=30 * DAY, now=later)
    request.refresh_from_db()
    promotion.refresh_from_db()
    assert request.published_at == NOW - 20 * DAY
    assert promotion.asked_at == NOW + 26 * DAY
    other.refresh_from_db()
    assert other.published_at == NOW - 50 * DAY
    assert archive_expired_requests(later + 10 * DAY - timedelta(seconds=1)) == 0
    assert archive_expired_requests(later + 10 * DAY) == 1
    assert pause_unanswered_promotions(later + 10 * DAY) == 1


def test_day_of_a_suspended_person_s_request_passes(owner):
    ServiceRequestFactory(owner=owner, published_at=NOW - DAY, needed_by=date(2026, 11, 19))
    User.objects.filter(pk=owner.pk).suspend(now=NOW, reason="Estafa.")
    assert archive_expired_requests(NOW) == 1


def test_expiry_leaves_promotions_and_closed_requests(db):
    old = NOW - timedelta(days=500)
    PromotionFactory(published_at=old)
    for trait in ("draft", "archived", "removed", "deleted"):
        ServiceRequestFactory(**{trait: True, "published_at": None if trait == "draft" else old})
    assert archive_expired_requests(NOW) == 0


def test_expiry_is_safe_to_repeat(db):
    ServiceRequestFactory(published_at=timezone.now() - timedelta(days=61))
    assert [archive_expired_requests(timezone.now()) for _ in range(2)] == [1, 0]


def test_promotion_asks_its_owner_once_after_180_days(owner):
    promotion = PromotionFactory(owner=owner, published_at=NOW - 180 * DAY, title="Destapes")
    assert ask_about_old_promotions(NOW - timedelta(seconds=1)) == 0
    assert [ask_about_old_promotions(NOW) for _ in range(2)] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.recipient, notice.path) == (owner, promotion.get_absolute_url())
    assert notice.sentence.startswith("¿Todavía ofreces “Destapes”?")
    assert OutboxMail.objects.get().recipient == owner.email


def test_promotion_is_paused_14_days_after_the_question(owner):
    promotion = PromotionFactory(owner=owner, published_at=NOW - 180 * DAY)
    ask_about_old_promotions(NOW)
    assert pause_unanswered_promotions(NOW + 14 * DAY - timedelta(seconds=1)) == 0
    assert pause_unanswered_promotions(NOW + 14 * DAY) == 1
    promotion.refresh_from_db()
    assert (promotion.status, promotion.asked_at) == (Status.PAUSED, None)
    paused = Notice.objects.latest("pk")
    assert (paused.kind, paused.recipient, paused.path) == ("promotion_paused", owner, promotion.get_absolute_url())
    assert OutboxMail.objects.filter(recipient=owner.email).count() == 2
    publish_listing(listing=promotion, by=owner, now=NOW + 15 * DAY)
    assert ask_about_old_promotions(NOW + 16 * DAY) == 0


def test_promotion_whose_owner_answers_stays(owner, login):
    promotion = PromotionFactory(owner=owner, published_at=NOW - 180 * DAY)
    ask_about_old_promotions(NOW)
    browser = login(owner)
    page = browser.get(promotion.get_absolute_url()).content.decode()
    assert "Sigue disponible" in page
    assert "se pausa el 4 de diciembre de 2026" in page
    assert "se pausa el 4 de diciembre de 2026" in browser.get("/tablero/").content.decode()
    assert browser.post(promotion.action_url("publish")).status_code == 302
    promotion.refresh_from_db()
    assert (promotion.status, promotion.asked_at) == (Status.PUBLISHED, None)
    assert pause_unanswered_promotions(NOW + 15 * DAY) == 0
    with pytest.raises(StatusMoved):
        publish_listing(listing=promotion, by=owner, now=NOW)


def test_promotion_that_was_confirmed_asks_again_180_days_later(owner):
    promotion = PromotionFactory(owner=owner, published_at=NOW - 400 * DAY, confirmed_at=NOW - 179 * DAY)
    assert ask_about_old_promotions(NOW) == 0
    assert ask_about_old_promotions(NOW + DAY) == 1
    assert Listing.objects.get(pk=promotion.pk).asked_at == NOW + DAY


def test_old_promotions_of_the_suspended_and_hidden_ones_do_not_ask(db):
    old = NOW - 400 * DAY
    PromotionFactory(published_at=old, owner__suspended=True)
    for trait in ("paused", "archived", "removed", "deleted"):
        PromotionFactory(published_at=old, **{trait: True})
    asked = PromotionFactory(published_at=old, asked_at=NOW - 20 * DAY)
    User.objects.filter(pk=asked.owner_id).suspend(now=NOW, reason="Estafa.")
    ServiceRequestFactory(published_at=old)
    assert ask_about_old_promotions(NOW) == 0
    assert pause_unanswered_promotions(NOW) == 0
    assert not Notice.objects.exists()


def test_jobs_of_the_room_are_registered():
    assert {"expired requests", "old promotions", "unanswered promotions", "pictures"} <= {
        job.name for job in jobs.registered()
    }
