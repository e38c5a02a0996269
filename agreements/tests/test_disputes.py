"""A dispute: statements with photos on the site, the moderators' page in admin."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from agreements.actions import disputes
from agreements.actions.agreements import propose
from agreements.enums import Status
from agreements.models import Agreement, DisputeStatement
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory
from agreements.transitions import StatusMoved
from notices.models import Notice, OutboxMail
from palitas.tests.snapshot import snapshot
from services.models import Picture
from services.pictures.chosen import ChosenPicture, PicturesTaken
from services.tests.factories import PictureFactory
from services.tests.pictures import upload

LIST = "/admin/agreements/agreement/"
# Django's own templates of admin read variables that nobody sets.
in_admin = pytest.mark.ignore_template_errors


@pytest.fixture
def contact(owner, member):
    return ContactFactory(listing__owner=owner, listing__title="Pintura", opener=member)


@pytest.fixture
def active(contact):
    return AgreementFactory(contact=contact, active=True)


@pytest.fixture
def disputed(contact, member):
    agreement = AgreementFactory(contact=contact, active=True)
    disputes.dispute(agreement=agreement, by=member, now=timezone.now(), note="La pared gotea.")
    return agreement


def page(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def mistakes(response, selector: str) -> list[str]:
    assert response.status_code == 200
    return [one.get_text() for one in page(response).select(f"{selector} .field-invalid .errorlist li")]


# Opening one ---------------------------------------------------------------------------------------------------------


def test_dispute_keeps_statement_and_photos_and_tells_both_ends(active, owner, member, login):
    response = login(member).post(
        f"/acuerdos/{active.pk}/disputar/", {"note": "La pared gotea.", "photos": [upload(), upload()]}
    )
    assert (response.status_code, response["Location"]) == (302, f"/acuerdos/{active.pk}/")
    statement = DisputeStatement.objects.get()
    assert (statement.author, statement.body, statement.photos.count()) == (member, "La pared gotea.", 2)
    assert not Picture.objects.filter(claimed_at=None).exists()
    event = active.events.get(transition="dispute")
    assert (event.actor, event.note) == (member, "La pared gotea.")
    assert Notice.objects.get().recipient == owner
    to_owner, to_moderators = OutboxMail.objects.order_by("pk")
    assert to_owner.recipient == owner.email
    assert (to_moderators.recipient, to_moderators.subject) == (
        "hola@palitaspr.example",
        f"Disputa en el acuerdo {active.pk}",
    )
    assert f"/admin/agreements/agreement/{active.pk}/change/" in to_moderators.text
    assert "gotea" not in to_moderators.text


def test_mail_to_moderators_is_in_the_language_of_the_site(active, member, login):
    login(member).post(f"/en/acuerdos/{active.pk}/disputar/", {"note": "It leaks."})
    assert OutboxMail.objects.filter(subject=f"Disputa en el acuerdo {active.pk}").count() == 1


def test_dispute_without_words_comes_back_open_with_its_photos_kept(active, member, login):
    browser = login(member)
    response = browser.post(f"/acuerdos/{active.pk}/disputar/", {"note": "", "photos": [upload()]})
    assert mistakes(response, "#paso-dispute") == ["Cuenta qué pasó: con eso decide la moderación."]
    form = page(response).select_one("#paso-dispute[open] form")
    kept = form.select_one("[name=kept_photos]")["value"]
    assert Agreement.objects.get().status == Status.ACTIVE
    response = browser.post(f"/acuerdos/{active.pk}/disputar/", {"note": "La pared gotea.", "kept_photos": kept})
    assert response.status_code == 302
    assert [str(photo.picture_id) for photo in DisputeStatement.objects.get().photos.all()] == [kept]


def test_dispute_ends_an_amendment_that_waits(active, owner, member):
    amendment = propose(contact=active.contact, by=owner, price=9, terms=["x"], scheduled_for=None, now=timezone.now())
    disputes.dispute(agreement=active, by=member, now=timezone.now(), note="La pared gotea.")
    amendment.refresh_from_db()
    assert amendment.status == Status.WITHDRAWN


def test_photo_that_another_form_used_undoes_the_dispute(active, member):
    used = PictureFactory(owner=member, claimed=True)
    with pytest.raises(PicturesTaken):
        disputes.dispute(agreement=active, by=member, now=timezone.now(), note="x", photos=[ChosenPicture(used)])
    assert (Agreement.objects.get().status, active.events.count()) == (Status.ACTIVE, 1)
    assert not OutboxMail.objects.exists()


def test_statement_has_at_most_four_photos(active, member, login):
    files = [upload() for _ in range(5)]
    response = login(member).post(f"/acuerdos/{active.pk}/disputar/", {"note": "Cinco.", "photos": files})
    assert mistakes(response, "#paso-dispute") == ["«foto.jpg» no cabe: el límite es 4 fotos."]
    assert "Cinco." in page(response).select_one("#paso-dispute textarea").get_text()
    photos = [ChosenPicture(PictureFactory(owner=member)) for _ in range(5)]
    with pytest.raises(ValidationError, match="hasta 4 fotos"):
        disputes.dispute(agreement=active, by=member, now=timezone.now(), note="x", photos=photos)


# The other side's statement ------------------------------------------------------------------------------------------


def test_the_other_side_says_its_own_once(disputed, owner, member, login):
    path, browser = f"/acuerdos/{disputed.pk}/declaracion/", login(owner)
    assert page(browser.get(f"/acuerdos/{disputed.pk}/")).select_one("#disputa textarea")
    OutboxMail.objects.all().delete()
    response = browser.post(path, {"note": "Gotea el techo.", "photos": [upload()]})
    assert (response.status_code, response["Location"]) == (302, f"/acuerdos/{disputed.pk}/")
    assert OutboxMail.objects.get().recipient == member.email
    shown = page(browser.get(f"/acuerdos/{disputed.pk}/"))
    assert [one.get_text() for one in shown.select("#disputa article h3")] == ["Carlos Ortiz", "Pilar Santiago"]
    assert not shown.select_one("#disputa textarea")
    before = snapshot()
    again = browser.post(path, {"note": "Otra vez."})
    assert (again.status_code, "Ya diste tu declaración." in again.content.decode()) == (403, True)
    assert login(member).post(path, {"note": "Otra vez."}).status_code == 403
    assert {**snapshot(), "accounts.User": 0} == {**before, "accounts.User": 0}  # A login writes its time.


def test_statement_without_words_comes_back_with_its_photos(disputed, owner, login):
    path = f"/acuerdos/{disputed.pk}/declaracion/"
    response = login(owner).post(path, {"note": " ", "photos": [upload()]})
    assert mistakes(response, "#disputa") == ["Cuenta qué pasó: con eso decide la moderación."]
    assert len(page(response).select("#disputa [name=kept_photos]")) == 1


def test_statement_twice_at_once_is_stopped_by_the_database(disputed, member, monkeypatch):
    monkeypatch.setattr(disputes, "require_statement", lambda _agreement, _by: None)
    with pytest.raises(PermissionDenied, match="Ya diste tu declaración"):
        disputes.add_statement(agreement=disputed, by=member, now=timezone.now(), note="Otra vez.")
    assert DisputeStatement.objects.count() == 1


def test_statement_after_the_decision_is_refused(disputed, owner, superuser, monkeypatch):
    disputes.resolve(agreement=disputed, by=superuser, now=timezone.now(), outcome=Status.CLOSED, finding="Está hecho.")
    monkeypatch.setattr(disputes, "require_statement", lambda _agreement, _by: None)
    with pytest.raises(StatusMoved, match="ya fue cerrado"):
        disputes.add_statement(agreement=disputed, by=owner, now=timezone.now(), note="Tarde.")


def test_statement_of_a_stranger_is_refused(disputed, superuser):
    with pytest.raises(PermissionDenied, match="Este acuerdo es de otras personas"):
        disputes.add_statement(agreement=disputed, by=superuser, now=timezone.now(), note="Yo vi todo.")


# The decision --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "palitas"), [(Status.CLOSED, 1), (Status.CANCELLED, 0)])
def test_resolve_ends_it_counts_and_tells_both(disputed, owner, member, moderator, outcome, palitas):
    Notice.objects.all().delete()
    now = timezone.now()
    disputes.resolve(agreement=disputed, by=moderator, now=now, outcome=outcome, finding="El trabajo se hizo.")
    disputed.refresh_from_db()
    assert (disputed.status, disputed.finding, disputed.ended_at) == (outcome, "El trabajo se hizo.", now)
    event = disputed.events.latest("pk")
    assert (event.party, event.actor, event.note) == ("moderator", moderator, "El trabajo se hizo.")
    assert set(Notice.objects.values_list("recipient", "kind")) == {
        (owner.pk, "agreement_resolved"),
        (member.pk, "agreement_resolved"),
    }
    owner.profile.refresh_from_db()
    assert owner.profile.palitas_count == palitas
    with pytest.raises(StatusMoved):
        disputes.resolve(agreement=disputed, by=moderator, now=now, outcome=outcome, finding="Otra vez.")


def test_resolve_needs_a_finding_and_somebody_who_is_no_side(disputed, owner, moderator):
    with pytest.raises(ValidationError):
        disputes.resolve(agreement=disputed, by=moderator, now=timezone.now(), outcome=Status.CLOSED, finding=" ")
    with pytest.raises(PermissionDenied, match="Eres parte de este acuerdo"):
        disputes.resolve(agreement=disputed, by=owner, now=timezone.now(), outcome=Status.CLOSED, finding="Mío.")
    with pytest.raises(KeyError):
        disputes.resolve(agreement=disputed, by=moderator, now=timezone.now(), outcome=Status.ACTIVE, finding="Sigan.")
    assert Agreement.objects.get().status == Status.DISPUTED


# Admin ---------------------------------------------------------------------------------------------------------------


def address(agreement) -> str:
    return f"{LIST}{agreement.pk}/change/"


# Typed by hand: what the page of an agreement in admin answers, and what a decision posted to it does.
#                     moderator  superuser  member  provider client  anonymous
ADMIN = """
pending    GET  404 404 302 302 302 302
pending    POST 404 404 302 302 302 302
active     GET  404 404 302 302 302 302
active     POST 404 404 302 302 302 302
delivered  GET  404 404 302 302 302 302
delivered  POST 404 404 302 302 302 302
disputed   GET  200 200 302 302 302 302
disputed   POST ok  ok  302 302 302 302
closed     GET  404 404 302 302 302 302
closed     POST 404 404 302 302 302 302
rejected   GET  404 404 302 302 302 302
rejected   POST 404 404 302 302 302 302
withdrawn  GET  404 404 302 302 302 302
withdrawn  POST 404 404 302 302 302 302
expired    GET  404 404 302 302 302 302
expired    POST 404 404 302 302 302 302
cancelled  GET  404 404 302 302 302 302
cancelled  POST 404 404 302 302 302 302
superseded GET  404 404 302 302 302 302
superseded POST 404 404 302 302 302 302
"""


@in_admin
@pytest.mark.parametrize("row", ADMIN.strip().splitlines())
def test_admin_page_in_every_status_for_everybody(row, contact, owner, member, unverified, moderator, superuser, login):
    status, method, *cells = row.split()
    agreement = AgreementFactory(contact=contact, **({} if status == "pending" else {status: True}))
    people = (moderator, superuser, unverified, owner, member, None)
    for person, cell in zip(people, cells, strict=True):
        browser = login(person) if person else Client()
        before = snapshot()
        data = {"outcome": "cancelled", "finding": "No se hizo."}
        response = (
            browser.generic(method, address(agreement)) if method == "GET" else browser.post(address(agreement), data)
        )
        if cell == "ok":
            assert response["Location"] == LIST
            agreement.refresh_from_db()
            assert (agreement.status, agreement.finding) == ("cancelled", "No se hizo.")
            agreement = AgreementFactory(contact=contact, disputed=True)
            continue
        assert str(response.status_code) == cell
        if cell == "302":
            assert response["Location"].startswith(("/cuenta/login/", "/admin/login/"))
        assert cell == "200" or snapshot() == before


@in_admin
def test_admin_page_shows_both_sides_words_events_and_photos(disputed, owner, member, moderator, login):
    MessageFactory(contact=disputed.contact, body="¿A qué hora llegas?", photo_count=1)
    photos = [ChosenPicture(PictureFactory(owner=owner), "El techo")]
    disputes.add_statement(agreement=disputed, by=owner, now=timezone.now(), note="Gotea el techo.", photos=photos)
    shown = page(login(moderator).get(address(disputed)))
    text = shown.get_text(" ", strip=True)
    for words in ("La pared gotea.", "Gotea el techo.", "¿A qué hora llegas?", "Disputa abierta", "Pintura", "$1,500"):
        assert words in text
    assert shown.select_one('img[alt="El techo"]')
    assert len(shown.select("img[src*='firma=']")) == 2
    assert not shown.select("[style], script:not([src])")


@in_admin
def test_every_look_is_logged(disputed, moderator, superuser, login):
    for person in (moderator, superuser, moderator):
        login(person).get(address(disputed))
    entries = LogEntry.objects.order_by("pk").values_list("user", "object_id", "change_message")
    message = "Leyó la disputa y la conversación."
    assert list(entries) == [(one.pk, str(disputed.pk), message) for one in (moderator, superuser, moderator)]


@in_admin
def test_decision_is_logged_and_a_form_with_mistakes_comes_back(disputed, moderator, login):
    browser = login(moderator)
    refused = browser.post(address(disputed), {"finding": "Escribí mucho."})
    assert refused.status_code == 200
    assert page(refused).select_one(".errorlist li").get_text() == "Escoge cómo termina."
    assert "Escribí mucho." in page(refused).select_one("textarea").get_text()
    refused = browser.post(address(disputed), {"outcome": "active", "finding": ""})
    assert len(page(refused).select(".errorlist li")) == 2
    browser.post(address(disputed), {"outcome": "closed", "finding": "Está hecho."})
    assert LogEntry.objects.latest("pk").change_message == "Cerrado. Está hecho."


@in_admin
def test_second_of_two_moderators_gets_409_and_the_way_back(disputed, moderator, login, monkeypatch):
    def faster(**words):
        raise StatusMoved(words["agreement"])

    monkeypatch.setattr("agreements.admin.resolve", faster)
    response = login(moderator).post(address(disputed), {"outcome": "closed", "finding": "Está hecho."})
    assert response.status_code == 409
    assert page(response).select_one(f'main a[href="{LIST}"]')
    assert not LogEntry.objects.exists()


@in_admin
def test_once_decided_the_page_is_closed_again(disputed, moderator, login):
    browser = login(moderator)
    browser.post(address(disputed), {"outcome": "closed", "finding": "Está hecho."})
    before = snapshot()
    response = browser.get(address(disputed))
    assert response.status_code == 403
    assert "su conversación vuelve a ser privada" in response.content.decode()
    assert snapshot() == before


@in_admin
def test_moderator_who_is_a_side_does_not_decide(moderator, login):
    agreement = AgreementFactory(contact__opener=moderator, disputed=True)
    for method in ("get", "post"):
        response = getattr(login(moderator), method)(address(agreement), {"outcome": "closed", "finding": "Gano yo."})
        assert (response.status_code, "Eres parte de este acuerdo" in response.content.decode()) == (403, True)


@in_admin
def test_list_shows_disputes_alone_and_leads_to_the_open_ones(disputed, superuser, moderator, login):
    AgreementFactory(active=True, contact__listing__title="Bizcochos")
    resolved = AgreementFactory(closed=True, finding="Está hecho.", contact__listing__title="Mudanza")
    shown = page(login(moderator).get(LIST))
    names = [one.get_text() for one in shown.select("#result_list .field-dispute")]
    assert names == [f"{resolved.pk}: Mudanza", f"{disputed.pk}: Pintura"]
    assert [one["href"] for one in shown.select("#result_list .field-dispute a")] == [address(disputed)]
    assert not shown.select(".object-tools a, [name=action]")


@in_admin
@pytest.mark.parametrize("action", ["history", "delete"])
def test_there_is_no_history_nor_deletion(disputed, superuser, login, action):
    assert login(superuser).get(f"{LIST}{disputed.pk}/{action}/").status_code in {403, 404}


@in_admin
def test_staff_without_the_right_are_out(disputed, member, login):
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    browser = login(member)
    assert browser.get(LIST).status_code == 403
    assert browser.get(address(disputed)).status_code == 403
    assert not LogEntry.objects.exists()
