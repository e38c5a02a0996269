"""The gallery of a listing in real Chromium: pushing, keys, dots, and the photos over the whole screen."""

import pytest

from palitas.tests.chromium import DESKTOP, LOOKS
from services.models import Picture
from services.tests.factories import PromotionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(owner) -> str:
    return PromotionFactory(owner=owner, photo_count=5, photo_count__files=True).get_absolute_url()


def place(page, where: str = ".gallery-frame") -> str:
    """Return what the pill says once the photos stand still."""
    page.wait_for_timeout(600)
    return page.inner_text(f"{where} .gallery-place")


def test_gallery_goes_by_keys_and_says_where_it_is(open_tab, address):
    tab = open_tab(reduced_motion="reduce")
    tab.page.goto(address)
    assert place(tab.page) == "1 de 5"
    tab.page.focus(".gallery-frame .gallery-track")
    for key, said in [("ArrowRight", "2 de 5"), ("End", "5 de 5"), ("ArrowRight", "5 de 5"), ("ArrowLeft", "4 de 5")]:
        tab.page.keyboard.press(key)
        assert place(tab.page) == said
    assert tab.page.locator(".gallery-thumbs [aria-current]").get_attribute("href") == "#foto-4"
    tab.page.click(".gallery-thumbs a[href='#foto-2']")
    assert place(tab.page) == "2 de 5"
    assert "#" not in tab.page.url
    assert tab.problems() == []


def test_gallery_is_pushed_by_hand(open_tab, address):
    tab = open_tab()
    tab.page.goto(address)
    tab.page.hover(".gallery-frame")
    tab.page.mouse.wheel(400, 0)
    assert place(tab.page) == "2 de 5"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_photos_fill_the_screen_and_give_the_focus_back(open_tab, address, width, scheme):
    tab = open_tab(width=width, scheme=scheme, reduced_motion="reduce")
    page = tab.page
    page.goto(address)
    page.focus(".gallery-frame .gallery-track")
    page.keyboard.press("ArrowRight")
    assert place(page) == "2 de 5"
    page.focus("#foto-2 a")
    page.keyboard.press("Enter")
    assert place(page, ".viewer") == "2 de 5"
    assert page.locator(".viewer").bounding_box() == {"x": 0, "y": 0, "width": width, "height": 800}
    page.click(".viewer [data-step='1']")
    assert place(page, ".viewer") == "3 de 5"
    page.keyboard.press("ArrowLeft")
    assert place(page, ".viewer") == "2 de 5"
    assert tab.problems() == []
    page.keyboard.press("Escape")
    assert page.locator(".viewer:visible").count() == 0
    assert page.evaluate("document.activeElement.parentElement.id") == "foto-2"
    page.click("#foto-2 a")
    page.click(".viewer [data-close]")
    assert page.locator(".viewer:visible").count() == 0


def test_one_photo_has_no_place_and_no_steps(open_tab, owner):
    tab = open_tab()
    tab.page.goto(PromotionFactory(owner=owner, photo_count=1, photo_count__files=True).get_absolute_url())
    tab.page.click("#foto-1 a")
    assert tab.page.locator(".gallery-place:visible, [data-step], .gallery-thumbs").count() == 0
    assert tab.problems() == []


def test_first_photo_is_fetched_first_and_the_page_does_not_jump(open_tab, address):
    page = open_tab(width=DESKTOP).page
    page.goto(address)
    images = page.locator(".gallery-frame img")
    assert [images.nth(n).get_attribute("fetchpriority") for n in range(5)] == ["high", None, None, None, None]
    assert [images.nth(n).get_attribute("loading") for n in range(5)] == [None, "lazy", "lazy", "lazy", "lazy"]
    widths = [part.split()[-1] for part in images.first.get_attribute("srcset").split(", ")]
    assert widths == ["400w", "800w", "1600w"]
    jumps = """new Promise((done) => new PerformanceObserver((list) =>
        done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0))
    ).observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 300))"""
    assert page.evaluate(jumps) < 0.02


def test_gallery_works_without_scripts(open_tab, address):
    page = open_tab(java_script_enabled=False).page
    page.goto(address)
    assert page.locator(".gallery-place:visible, .viewer:visible").count() == 0
    page.click(".gallery-thumbs a[href='#foto-3']")
    assert page.url.endswith("#foto-3")
    page.click("#foto-3 a")
    page.wait_for_url("**/1600.webp*")
    assert str(Picture.objects.order_by("created_at")[2].pk) in page.url
