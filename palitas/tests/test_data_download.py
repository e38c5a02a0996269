"""The download of everything that is one's own: what it holds, what it leaves out, and who gets it."""

import io
import json
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import User
from accounts.personal_data.export import make_archive
from accounts.tests.factories import PASSWORD
from agreements.models import Review
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory
from notices.tests.factories import NoticeFactory, OutboxMailFactory
from palitas.tests.lives import EMAIL, SECRETS, SENTENCE, Life
from palitas.tests.snapshot import snapshot
from services.models import Picture
from services.tests.factories import PictureFactory, PromotionFactory

PATH = "/cuenta/datos/"
REAUTHENTICATE = "/cuenta/reauthenticate/"
SECTIONS = """
    cuenta perfil galeria correos segundos_pasos sesiones avisos correos_apagados correos_recibidos anuncios fotos
    contactos mensajes acuerdos declaraciones resenas_escritas resenas_recibidas bloqueos busquedas_guardadas denuncias
"""


@pytest.fixture
def life(member, moderator):
    return Life(member, moderator, timezone.now())


def download(browser: Client, password: str = PASSWORD):
    """Press the button, then type the password, as the page asks."""
    response = browser.post(PATH)
    assert (response.status_code, response["Location"]) == (302, f"{REAUTHENTICATE}?next=%2Fcuenta%2Fdatos%2F")
    return browser.post(response["Location"], {"password": password, "next": PATH})


def opened(response) -> zipfile.ZipFile:
    assert response.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def data_of(user) -> dict:
    user = User.objects.get(pk=user.pk)
    with make_archive(user=user, now=timezone.now()) as archive, zipfile.ZipFile(archive) as contents:
        return json.loads(contents.read("datos.json"))


def test_download_has_every_section_and_every_photo(life):
    response = download(life.browser)
    assert response["Content-Type"] == "application/zip"
    today = timezone.localdate()
    assert response["Content-Disposition"] == f'attachment; filename="palitaspr-{today:%Y-%m-%d}.zip"'
    assert "no-store" in response["Cache-Control"]
    contents = opened(response)
    assert contents.testzip() is None
    data = json.loads(contents.read("datos.json"))
    assert list(data) == SECTIONS.split()
    # The one review that the person got was removed.
    assert [name for name, section in data.items() if not section] == ["resenas_recibidas"]
    photos = {f"fotos/{key}.webp" for key in Picture.objects.filter(owner=life.person).values_list("pk", flat=True)}
    assert set(contents.namelist()) == {"datos.json"} | photos
    assert {photo["foto"] for photo in data["fotos"]} == photos
    assert Image.open(io.BytesIO(contents.read(min(photos)))).format == "WEBP"
    assert contents.getinfo("datos.json").date_time[:3] == (today.year, today.month, today.day)


def test_data_says_what_the_person_typed(life):
    data = data_of(life.person)
    text = json.dumps(data, ensure_ascii=False)
    # What an authenticator keeps secret, a message that was never sent, a letter that went to the site.
    hidden = {"passkey", "draft", "letter"}
    assert {name for name, word in SECRETS.items() if word.lower() not in text.lower()} == hidden
    assert data["cuenta"]["correo"] == EMAIL
    assert data["cuenta"]["telefono"] == f"+1{SECRETS['phone']}"
    assert data["perfil"]["pueblo"] == "Ponce"
    assert [listing["estado"] for listing in data["anuncios"]][:2] == ["Publicado", "Retirado por moderación"]
    closed = next(one for one in data["acuerdos"] if one["numero"] == life.closed.pk)
    assert closed["proveedor"].startswith("Xiomarita")
    assert closed["cliente"] == "Carlos Ortiz"
    assert [step["que"] for step in closed["historia"]] == ["Propuesto", "Aceptado", "Entregado", "Cerrado"]
    assert data["resenas_escritas"][0]["sobre"] == "Carlos Ortiz"


def test_data_is_readable_text(owner):
    owner.first_name = "Iñaki"
    owner.save()
    with make_archive(user=owner, now=timezone.now()) as archive, zipfile.ZipFile(archive) as contents:
        text = contents.read("datos.json").decode()
    assert '\n  "cuenta": {\n    "nombre": "Iñaki",\n' in text
    assert '\n  "mensajes": [],\n' in text
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


def test_line_breaks_of_the_person_do_not_break_the_data(owner):
    odd = 'uno\ndos\r\ntres\u2028cuatro\x85"cinco"\\'
    owner.profile.bio = odd
    owner.profile.save()
    MessageFactory(contact=ContactFactory(opener=owner), body=odd)
    data = data_of(owner)
    assert (data["perfil"]["sobre_ti"], data["mensajes"][0]["mensaje"]) == (odd, odd)


def test_nothing_of_others_goes_along(life):
    """Neither their address, telephone and words, nor what the person does not see on the site."""
    other = life.other
    other.profile.bio = "Biografía ajena"
    other.profile.save()
    MessageFactory(contact=ContactFactory(opener=other), body="Mensaje ajeno")
    AgreementFactory(contact=ContactFactory(opener=other), listing_title="Acuerdo ajeno")
    PictureFactory(owner=other, claimed=True)
    PromotionFactory(owner=other, title="Anuncio ajeno")
    NoticeFactory(recipient=other, data={"title": "Aviso ajeno", "reason": "x"})
    OutboxMailFactory(recipient=other.email, subject="Correo ajeno")
    text = json.dumps(data_of(life.person), ensure_ascii=False)
    assert SENTENCE in text
    assert "ajen" not in text
    assert other.email not in text


def test_hidden_review_stays_hidden(owner, member):
    """What the other side has written is not to be read before one's own."""
    agreement = AgreementFactory(closed=True, contact__opener=member, contact__listing__owner=owner)
    review = Review.objects.create(
        agreement=agreement,
        author=member,
        subject=owner,
        rating=1,
        body="Secreto todavía",
        created_at=timezone.now(),
    )
    assert data_of(owner)["resenas_recibidas"] == []
    assert data_of(member)["resenas_escritas"][0]["resena"] == "Secreto todavía"
    review.published_at = timezone.now()
    review.save()
    assert data_of(owner)["resenas_recibidas"][0]["resena"] == "Secreto todavía"
    review.removed_at, review.removed_reason = timezone.now(), "Insulta."
    review.save()
    assert data_of(owner)["resenas_recibidas"] == []


def test_who_blocked_or_reported_the_person_is_not_told(life, owner):
    data = data_of(life.other)
    assert (data["bloqueos"], len(data["denuncias"])) == ([], 1)
    blocked = data_of(life.person)["bloqueos"]
    assert len(blocked) == 1


def test_mail_goes_along_without_its_text(owner):
    """A mail may hold a code, or what the other side wrote."""
    OutboxMailFactory(secret=True, recipient=owner.email, subject="Tu código", text="Tu código: 123-456")
    data = data_of(owner)
    assert [mail["asunto"] for mail in data["correos_recibidos"]] == ["Tu código"]
    assert "123-456" not in json.dumps(data)


def test_lost_file_does_not_keep_the_rest(life, caplog):
    lost = Picture.objects.filter(owner=life.person).first()
    default_storage.delete(lost.key(1600))
    contents = opened(download(life.browser))
    assert f"fotos/{lost.pk}.webp" not in contents.namelist()
    assert len(contents.namelist()) == Picture.objects.filter(owner=life.person).count()
    assert f"fotos/{lost.pk}.webp is missing" in caplog.text


@pytest.mark.parametrize("count", [1, 40])
def test_queries_do_not_grow_with_the_rows(owner, count, django_assert_num_queries):
    for _ in range(count):
        contact = ContactFactory(opener=owner)
        MessageFactory(contact=contact)
        AgreementFactory(contact=contact, closed=True)
        PromotionFactory(owner=owner)
        NoticeFactory(recipient=owner)
    with django_assert_num_queries(25):
        data = data_of(owner)
    assert len(data["mensajes"]) == len(data["acuerdos"]) == len(data["anuncios"]) == len(data["avisos"]) == count


def test_page_explains_and_changes_nothing(owner, login):
    browser = login(owner)
    before = snapshot()
    page = browser.get(PATH).content.decode()
    assert snapshot() == before
    assert "datos.json" in page
    assert 'aria-current="page"' in page


def test_download_changes_nothing(owner, login):
    browser = login(owner)
    before = snapshot()
    opened(download(browser))
    assert snapshot() == before


def test_password_is_not_asked_again_at_once(owner, login):
    browser = login(owner)
    opened(download(browser))
    assert opened(browser.post(PATH)).namelist() == ["datos.json"]


@pytest.mark.parametrize("password", ["", "no-es-esta"])
def test_wrong_password_gives_nothing(owner, login, password):
    response = download(login(owner), password)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert response.context["form"].errors


def test_sixth_download_of_a_day_is_refused_with_a_sentence(owner, login):
    browser = login(owner)
    opened(download(browser))
    for _ in range(4):
        opened(browser.post(PATH))
    response = browser.post(PATH)
    assert response.status_code == 429
    assert "Espera a mañana" in response.content.decode()


@pytest.mark.parametrize("who", ["suspended", "unverified", "moderator", "superuser"])
def test_everybody_gets_their_own(request, login, who):
    user = request.getfixturevalue(who)
    data = json.loads(opened(download(login(user))).read("datos.json"))
    assert data["cuenta"]["correo"] == user.email


def test_anonymous_is_sent_to_login(client, db):
    for response in (client.get(PATH), client.post(PATH)):
        assert (response.status_code, response["Location"]) == (302, f"/cuenta/login/?next={PATH}")
