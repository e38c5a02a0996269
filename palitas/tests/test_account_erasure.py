"""Erasing one's account: what goes, what stays, and who may."""

import json
import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from accounts.models import Profile, User
from accounts.personal_data import erasure, registry
from accounts.tests.browser import log_in, sign_up
from accounts.tests.factories import PASSWORD, UserFactory
from agreements.actions import leaving
from agreements.actions.counters import suspects
from agreements.enums import LIVE, Status
from agreements.models import Agreement, Contact, Message, Review
from agreements.pdf import document
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory
from agreements.transitions import StatusMoved
from notices.models import MailStatus, Notice, OutboxMail
from palitas.tests.lives import EMAIL, SECRETS, SENTENCE, Life
from palitas.tests.snapshot import snapshot
from services.models import Listing, Picture
from services.pictures.actions import sweep
from services.tests.factories import PictureFactory, PromotionFactory

PATH = "/cuenta/borrar/"
REAUTHENTICATE = "/cuenta/reauthenticate/"
DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def life(member, moderator, now):
    return Life(member, moderator, now)


def everything_written() -> str:
    """Return every row of every table of the database, also of those without a model, and every name of a file."""
    rows = []
    with connection.cursor() as cursor:
        # The counters of rate limits know an address for an hour at most.
        for table in set(connection.introspection.table_names(cursor)) - {"cache"}:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [f"{table}: {row}" for row in cursor.fetchall()]
    sessions = [f"session: {session.get_decoded()}" for session in Session.objects.all()]
    media = settings.MEDIA_ROOT
    files = [str(path) for path in media.rglob("*")] if media.exists() else []
    return "\n".join([*rows, *sessions, *files])


def lines_with(word: str) -> list[str]:
    return [line for line in everything_written().splitlines() if word.lower() in line.lower()]


def deliver_all(now) -> None:
    OutboxMail.objects.update(status=MailStatus.SENT, sent_at=now)


def erase(browser: Client, password: str = PASSWORD):
    """Do what the page asks for: tick the box, then type the password."""
    response = browser.post(PATH, {"understood": "on"})
    assert (response.status_code, response["Location"]) == (302, f"{REAUTHENTICATE}?next=%2Fcuenta%2Fborrar%2F")
    return browser.post(response["Location"], {"password": password, "next": PATH})


def test_nothing_of_the_person_is_left(life, now):
    pictures = [str(key) for key in Picture.objects.filter(owner=life.person).values_list("pk", flat=True)]
    assert len(pictures) > 10
    # Each of them is there to be erased: what is not found before proves nothing.
    assert [name for name, word in SECRETS.items() if not lines_with(word)] == []
    assert all(lines_with(key.replace("-", "")) or lines_with(key) for key in pictures)
    deliver_all(now)
    response = erase(life.browser)
    assert (response.status_code, response["Location"]) == (302, "/")
    confirmation = OutboxMail.objects.get(recipient=EMAIL)
    assert confirmation.subject == "Borramos tu cuenta de PalitasPR"
    confirmation.delete()  # As the sweep of sent mail does after thirty days.
    sweep(now)
    assert {name: lines_with(word) for name, word in SECRETS.items() if lines_with(word)} == {}
    assert [key for key in pictures if lines_with(key) or lines_with(key.replace("-", ""))] == []
    assert list(settings.MEDIA_ROOT.rglob("*.webp")) == []


def test_tombstone_opens_nothing(life):
    erase(life.browser)
    life.person.refresh_from_db()
    person = life.person
    assert (person.email, person.first_name) == (f"borrado-{person.pk}@palitaspr.invalid", "Miembro anterior")
    assert (person.last_name, str(person.phone), person.is_active) == ("", "", False)
    assert not person.has_usable_password()
    assert not UserSession.objects.filter(user=person).exists()
    assert person.erased_at is not None
    assert life.browser.get("/contactos/").status_code == 302
    assert log_in(Client(), EMAIL).status_code == 200  # The form, with its error.


def test_another_browser_is_logged_out_too(life):
    assert life.phone.get("/contactos/").status_code == 200
    erase(life.browser)
    assert life.phone.get("/contactos/").status_code == 302


def test_the_address_is_free_for_a_new_account(life, client):
    erase(life.browser)
    sign_up(client, email=EMAIL)
    assert User.objects.get(email=EMAIL).pk != life.person.pk


def test_what_stays_is_under_former_member(life, login):
    path = life.person.get_absolute_url()
    visitor = Client()
    assert visitor.get(path).status_code == 200
    erase(life.browser)
    assert visitor.get(path).status_code == 404
    closed = Agreement.objects.get(pk=life.closed.pk)
    assert (closed.provider_name, closed.client_name) == ("Miembro anterior", "Carlos Ortiz")
    assert (closed.status, closed.listing_title, closed.terms) == (
        Status.CLOSED,
        "Lavado de autos a domicilio",
        ["Por fuera."],
    )
    assert Review.objects.get(author=life.person).body == "Pagó enseguida."
    browser = login(life.other)
    profile = browser.get(life.other.get_absolute_url()).content.decode()
    assert "Pagó enseguida." in profile
    assert "Miembro anterior" in profile
    assert f"/perfil/{life.person.pk}-" not in profile
    for page in (f"/contactos/{closed.contact_id}/", f"/acuerdos/{closed.pk}/", "/contactos/", "/avisos/"):
        text = browser.get(page).content.decode()
        assert "Xiomarita" not in text
        assert ".invalid" not in text
    conversation = browser.get(f"/contactos/{closed.contact_id}/").content.decode()
    assert SENTENCE in conversation
    assert "Miembro anterior" in conversation


def test_english_pages_translate_the_name(life, login):
    erase(life.browser)
    browser = login(life.other)
    # A sentence of a notice names whoever it is about; this one is kept from before.
    assert Notice.objects.filter(recipient=life.other, data__name="Miembro anterior").exists()
    agreement = life.closed.get_absolute_url()
    for path in (f"/contactos/{life.closed.contact_id}/", agreement, "/tablero/?seccion=acuerdos", "/avisos/"):
        page = browser.get(f"/en{path}").content.decode()
        assert "Former member" in page
        assert "Miembro anterior" not in page
        assert "Miembro anterior" in browser.get(path).content.decode()
    life.closed.refresh_from_db()
    with translation.override("en"):
        words = json.dumps(document.content(life.closed, now=timezone.now()))
    assert "Former member" in words
    assert "Miembro anterior" not in words


def test_nothing_is_proposed_to_who_has_left(member, owner, login, now):
    agreement = AgreementFactory(rejected=True, contact=ContactFactory(listing__owner=owner, opener=member))
    propose = f"/contactos/{agreement.contact_id}/acuerdo/"
    browser = login(owner)
    pages = [f"/contactos/{agreement.contact_id}/", f"/acuerdos/{agreement.pk}/"]
    assert all(propose in browser.get(page).content.decode() for page in pages)
    erasure.erase_account(user=member, now=now)
    assert not any(propose in browser.get(page).content.decode() for page in pages)
    assert browser.get(propose).status_code == 403


def test_listings_lose_their_words_and_pages(life):
    erase(life.browser)
    listings = Listing.objects.filter(owner=life.person)
    assert set(listings.values_list("status", "title", "description", "search_text")) == {
        ("deleted", "Anuncio borrado", "", "")
    }
    assert not Listing.towns.through.objects.filter(listing__in=listings).exists()


def test_pending_proposals_end_through_the_door_and_the_other_side_is_told(member, owner):
    proposed = AgreementFactory(contact=ContactFactory(listing__owner=owner, opener=member))
    received = AgreementFactory(contact=ContactFactory(opener=owner, listing=PromotionFactory(owner=member)))
    erasure.erase_account(user=owner, now=timezone.now())
    proposed.refresh_from_db()
    received.refresh_from_db()
    assert (proposed.status, received.status) == (Status.WITHDRAWN, Status.REJECTED)
    assert proposed.events.last().transition == "withdraw"
    assert received.events.last().transition == "reject"
    assert proposed.events.last().actor == owner
    told = Notice.objects.filter(recipient=member, kind="party_left").order_by("pk")
    assert [notice.path for notice in told] == [f"/acuerdos/{proposed.pk}/", f"/acuerdos/{received.pk}/"]
    mails = OutboxMail.objects.filter(recipient=member.email)
    assert mails.count() == 2
    assert not mails.filter(text__contains="Pilar").exists()
    assert list(Contact.objects.unread_by(member).order_by("pk")) == [proposed.contact, received.contact]


@pytest.mark.parametrize("status", sorted(LIVE))
@pytest.mark.parametrize("side", ["provider", "client"])
def test_live_agreement_forbids_it_and_is_named(status, side, login, db):
    agreement = AgreementFactory(**{str(status): True})
    browser = login(getattr(agreement, side))
    before = snapshot()
    page = browser.get(PATH)
    assert page.status_code == 200
    assert f'href="/acuerdos/{agreement.pk}/"' in page.content.decode()
    assert 'name="understood"' not in page.content.decode()
    response = browser.post(PATH, {"understood": "on"})
    assert response.status_code == 409
    assert "tienes acuerdos en curso" in response.content.decode()
    assert agreement.listing_title in response.content.decode()
    assert snapshot() == before


def test_agreement_that_comes_alive_meanwhile_forbids_it(life, monkeypatch):
    """The page saw none, and the transaction that erases finds one."""
    life.browser.post(PATH, {"understood": "on"})
    Agreement.objects.filter(pk=life.pending.pk).update(status=Status.ACTIVE, accepted_at=life.now)
    monkeypatch.setattr("accounts.views.obstacles_of", lambda _user: [])
    response = life.browser.post(f"{REAUTHENTICATE}?next={PATH}", {"password": PASSWORD, "next": PATH})
    assert response.status_code == 409
    assert f'href="/acuerdos/{life.pending.pk}/"' in response.content.decode()
    assert User.objects.get(pk=life.person.pk).email == EMAIL


def test_answer_at_the_same_moment_undoes_everything(life, monkeypatch):
    def answered(*_args, **_options):
        raise StatusMoved(life.pending)

    monkeypatch.setattr(leaving, "move", answered)
    before = snapshot()
    with pytest.raises(StatusMoved):
        erasure.erase_account(user=life.person, now=life.now)
    assert snapshot() == before


def test_others_are_untouched(life, now, superuser):
    """Everything that another member has, and what they did with a third one, is the same row by row."""
    contact = ContactFactory(opener=superuser, listing=PromotionFactory(owner=life.other, owner_rating=5))
    MessageFactory(contact=contact)
    AgreementFactory(contact=contact, active=True)
    PictureFactory(owner=life.other, claimed=True)
    kept = {
        "people": User.objects.exclude(pk=life.person.pk),
        "profiles": Profile.objects.exclude(user=life.person),
        "listings": Listing.objects.exclude(owner=life.person),
        "pictures": Picture.objects.exclude(owner=life.person),
        "contacts": Contact.objects.filter(pk=contact.pk),
        "messages": Message.objects.exclude(author=life.person),
        "agreements": Agreement.objects.filter(contact=contact),
        "reviews": Review.objects.all(),
        "sessions": UserSession.objects.exclude(user=life.person),
    }
    before = {name: sorted(map(repr, rows.values_list())) for name, rows in kept.items()}
    erase(life.browser)
    sweep(now)
    after = {name: sorted(map(repr, rows.all().values_list())) for name, rows in kept.items()}
    assert after == before
    assert suspects([life.other.pk, life.person.pk]) == []


def test_messages_go_when_both_have_left(life, now):
    erase(life.browser)
    contact = life.closed.contact_id
    assert Message.objects.filter(contact=contact, body=SENTENCE).exists()
    # The other has nothing live: what was pending has ended.
    erasure.erase_account(user=life.other, now=now)
    assert set(Message.objects.filter(contact=contact).values_list("body", flat=True)) == {""}


@pytest.mark.parametrize("password", ["", "no-es-esta"])
def test_wrong_password_erases_nothing(owner, login, password):
    browser = login(owner)
    before = snapshot()
    response = erase(browser, password)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert snapshot() == before
    assert browser.get("/contactos/").status_code == 200


def test_without_the_box_nothing_is_asked_and_nothing_erased(owner, login):
    browser = login(owner)
    before = snapshot()
    response = browser.post(PATH)
    assert response.status_code == 200
    assert "Marca la casilla" in response.content.decode()
    assert snapshot() == before


def test_looking_changes_nothing(owner, login):
    browser = login(owner)
    before = snapshot()
    page = browser.get(PATH).content.decode()
    assert snapshot() == before
    assert 'href="/cuenta/datos/"' in page
    assert "Miembro anterior" in page


def test_anonymous_is_sent_to_login(client, db):
    for response in (client.get(PATH), client.post(PATH, {"understood": "on"})):
        assert (response.status_code, response["Location"]) == (302, f"/cuenta/login/?next={PATH}")


@pytest.mark.parametrize("who", ["moderator", "superuser"])
def test_staff_are_refused_with_a_sentence(request, login, who):
    user = request.getfixturevalue(who)
    browser = login(user)
    before = snapshot()
    for response in (browser.get(PATH), browser.post(PATH, {"understood": "on"})):
        assert response.status_code == 403
        assert "entra a administración" in response.content.decode()
    assert snapshot() == before
    assert PATH not in browser.get("/cuenta/datos/").content.decode()


@pytest.mark.parametrize("who", ["suspended", "unverified"])
def test_whoever_may_not_act_may_leave(request, login, who, client):
    user = request.getfixturevalue(who)
    assert erase(login(user)).status_code == 302
    user.refresh_from_db()
    assert user.erased_at
    assert not user.is_suspended


def test_twice_is_once(owner, login, now):
    browser, other_tab = login(owner), login(owner)
    for tab in (browser, other_tab):
        tab.post(PATH, {"understood": "on"})
    assert erase(browser).status_code == 302
    before = snapshot()
    assert other_tab.post(PATH, {"understood": "on"})["Location"].startswith("/cuenta/login/")
    erasure.erase_account(user=owner, now=now + DAY)
    assert snapshot() == before


def test_confirmation_is_in_the_persons_language_and_comes_last(owner, now):
    User.objects.filter(pk=owner.pk).update(language="en")
    OutboxMail.objects.create(recipient=owner.email, sender="x@example.com", subject="Vieja")
    erasure.erase_account(user=owner, now=now)
    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.status) == ("pilar@example.com", MailStatus.WAITING)
    assert "Pilar" in mail.text
    assert "PalitasPR" in mail.subject


def test_what_was_under_way_is_erased_by_the_worker(life, now):
    erase(life.browser)
    late = PromotionFactory(owner=life.person, description="Tarde")
    agreement = AgreementFactory(contact=ContactFactory(listing=late, opener=life.other))
    Agreement.objects.filter(pk=agreement.pk).update(provider_name="Xiomarita")
    assert erasure.finish_erasures(timezone.now()) == 1
    late.refresh_from_db()
    agreement.refresh_from_db()
    assert (late.status, late.description) == ("deleted", "")
    assert (agreement.status, agreement.provider_name) == (Status.WITHDRAWN, "Miembro anterior")
    assert erasure.finish_erasures(timezone.now() + 2 * DAY) == 0


def test_finishing_again_changes_nothing(life):
    erase(life.browser)
    before = snapshot()
    assert erasure.finish_erasures(life.person.date_joined + 91 * DAY) == 1
    after = snapshot()
    # Only when the listings were last written.
    assert {name for name in before if before[name] != after[name]} <= {"services.Listing"}


def test_an_erased_account_is_not_opened_again(owner, now):
    erasure.erase_account(user=owner, now=now)
    owner.refresh_from_db()
    owner.is_active = True
    with pytest.raises(ValidationError, match="borró su cuenta"):
        owner.full_clean()


def test_rooms_are_asked_from_the_upper_to_the_lower():
    assert [keeper.room for keeper in registry.registered()] == [
        "palitas",
        "moderation",
        "alerts",
        "agreements",
        "services",
        "notices",
        "accounts",
    ]


def test_a_room_registers_once():
    with pytest.raises(ValueError, match="has registered"):
        registry.register(registry.Keeper("accounts", sections=dict, erase=print_nothing))


def print_nothing(_user, _now):
    """Erase nothing."""


# Every column that leads to a person or a picture, and what erasing does with it. Whoever adds one decides here.
LINKS = """
    accounts.GalleryPhoto.picture deleted
    accounts.Profile.cover emptied
    accounts.Profile.payment_qr emptied
    accounts.Profile.picture emptied
    accounts.Profile.user kept
    accounts.User_groups.user deleted
    accounts.User_user_permissions.user deleted
    account.EmailAddress.user deleted
    admin.LogEntry.user kept
    agreements.Agreement.client kept
    agreements.Agreement.provider kept
    agreements.AgreementEvent.actor kept
    agreements.Block.blocked deleted
    agreements.Block.blocker deleted
    agreements.Contact.opener kept
    agreements.Contact.owner kept
    agreements.DisputeStatement.author kept
    agreements.Message.author kept
    agreements.MessagePhoto.picture swept
    agreements.Review.author kept
    agreements.Review.subject kept
    agreements.ReviewPhoto.picture swept
    agreements.StatementPhoto.picture swept
    alerts.SavedSearch.user deleted
    alerts.Telling.user deleted
    mfa.Authenticator.user deleted
    moderation.Report.decided_by kept
    moderation.Report.member kept
    moderation.Report.reporter kept
    notices.MutedCategory.user deleted
    notices.Notice.recipient deleted
    services.Listing.owner kept
    services.Photo.picture deleted
    services.Picture.owner swept
    usersessions.UserSession.user deleted
"""


def links() -> list[tuple[type, str, type]]:
    return [
        (model, field.name, field.related_model)
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        for field in model._meta.get_fields()
        if field.concrete and not field.many_to_many and field.related_model in (User, Picture)
    ]


def test_every_link_to_a_person_or_picture_is_decided():
    decided = {line.split()[0] for line in LINKS.strip().splitlines()}
    assert {f"{model._meta.label}.{name}" for model, name, _target in links()} == decided


def test_every_link_is_as_decided(life, now):
    keys = {
        User: [life.person.pk],
        Picture: list(Picture.objects.filter(owner=life.person).values_list("pk", flat=True)),
    }
    erase(life.browser)
    sweep(now)
    outcome = dict(line.split() for line in LINKS.strip().splitlines())
    for model, name, target in links():
        left = model._base_manager.filter(**{f"{name}__in": keys[target]}).count()
        kept = outcome[f"{model._meta.label}.{name}"] == "kept"
        if not kept:
            assert left == 0, f"{model._meta.label}.{name}"


def test_conversation_says_that_photos_have_gone(life, login, now):
    contact = life.closed.contact
    MessageFactory(contact=contact, author=life.person, body="", photo_count=1)
    erase(life.browser)
    sweep(now)
    page = login(life.other).get(contact.get_absolute_url()).content.decode()
    assert len(re.findall("Foto borrada", page)) == 1


def test_many_contacts_are_left_in_few_queries(owner, now, django_assert_max_num_queries):
    listing = PromotionFactory(owner=owner)
    for number in range(30):
        MessageFactory(contact=ContactFactory(listing=listing, opener=UserFactory(email=f"p{number}@example.com")))
    with django_assert_max_num_queries(90):
        erasure.erase_account(user=owner, now=now)
