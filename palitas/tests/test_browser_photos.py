"""Photos in forms, in real Chromium: what is chosen, shrunk, ordered and sent, with and without scripts."""

import io

import pytest
from PIL import Image

from palitas.tests.chromium import DESKTOP
from services.catalog_data import load_catalog
from services.models import Listing, Picture
from services.pictures import forms
from services.tests.factories import PromotionFactory
from services.tests.pictures import drawing, encoded

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = "/promociones/nueva/"
MAIN_BUTTON = "main form [type=submit]:not([name])"


def photo(name: str, content: bytes = b"", mime: str = "image/jpeg") -> dict:
    """Return a file for ``set_input_files``: a small drawing unless ``content`` is given."""
    return {"name": name, "mimeType": mime, "buffer": content or encoded(drawing())}


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 80).convert("RGB")


@pytest.fixture
def received(monkeypatch) -> list[tuple[str, int, Image.Image]]:
    """Return a list that fills with the files as they reach the server: name, bytes, picture."""
    files = []
    receive = forms.receive

    def noted(*, upload, **words):
        content = upload.read()
        try:
            image = Image.open(io.BytesIO(content))
        except OSError:
            image = None
        files.append((upload.name, len(content), image))
        return receive(upload=upload, **words)

    monkeypatch.setattr(forms, "receive", noted)
    return files


@pytest.fixture
def form(open_tab, owner):
    """A tab with the form of a promotion, complete but for its photos."""
    load_catalog()
    tab = open_tab(owner)
    tab.page.goto(NEW)
    fill(tab.page)
    return tab


def fill(page) -> None:
    page.fill("[name=title]", "Destapes en Ponce")
    page.select_option("[name=service]", "plomeria")
    page.fill("[name=description]", "Reparo liqueos.")
    page.check("[name=towns][value=ponce]")


def choose(page, *files: dict, name: str = "photos") -> None:
    page.set_input_files(f"[name={name}]", list(files))
    page.evaluate(f"document.querySelector('[name={name}]').ready")


def names(page) -> list[str]:
    return page.evaluate("[...document.querySelector('[name=photos]').files].map((file) => file.name)")


def drag(page, what: str, where: str) -> None:
    """Drag with the mouse, slowly enough for the browser to take it for a drag."""
    page.hover(what)
    page.mouse.down()
    page.hover(where)
    page.hover(where, position={"x": 9, "y": 9})
    page.mouse.up()


def send(page) -> None:
    page.click(MAIN_BUTTON)
    page.wait_for_url("**/promociones/*-destapes-en-ponce/")


def test_large_photo_is_shrunk_and_turned_upright_before_it_is_sent(form, received):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter: upright, the red half is at the right
    source = encoded(drawing(3000, 2000), "JPEG", exif=exif, quality=95) + b"\0" * 500_000
    choose(form.page, photo("baño.jpg", source))
    send(form.page)
    [(name, size, image)] = received
    assert name == "baño.webp"
    assert size < len(source) / 10
    assert image.size == (1067, 1600)
    red, blue = image.convert("RGB").getpixel((1000, 800)), image.convert("RGB").getpixel((60, 800))
    assert (red[0] > 150, red[2] < 90) == (True, True)
    assert (blue[0] < 90, blue[2] > 150) == (True, True)
    assert Listing.objects.get().photos.count() == 1
    assert form.page.locator("main .notice-success, .messages .notice-success").count() == 1


def test_small_and_unreadable_files_are_sent_as_they_are(form, received):
    small, strange = encoded(drawing(), "PNG"), b"no es una foto" * 100
    choose(form.page, photo("a.png", small, "image/png"), photo("b.heic", strange, "image/heic"))
    assert form.page.locator("[data-new] img:visible").count() == 1
    assert form.page.locator(".photo-file:visible").inner_text() == "b.heic"
    form.page.click(MAIN_BUTTON)
    form.page.wait_for_selector("main .notice-error")
    assert [(name, size) for name, size, _image in received] == [("a.png", len(small)), ("b.heic", len(strange))]
    assert "«b.heic» no es una foto de las que aceptamos" in form.page.inner_text(".field-invalid .errorlist")
    # The good one is kept, what was typed too, and the list of what is wrong has the focus.
    assert form.page.locator(".photo-grid-form > li").count() == 1
    assert form.page.input_value("[name=title]") == "Destapes en Ponce"
    assert form.page.evaluate("document.activeElement.matches('[data-summary]')")
    assert form.problems() == []
    send(form.page)
    assert Listing.objects.get().photos.count() == 1


def test_photos_are_chosen_little_by_little_ordered_by_keyboard_described_and_taken_out(form, received):
    page = form.page
    choose(page, photo("uno.jpg"), photo("dos.jpg"))
    choose(page, photo("tres.jpg"), photo("cuatro.jpg"))
    assert names(page) == ["uno.jpg", "dos.jpg", "tres.jpg", "cuatro.jpg"]
    page.focus("[data-new]:nth-child(3) [data-move='-1']")
    page.keyboard.press("Enter")
    assert page.inner_text("[data-photos] [role=status]") == "Ahora es la foto 2 de 4."
    page.keyboard.press("Enter")
    assert names(page) == ["tres.jpg", "uno.jpg", "dos.jpg", "cuatro.jpg"]
    # It is the first now: the focus is on the button that is left.
    assert page.evaluate("document.activeElement.dataset.move") == "1"
    page.focus("[data-new]:nth-child(2) [data-remove]")
    page.keyboard.press("Space")
    assert names(page) == ["tres.jpg", "dos.jpg", "cuatro.jpg"]
    assert page.evaluate("document.activeElement.closest('li').querySelector('[data-name]').textContent") == "dos.jpg"
    page.fill("[data-new]:nth-child(1) [name=new_alt_photos]", "El baño, terminado")
    assert form.problems() == []
    send(page)
    assert [name for name, _size, _image in received] == ["tres.jpg", "dos.jpg", "cuatro.jpg"]
    assert [each.alt for each in Listing.objects.get().photos.all()] == ["El baño, terminado", "", ""]


def test_new_photo_goes_before_the_old_ones(open_tab, owner):
    load_catalog()
    listing = PromotionFactory(owner=owner, photo_count=2, photo_count__files=True)
    first, second = [each.picture_id for each in listing.photos.all()]
    tab = open_tab(owner, width=DESKTOP)
    tab.page.goto(f"/promociones/{listing.pk}/editar/")
    choose(tab.page, photo("nueva.jpg"))
    for _step in range(2):
        tab.page.click("[data-new] [data-move='-1']")
    drag(tab.page, ".photo-grid-form > li:nth-child(3) > img", ".photo-grid-form > li:nth-child(2) > img")
    assert tab.problems() == []
    tab.page.click(MAIN_BUTTON)
    tab.page.wait_for_url(f"**/promociones/{listing.pk}-*/")
    assert [each.picture_id for each in listing.photos.all()][1:] == [second, first]
    assert listing.photos.count() == 3


def test_more_photos_than_fit_stay_out_and_the_form_says_so(form):
    choose(form.page, *[photo(f"{number}.jpg") for number in range(1, 11)])
    assert names(form.page) == [f"{number}.jpg" for number in range(1, 9)]
    assert form.page.inner_text("[data-photos] [role=status]") == "Caben 8 fotos: las demás quedaron fuera."
    assert form.problems() == []


def test_new_picture_of_a_profile_takes_the_place_of_the_chosen_one(open_tab, owner, received):
    tab = open_tab(owner)
    tab.page.goto("/perfil/editar/")
    choose(tab.page, photo("antes.jpg"), name="picture")
    choose(tab.page, photo("ahora.jpg"), name="picture")
    tab.page.fill("[name=headline]", "Plomera")
    assert tab.problems() == []
    tab.page.click(MAIN_BUTTON)
    tab.page.wait_for_url("**/perfil/*-*/")
    assert [name for name, _size, _image in received] == ["ahora.jpg"]
    owner.profile.refresh_from_db()
    assert owner.profile.picture is not None


def test_upload_shows_its_progress_and_can_be_cancelled(form):
    page = form.page
    network = page.context.new_cdp_session(page)

    def limit(bytes_a_second: int) -> None:
        limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
        network.send("Network.emulateNetworkConditions", limits)

    choose(page, photo("ruido.jpg", encoded(noise(2400, 1800), "JPEG", quality=95)))
    network.send("Network.enable")
    limit(60_000)
    page.click(MAIN_BUTTON)
    page.wait_for_selector("progress:not([value='0'])")
    assert page.inner_text("[data-uploading] [role=status]").startswith("Enviando las fotos: ")
    assert form.problems() == []
    page.click(MAIN_BUTTON)  # a second time: nothing happens
    page.click("[data-uploading] button")
    assert page.inner_text("[data-uploading] [role=status]") == "Envío cancelado. Nada se perdió."
    assert page.locator("progress").count() == 0
    assert (Listing.objects.count(), names(page)) == (0, ["ruido.webp"])
    limit(-1)
    send(page)
    assert Listing.objects.get().photos.count() == 1


def test_lost_connection_loses_nothing_of_the_form(form):
    page = form.page
    choose(page, photo("uno.jpg"))
    page.context.set_offline(True)
    page.click(MAIN_BUTTON)
    page.wait_for_selector("[data-uploading]:not(:has(progress))")
    assert "Nada se perdió" in page.inner_text("[data-uploading] [role=status]")
    assert [trouble.split(":")[0] for trouble in form.take_troubles()] == ["net"]
    page.context.set_offline(False)
    send(page)
    assert Listing.objects.get().photos.count() == 1


def test_session_that_has_ended_loses_nothing_of_the_form(form):
    page = form.page
    choose(page, photo("uno.jpg"))
    page.context.clear_cookies(name="sessionid")
    page.click(MAIN_BUTTON)
    page.wait_for_selector("[data-uploading]:not(:has(progress))")
    assert page.inner_text("[data-uploading] [role=status]") == "Tu sesión terminó: entra otra vez."
    assert page.input_value("[name=title]") == "Destapes en Ponce"
    assert page.url.endswith(NEW)
    assert [trouble[:3] for trouble in form.take_troubles()] == ["401"]


def test_twice_pressed_button_publishes_once(form):
    choose(form.page, photo("uno.jpg"))
    form.page.dblclick(MAIN_BUTTON)
    form.page.wait_for_url("**/promociones/*-destapes-en-ponce/")
    assert Listing.objects.count() == 1
    form.page.goto(NEW)
    fill(form.page)
    form.page.evaluate(f"for (let n = 0; n < 3; n++) document.querySelector('{MAIN_BUTTON}').click()")
    form.page.wait_for_url("**/promociones/*-destapes-en-ponce/")
    assert Listing.objects.count() == 2


def test_photos_work_without_scripts(open_tab, owner, received):
    load_catalog()
    page = open_tab(owner, java_script_enabled=False).page
    page.goto(NEW)
    fill(page)
    page.fill("[name=title]", "")
    content = encoded(drawing(3000, 2000))
    page.set_input_files("[name=photos]", [photo("grande.jpg", content), photo("otra.jpg")])
    page.click(MAIN_BUTTON)
    assert [(name, size) for name, size, _image in received[:1]] == [("grande.jpg", len(content))]
    assert page.locator(".photo-grid-form > li").count() == 2
    page.fill("[name=title]", "Destapes en Ponce")
    page.fill(".photo-grid-form > li:nth-child(2) [type=number]", "1")
    page.fill(".photo-grid-form > li:nth-child(1) [type=number]", "2")
    page.click(MAIN_BUTTON)
    page.wait_for_url("**/promociones/*-destapes-en-ponce/")
    assert Listing.objects.get().photos.count() == 2
    assert Picture.objects.filter(claimed_at=None).count() == 0
