"""The dots in the frame of every page: something unread among one's contacts or notices."""

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from agreements.tests.factories import ContactFactory
from notices.models import Notice
from notices.tests.factories import NoticeFactory

PAGE = "/preguntas/"


def dots(browser, path: str = PAGE) -> set[str]:
    page = BeautifulSoup(browser.get(path).content, "html.parser")
    return {dot["data-unread"] for dot in page.select("[data-unread]:not([hidden])")}


def test_nothing_unread_shows_no_dot(owner, member, login):
    ContactFactory(listing__owner=owner, opener=member, owner_unread=False)
    NoticeFactory(recipient=owner, read_at=timezone.now())
    NoticeFactory(recipient=member)
    assert dots(login(owner)) == set()


def test_unread_contact_shows_its_dot_until_it_is_read(owner, member, login):
    contact = ContactFactory(listing__owner=owner, opener=member)
    browser = login(owner)
    assert dots(browser) == {"contacts", "any"}
    assert dots(login(member)) == set()
    assert dots(browser, contact.get_absolute_url()) == set()
    assert dots(browser) == set()


def test_hidden_contact_shows_no_dot(owner, member, login):
    ContactFactory(listing__owner=owner, opener=member, owner_hidden=True)
    assert dots(login(owner)) == set()


def test_unread_notice_shows_its_dot_until_all_are_read(owner, login):
    NoticeFactory(recipient=owner)
    browser = login(owner)
    assert dots(browser) == {"notices", "any"}
    browser.post("/avisos/")
    assert Notice.objects.unread().count() == 0
    assert dots(browser) == set()


def test_dots_are_named_for_who_does_not_see_them(owner, login):
    ContactFactory(listing__owner=owner)
    page = BeautifulSoup(login(owner).get(PAGE).content, "html.parser")
    assert (
        page.select_one(".site-tools a[href='/contactos/']").get_text(" ", strip=True) == "Contactos Hay algo sin leer"
    )


@pytest.mark.parametrize("rows", [0, 1, 20])
def test_dots_take_one_query(owner, login, rows, django_assert_num_queries):
    for _row in range(rows):
        ContactFactory(listing__owner=owner)
        NoticeFactory(recipient=owner)
    browser = login(owner)
    with django_assert_num_queries(3):  # session, user, dots
        browser.get(PAGE)


def test_visitors_have_no_dots_and_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert dots(client) == set()


def test_what_draws_no_frame_asks_for_no_dots(owner, login, django_assert_num_queries):
    browser = login(owner)
    with django_assert_num_queries(2):  # session, user
        browser.get("/robots.txt")
