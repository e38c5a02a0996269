"""The conversation: reading, writing, photos, limits, and what each side learns of the other."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from accounts.models import User
from agreements.actions.contacts import LimitReached, write_message
from agreements.models import Block, Contact, Message, MessagePhoto
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory
from notices.models import Notice, OutboxMail
from services.models import Picture
from services.pictures.forms import gone
from services.tests.factories import PictureFactory
from services.tests.pages import errors_of
from services.tests.pictures import upload
from services.tests.test_kept_photos import photos_in

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def bodies(response) -> list[str]:
    return [message.get_text() for message in soup(response).select(".chat > li > p")]


def key_in(response) -> str:
    return soup(response).select_one("[name=client_key]")["value"]


@pytest.fixture
def contact(owner, member) -> Contact:
    """The member wrote about the owner's promotion; the owner has not answered."""
    contact = ContactFactory(
        listing__owner=owner, opener=member, owner_wrote_at=None, created_at=MORNING - timedelta(days=1)
    )
    MessageFactory(contact=contact, created_at=contact.created_at)
    return contact


@pytest.fixture
def path(contact) -> str:
    return contact.get_absolute_url()


def test_both_sides_read_it_and_it_says_what_it_is(contact, path, owner, member, login):
    for reader, other in ((owner, "Carlos Ortiz"), (member, "Pilar Santiago")):
        page = soup(login(reader).get(path))
        main = page.select_one("main")
        assert (main["data-kind"], main["data-id"], main["data-status"]) == ("contact", str(contact.pk), "new")
        assert other in page.select_one("h1").get_text()
        assert page.select_one(".listing-line a")["href"] == contact.listing.get_absolute_url()
        assert page.select_one("main form [name=body]")
    assert len(soup(login(member).get(path)).select(".chat-own")) == 1
    assert len(soup(login(owner).get(path)).select(".chat-own")) == 0


def test_messages_go_to_and_fro(contact, path, owner, member, login):
    response = login(owner).post(path, {"body": " Sí,\r\nel martes. "})
    assert (response.status_code, response["Location"]) == (302, path)
    login(member).post(path, {"body": "¡Gracias!"})
    assert bodies(login(owner).get(path)) == ["¿Puedes venir el martes?", "Sí,el martes.", "¡Gracias!"]
    assert [message.author for message in contact.messages.all()] == [member, owner, member]
    assert contact.messages.all()[1].body == "Sí,\nel martes."


def test_message_tells_the_other_side_once(contact, path, owner, member, login):
    login(owner).post(path, {"body": "Sí & <b>ya</b>"})
    notice, mail = Notice.objects.get(), OutboxMail.objects.get()
    assert (notice.recipient, notice.kind, notice.path) == (member, "message_received", path)
    assert mail.recipient == member.email
    assert "Sí & <b>ya</b>" in mail.text
    assert "Sí &amp; &lt;b&gt;ya&lt;/b&gt;" in mail.html


@pytest.mark.parametrize("role", ["unverified", "moderator", "superuser", "suspended"])
def test_strangers_find_nothing(contact, path, login, request, role):
    browser = login(request.getfixturevalue(role))
    assert browser.get(path).status_code == 404
    assert browser.post(path, {"body": "Hola"}).status_code == 404
    for action in ("ocultar", "bloquear", "desbloquear"):
        assert browser.post(f"{path}{action}/").status_code == 404
    contact.refresh_from_db()
    assert (contact.messages.count(), contact.owner_unread, Block.objects.count()) == (1, True, 0)


def test_visitors_are_asked_to_log_in(path):
    for response in (Client().get(path), Client().post(path, {"body": "Hola"})):
        assert (response.status_code, response["Location"]) == (302, f"/cuenta/login/?next={path}")


def test_unknown_numbers_and_other_methods(path, member, login):
    assert login(member).get("/contactos/999999/").status_code == 404
    assert login(member).get(f"/contactos/{10**30}/").status_code == 404
    assert login(member).delete(path).status_code == 405
    for action in ("ocultar", "bloquear", "desbloquear"):
        assert login(member).get(f"{path}{action}/").status_code == 405


def test_suspended_side_reads_and_does_not_write(contact, path, member, login):
    User.objects.filter(pk=member.pk).update(suspended_at=timezone.now())
    page = login(member).get(path)
    assert "Tu cuenta está suspendida" in soup(page).select_one(".conversation-form").get_text()
    assert soup(page).select_one("main [name=body]") is None
    for address in (path, f"{path}ocultar/", f"{path}bloquear/", f"{path}desbloquear/"):
        response = login(member).post(address, {"body": "Hola"})
        assert response.status_code == 403
        assert "Tu cuenta está suspendida" in response.content.decode()
    assert (contact.messages.count(), Block.objects.count()) == (1, 0)


def test_unverified_side_does_not_write(contact, path, member, login):
    member.emailaddress_set.update(verified=False)
    response = login(member).post(path, {"body": "Hola"})
    assert response.status_code == 403
    assert "Confirma primero tu correo electrónico." in response.content.decode()
    assert contact.messages.count() == 1


def test_person_who_has_left_gets_no_message(contact, path, owner, member, login):
    Contact.objects.filter(pk=contact.pk).update(owner_wrote_at=MORNING)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    page = soup(login(member).get(path))
    assert "Esta persona ya no está en PalitasPR." in page.select_one(".conversation-form").get_text()
    assert "pilar@example.com" not in page.get_text()
    assert page.select(f"a[href='{owner.get_absolute_url()}']") == []
    assert login(member).post(path, {"body": "¿Sigues ahí?"}).status_code == 403
    assert contact.messages.count() == 1


def test_suspension_of_the_other_side_is_said(path, owner, member, login):
    User.objects.filter(pk=owner.pk).update(suspended_at=timezone.now())
    page = soup(login(member).get(path))
    assert "La cuenta de Pilar está suspendida" in page.select_one(".conversation-form").get_text()
    assert page.select_one("main [name=body]")
    assert page.select(f"a[href='{owner.get_absolute_url()}']") == []


@pytest.mark.parametrize("blocker_is_owner", [True, False])
def test_block_ends_messages_both_ways(contact, path, owner, member, login, blocker_is_owner):
    Contact.objects.filter(pk=contact.pk).update(owner_wrote_at=MORNING)
    one, other = (owner, member) if blocker_is_owner else (member, owner)
    response = login(one).post(f"{path}bloquear/")
    assert (response.status_code, response["Location"]) == (302, path)
    login(one).post(f"{path}bloquear/")
    assert Block.objects.get() == Block.objects.get(blocker=one, blocked=other)
    for writer, stranger in ((one, other), (other, one)):
        page = soup(login(writer).get(path))
        assert "Uno de los dos bloqueó al otro" in page.select_one(".conversation-form").get_text()
        assert stranger.email not in page.get_text()
        response = login(writer).post(path, {"body": "Hola"})
        assert response.status_code == 403
        assert "Uno de los dos bloqueó al otro" in response.content.decode()
    assert contact.messages.count() == 1
    assert soup(login(one).get(path)).select(f"form[action='{path}desbloquear/']")
    assert soup(login(other).get(path)).select(f"form[action='{path}desbloquear/']") == []


def test_block_is_lifted_by_its_author_only(path, owner, member, login):
    login(owner).post(f"{path}bloquear/")
    login(member).post(f"{path}desbloquear/")
    assert login(member).post(path, {"body": "Hola"}).status_code == 403
    response = login(owner).post(f"{path}desbloquear/")
    assert (response.status_code, response["Location"]) == (302, path)
    assert login(member).post(path, {"body": "Hola"}).status_code == 302


def test_phone_and_mail_are_seen_once_both_have_written(contact, path, owner, member, login):
    User.objects.filter(pk=owner.pk).update(phone="+19395550199")
    secrets = {
        owner: ("pilar@example.com", "9395550199", "939) 555"),
        member: ("carlos@example.com", "7875550134", "787) 555"),
    }
    MessageFactory.create_batch(2, contact=contact)
    for reader, other in ((owner, member), (member, owner)):
        text = login(reader).get(path).content.decode()
        assert [secret for secret in secrets[other] if secret in text] == []
        assert "cuando los dos hayan escrito" in text
        inbox = "".join(
            login(reader).get(f"/contactos/?lado={side}").content.decode() for side in ("recibidos", "enviados")
        )
        assert [secret for secret in secrets[other] if secret in inbox] == []
    login(owner).post(path, {"body": "Sí."})
    for reader, other in ((owner, member), (member, owner)):
        text = login(reader).get(path).content.decode()
        assert [secret for secret in secrets[other] if secret in text] == list(secrets[other])


def test_somebody_without_a_phone_shows_none(contact, path, owner, member, login):
    User.objects.filter(pk=owner.pk).update(phone="")
    Contact.objects.filter(pk=contact.pk).update(owner_wrote_at=MORNING)
    page = soup(login(member).get(path))
    assert [fact.get_text(strip=True) for fact in page.select(".facts dt")] == ["Correo"]


def test_opening_the_page_marks_it_and_its_notices_read(contact, path, owner, member, login):
    login(member).post(path, {"body": "¿Y bien?"})
    elsewhere = Notice.objects.create(recipient=owner, kind="message_received", path="/contactos/0/")
    contact.refresh_from_db()
    assert contact.owner_unread
    login(member).get(path)
    contact.refresh_from_db()
    assert contact.owner_unread
    login(owner).get(f"/en{path}")
    contact.refresh_from_db()
    assert not contact.owner_unread
    assert list(Notice.objects.unread()) == [elsewhere]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Escribe un mensaje o añade una foto."),
        (" \n\u202e", "Escribe un mensaje o añade una foto."),
        ("x" * 2001, "Un mensaje puede tener hasta 2,000 letras: este tiene 2001."),
    ],
)
def test_bad_text_comes_back_with_a_sentence(contact, path, member, login, body, sentence):
    response = login(member).post(path, {"body": body})
    assert errors_of(response) == {"body": [sentence]}
    assert soup(response).select_one("textarea").get_text() == f"\n{body}"
    assert contact.messages.count() == 1


def test_text_of_two_thousand_letters_with_line_ends_fits(path, member, login):
    body = "á\r\n" * 999 + "éí"
    assert login(member).post(path, {"body": body}).status_code == 302
    assert len(Message.objects.latest("pk").body) == 2000


def test_message_sent_twice_arrives_once(contact, path, member, login):
    browser = login(member)
    data = {"body": "Hola\r\notra vez", "client_key": key_in(browser.get(path))}
    for _ in range(3):
        response = browser.post(path, data | {"photos": [upload()]})
        assert (response.status_code, response["Location"]) == (302, path)
    assert contact.messages.count() == 2
    assert (OutboxMail.objects.count(), MessagePhoto.objects.count(), Picture.objects.count()) == (1, 1, 1)


def test_new_text_under_an_old_key_is_a_new_message(contact, path, member, login):
    key = str(uuid4())
    for body in ("Uno", "Dos", "Uno"):
        login(member).post(path, {"body": body, "client_key": key})
    assert [message.body for message in contact.messages.all()] == ["¿Puedes venir el martes?", "Uno", "Dos"]


def test_same_key_from_the_other_side_is_another_message(contact, path, owner, member, login):
    key = str(uuid4())
    for person in (owner, member):
        login(person).post(path, {"body": "Hola", "client_key": key})
    assert contact.messages.count() == 3


def test_each_page_has_a_key_of_its_own_and_a_refused_one_keeps_it(path, member, login):
    browser = login(member)
    key = key_in(browser.get(path))
    assert key != key_in(browser.get(path))
    assert key_in(browser.post(path, {"body": "", "client_key": key})) == key


@pytest.mark.parametrize("key", ["", "no", "\x00", "1" * 5000])
def test_key_that_is_none_matters_not(contact, path, member, login, key):
    for _ in range(2):
        assert login(member).post(path, {"body": "Hola", "client_key": key}).status_code == 302
    assert contact.messages.count() == 3


def test_program_that_fills_in_everything_is_told_nothing(contact, path, member, login):
    response = login(member).post(path, {"body": "Compra", "website": "https://spam.example", "photos": [upload()]})
    assert (response.status_code, response["Location"]) == (302, path)
    assert (contact.messages.count(), Picture.objects.count()) == (1, 0)


def test_photos_arrive_and_both_sides_see_them(contact, path, owner, member, login):
    response = login(member).post(path, {"photos": [upload() for _ in range(4)]})
    assert response.status_code == 302
    message = contact.messages.last()
    assert (message.body, message.photos.count()) == ("", 4)
    for reader in (owner, member):
        images = soup(login(reader).get(path)).select(".chat-photos img")
        assert len(images) == 4
        assert all("firma=" in image["src"] and image["alt"] for image in images)
    # An address without signature opens nothing, whoever asks.
    bare = images[0]["src"].split("?")[0]
    assert login(member).get(bare).status_code == 404
    assert "/media/" not in login(owner).get(contact.listing.get_absolute_url()).content.decode()


def test_photos_of_a_refused_message_are_kept(contact, path, member, login):
    browser = login(member)
    refused = browser.post(path, {"body": "x" * 2001, "photos": [upload(), upload()]})
    kept = photos_in(refused)
    assert len(kept.ids) == 2
    assert soup(refused).select_one(".conversation-photos").has_attr("open")
    assert soup(refused).select("[name^=alt_photos]") == []
    assert browser.post(path, {"body": "Mira", **kept.fields}).status_code == 302
    assert [str(photo.picture_id) for photo in contact.messages.last().photos.all()] == kept.ids


def test_fifth_photo_is_refused_and_the_four_are_kept(contact, path, member, login):
    response = login(member).post(path, {"body": "Mira", "photos": [upload(name=f"f{n}.jpg") for n in range(5)]})
    assert errors_of(response) == {"photos": ["«f4.jpg» no cabe: el límite es 4 fotos."]}
    assert len(photos_in(response).ids) == 4
    assert contact.messages.count() == 1


@pytest.mark.parametrize("whose", ["theirs", "used"])
def test_photos_of_others_and_used_ones_are_refused(contact, path, owner, member, login, whose):
    picture = PictureFactory(owner=owner) if whose == "theirs" else PictureFactory(owner=member, claimed=True)
    response = login(member).post(path, {"body": "Mira", "kept_photos": [str(picture.pk)]})
    assert errors_of(response) == {"photos": [gone()]}
    assert str(picture.pk) not in response.content.decode()
    assert (contact.messages.count(), MessagePhoto.objects.count()) == (1, 0)


def test_photo_taken_at_the_last_moment_takes_the_message_back(contact, path, member, login, monkeypatch):
    picture = PictureFactory(owner=member)

    def write_too_late(**arguments):
        Picture.objects.filter(pk=picture.pk).update(claimed_at=timezone.now())
        return write_message(**arguments)

    monkeypatch.setattr("agreements.forms.contacts.write_message", write_too_late)
    response = login(member).post(path, {"body": "Mira", "kept_photos": [str(picture.pk)]})
    assert errors_of(response) == {"photos": [gone()]}
    assert (contact.messages.count(), OutboxMail.objects.count()) == (1, 0)


def test_sixty_messages_an_hour_and_no_more(contact, path, member, login):
    MessageFactory.create_batch(59, contact=contact, created_at=timezone.now() - timedelta(minutes=59))
    browser = login(member)
    assert browser.post(path, {"body": "El 60"}).status_code == 302
    refused = browser.post(path, {"body": "El 61", "photos": [upload()]})
    assert refused.status_code == 429
    page = BeautifulSoup(refused.content, "html.parser")
    assert "Escribiste 60 mensajes en una hora." in page.select_one("[role=alert]").get_text()
    assert page.select_one("textarea").get_text() == "\nEl 61"
    assert len(photos_in(refused).ids) == 1
    assert contact.messages.count() == 61


def test_limit_of_messages_counts_all_contacts_and_one_hour(contact, member):
    MessageFactory.create_batch(60, contact=ContactFactory(opener=member), created_at=MORNING)
    with pytest.raises(LimitReached):
        write_message(contact=contact, author=member, body="Hola", now=MORNING + timedelta(minutes=59))
    write_message(contact=contact, author=member, body="Hola", now=MORNING + timedelta(hours=1))
    write_message(contact=contact, author=contact.owner, body="Hola", now=MORNING)


def test_newest_fifty_are_shown_and_the_others_on_demand(contact, path, member, login):
    contact.messages.all().delete()
    numbered = [
        MessageFactory(contact=contact, body=f"n{number}", created_at=MORNING + timedelta(minutes=number // 2))
        for number in range(120)
    ]
    browser = login(member)
    page = browser.get(path)
    assert bodies(page) == [f"n{number}" for number in range(70, 120)]
    earlier = soup(page).select_one("a[href^='?antes=']")["href"]
    assert earlier == f"?antes={numbered[70].pk}"
    page = browser.get(f"{path}{earlier}")
    assert bodies(page) == [f"n{number}" for number in range(20, 70)]
    page = browser.get(path + soup(page).select_one("a[href^='?antes=']")["href"])
    assert bodies(page) == [f"n{number}" for number in range(20)]
    assert soup(page).select("a[href^='?antes=']") == []
    assert any(link["href"] == path for link in soup(page).select(".conversation-messages a"))


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 40, "9" * 5000, "²", "999999"])
def test_strange_beginnings_show_the_newest(path, member, login, before):
    assert bodies(login(member).get(path, {"antes": before})) == ["¿Puedes venir el martes?"]


def test_message_of_another_contact_is_no_beginning(path, member, login):
    other = MessageFactory(created_at=MORNING - timedelta(days=9))
    assert len(bodies(login(member).get(path, {"antes": other.pk}))) == 1


def test_agreements_are_listed_to_both(contact, path, owner, member, login):
    AgreementFactory(contact=contact, superseded=True)
    AgreementFactory(contact=contact, active=True, price=1500)
    for reader in (owner, member):
        page = soup(login(reader).get(path))
        assert page.select_one("main")["data-status"] == "active"
        assert "$1,500" in page.get_text()
        assert page.select(f"form[action='{path}ocultar/']") == []


@pytest.mark.parametrize(
    ("trait", "label"),
    [
        (None, "Proponer un acuerdo"),
        ("rejected", "Proponer un acuerdo"),
        ("closed", "Proponer un acuerdo"),
        ("active", "Proponer un cambio"),
        ("pending", None),
        ("delivered", None),
        ("disputed", None),
    ],
)
def test_provider_alone_is_offered_to_propose(contact, path, owner, member, login, trait, label):
    if trait:
        agreement = AgreementFactory(contact=contact, **({} if trait == "pending" else {trait: True}))
    page = soup(login(owner).get(path))
    if trait:
        assert page.select(f".conversation-agreements a[href='{agreement.get_absolute_url()}']")
    offers = [link.get_text(strip=True) for link in page.select(f"a[href='{path}acuerdo/']")]
    assert offers == ([label] if label else [])
    assert soup(login(member).get(path)).select(f"a[href='{path}acuerdo/']") == []


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_conversation_takes_the_same_queries_however_long(
    contact, path, member, login, rows, django_assert_num_queries
):
    MessageFactory.create_batch(rows - 1, contact=contact, photo_count=2)
    for _ in range(min(rows, 3)):
        AgreementFactory(contact=contact, rejected=True)
    browser = login(member)
    # Session, person, contact, standing, twice the blocks, messages, their photos, agreements.
    with django_assert_num_queries(10):
        browser.get(path)
