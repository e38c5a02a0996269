from datetime import date, timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from services.audience import FLUSH_SECONDS, Audience, audience, write
from services.models import DailyViews
from services.tests.factories import PromotionFactory
from services.tests.pages import PAGES

DAY = date(2026, 11, 23)


def counts() -> dict[tuple[int, date], int]:
    audience.flush()
    return {(row.listing_id, row.day): row.count for row in DailyViews.objects.all()}


@pytest.mark.parametrize("pages", PAGES)
def test_view_by_others_counts_and_by_the_owner_does_not(pages, owner, member, client, login):
    listing = pages.factory(owner=owner)
    for browser in (client, login(member), login(owner)):
        assert browser.get(pages.detail(listing)).status_code == 200
    assert counts() == {(listing.pk, timezone.localdate()): 2}


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "WhatsApp/2.23.20.0"},
        {"user-agent": "facebookexternalhit/1.1"},
        {"user-agent": "Mozilla/5.0", "sec-purpose": "prefetch;prerender"},
    ],
)
def test_what_is_nobody_looking_does_not_count(db, client, headers):
    listing = PromotionFactory()
    client.get(listing.get_absolute_url(), headers=headers)
    assert counts() == {}


@pytest.mark.parametrize("name", ["Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 20) Chrome/130.0 Mobile", ""])
def test_people_count(db, client, name):
    listing = PromotionFactory()
    client.get(listing.get_absolute_url(), headers={"user-agent": name})
    assert sum(counts().values()) == 1


def test_only_the_shown_page_counts(db, owner, client, login):
    published, paused = PromotionFactory(), PromotionFactory(paused=True, owner=owner)
    client.head(published.get_absolute_url())
    client.get(f"/promociones/{published.pk}/")
    client.get(f"/promociones/{published.pk}-otro-titulo/")
    client.get(paused.get_absolute_url())
    login(owner).get(paused.get_absolute_url())
    assert counts() == {}


def test_quiet_site_writes_at_once_and_a_busy_one_every_ten_seconds():
    moment, saved = [0.0], []
    seen = Audience(clock=lambda: moment[0], save=saved.append)
    one, other = PromotionFactory.build(pk=1), PromotionFactory.build(pk=2)
    seen.count(one, DAY)
    assert saved == [{(1, DAY): 1}]
    for _second in range(3):
        moment[0] += FLUSH_SECONDS / 4
        seen.count(one, DAY)
        seen.count(other, DAY)
    assert len(saved) == 1
    moment[0] += FLUSH_SECONDS / 4
    seen.count(other, DAY + timedelta(days=1))
    assert saved[1:] == [{(1, DAY): 3, (2, DAY): 3, (2, DAY + timedelta(days=1)): 1}]
    seen.flush()
    assert len(saved) == 2


def test_counts_add_up_by_listing_and_day(db):
    one, other = PromotionFactory(), PromotionFactory()
    write({(one.pk, DAY): 2, (other.pk, DAY): 1})
    write({(one.pk, DAY): 3, (one.pk, DAY + timedelta(days=1)): 1})
    assert counts() == {(one.pk, DAY): 5, (other.pk, DAY): 1, (one.pk, DAY + timedelta(days=1)): 1}


def test_writing_takes_four_queries_for_any_number(db, django_assert_num_queries):
    listings = PromotionFactory.create_batch(5)
    with django_assert_num_queries(6):  # with the savepoint and its release
        write({(listing.pk, DAY): 1 for listing in listings})


def test_listing_that_is_gone_is_left_out(db):
    listing = PromotionFactory()
    write({(listing.pk, DAY): 1, (listing.pk + 1, DAY): 1})
    assert counts() == {(listing.pk, DAY): 1}


def test_page_is_shown_when_views_cannot_be_written(db, monkeypatch, caplog):
    def refuse(_counted):
        raise OperationalError("database is locked")

    seen = Audience(save=refuse)
    monkeypatch.setattr("services.audience.audience", seen)
    assert Client().get(PromotionFactory().get_absolute_url()).status_code == 200
    assert "1 views of listings could not be written: database is locked" in caplog.text
    assert seen.forget() == {}
    assert not connection.needs_rollback
