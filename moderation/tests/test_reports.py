"""Pointing something out to the moderators, and what they decide."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from agreements.actions.contacts import LimitReached
from agreements.models import Review
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory, ReviewFactory
from moderation import reports
from moderation.enums import ReportKind, ReportReason, ReportStatus
from moderation.models import Report
from moderation.tests.factories import ReportFactory
from notices.models import Notice, OutboxMail
from palitas.tests.snapshot import snapshot
from services.enums import Status
from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceRequestFactory
from services.transitions import StatusMoved

ADDRESS = "/denunciar/"
WORDS = {"reason": "scam", "body": "Pidió el pago por adelantado."}
KINDS = list(ReportKind.values)


@pytest.fixture
def contact(owner, member):
    return ContactFactory(listing=PromotionFactory(owner=owner, title="Destapes"), opener=member)


@pytest.fixture
def things(owner, member, contact):
    """Something of each kind by the owner that the member can see."""
    agreement = AgreementFactory(contact=contact, closed=True)
    return {
        "listing": contact.listing,
        "message": MessageFactory(contact=contact, author=owner, body="Págame antes."),
        "review": ReviewFactory(agreement=agreement, author=owner, body="No pagó."),
        "member": owner,
    }


def about(kind: str, thing) -> dict[str, str]:
    return {"tipo": kind, "id": str(thing.pk)}


def address_of(kind: str, thing) -> str:
    return f"{ADDRESS}?{urlencode(about(kind, thing))}"


# Writing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_member_reports_what_they_see(things, kind, owner, member, login):
    thing = things[kind]
    page = login(member).get(address_of(kind, thing))
    assert page.status_code == 200
    assert "Pilar Santiago" in page.content.decode()
    response = login(member).post(ADDRESS, WORDS | about(kind, thing))
    pages = {
        "listing": things["listing"].get_absolute_url(),
        "message": things["message"].contact.get_absolute_url(),
        "review": member.get_absolute_url(),
        "member": owner.get_absolute_url(),
    }
    assert (response.status_code, response["Location"]) == (302, pages[kind])
    report = Report.objects.get()
    assert (report.reporter, report.kind, report.thing, report.person) == (member, kind, thing, owner)
    assert (report.reason, report.body, report.status) == ("scam", WORDS["body"], ReportStatus.OPEN)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_page_of_a_thing_links_to_its_report_for_others_only(things, kind, owner, member, login, client):
    thing = things[kind]
    page = {
        "listing": thing.get_absolute_url() if kind == "listing" else "",
        "message": things["message"].contact.get_absolute_url(),
        "review": member.get_absolute_url(),
        "member": owner.get_absolute_url(),
    }[kind]
    link = f'href="{address_of(kind, thing).replace("&", "&amp;")}"'
    assert link in login(member).get(page).content.decode()
    assert link not in login(owner).get(page).content.decode()
    if kind != "message":
        assert link in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"reason": ""}, "reason"), ({"reason": "fea"}, "reason"), ({"body": "x" * 1001}, "body")]
    + [({"reason": "other", "body": body}, "body") for body in ("", "  ")],
)
def test_bad_input_comes_back(things, member, login, typed, field):
    response = login(member).post(ADDRESS, WORDS | typed | about("listing", things["listing"]))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    if typed.get("body", "x").strip():
        assert {**WORDS, **typed}["body"] in response.content.decode()
    assert not Report.objects.exists()


def test_visitor_is_led_through_the_login_to_the_form(things, client):
    address = address_of("listing", things["listing"])
    response = client.get(address)
    assert response["Location"] == f"/cuenta/login/?{urlencode({'next': address}, safe='/')}"


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_reports_their_own(things, kind, owner, login):
    browser = login(owner)
    before = snapshot()
    for response in (
        browser.get(address_of(kind, things[kind])),
        browser.post(ADDRESS, WORDS | about(kind, things[kind])),
    ):
        assert response.status_code == 403
        assert "Esto es tuyo" in response.content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("who", ["suspended", "unverified"])
@pytest.mark.parametrize("kind", ["listing", "review", "member"])
def test_who_may_not_act_may_not_report(things, kind, who, request, login):
    browser = login(request.getfixturevalue(who))
    before = snapshot()
    assert browser.post(ADDRESS, WORDS | about(kind, things[kind])).status_code == 403
    assert snapshot() == before


@pytest.mark.parametrize("who", ["unverified", "suspended", "moderator", "superuser"])
def test_message_is_reported_by_the_other_side_alone(things, who, request, login):
    browser = login(request.getfixturevalue(who))
    before = snapshot()
    assert browser.post(ADDRESS, WORDS | about("message", things["message"])).status_code == 404
    assert browser.get(address_of("message", things["message"])).status_code == 404
    assert snapshot() == before


def unseen(owner, member, suspended) -> dict[str, dict[str, str]]:
    contact = ContactFactory(listing__owner=owner, opener=member)
    hidden = ReviewFactory(agreement=AgreementFactory(contact=contact, closed=True), author=owner, hidden=True)
    other = AgreementFactory(contact__opener=owner, closed=True)
    return {
        "draft": about("listing", PromotionFactory(owner=owner, draft=True)),
        "deleted": about("listing", PromotionFactory(owner=owner, deleted=True)),
        "removed": about("listing", ServiceRequestFactory(owner=owner, removed=True)),
        "of a suspended person": about("listing", PromotionFactory(owner=suspended)),
        "hidden review": about("review", hidden),
        "removed review": about("review", ReviewFactory(agreement=other, removed=True)),
        "suspended person": about("member", suspended),
        "closed account": about("member", UserFactory(is_active=False)),
        "message of others": about("message", MessageFactory()),
        "nothing": {},
        "unknown kind": {"tipo": "anuncio", "id": "1"},
        "no number": {"tipo": "listing", "id": "uno"},
        "unknown number": {"tipo": "listing", "id": "999999"},
        "too large": {"tipo": "member", "id": "9" * 40},
        "other digits": {"tipo": "member", "id": "²"},
    }


def test_what_one_cannot_see_is_not_there(owner, member, suspended, login):
    browser = login(member)
    cases = unseen(owner, member, suspended)
    before = snapshot()
    answers = {
        name: (browser.get(ADDRESS, data).status_code, browser.post(ADDRESS, WORDS | data).status_code)
        for name, data in cases.items()
    }
    assert answers == dict.fromkeys(cases, (404, 404))
    assert snapshot() == before


@pytest.mark.parametrize("kind", KINDS)
def test_second_report_waits_for_the_first(things, kind, member, login):
    browser = login(member)
    browser.post(ADDRESS, WORDS | about(kind, things[kind]))
    browser.get("/")  # Shows the message of success.
    before = snapshot()
    response = browser.post(ADDRESS, WORDS | about(kind, things[kind]))
    assert response.status_code == 409
    assert "Ya lo denunciaste: la moderación lo va a mirar." in response.content.decode()
    assert browser.get(address_of(kind, things[kind])).status_code == 409
    assert snapshot() == before


def test_after_a_decision_one_may_report_again(things, owner, member, moderator):
    first = ReportFactory(reporter=member, thing=things["listing"])
    reports.dismiss(report=first, reason="Está bien.", by=moderator, now=timezone.now())
    words = {"kind": "listing", "thing": things["listing"], "by": member, "reason": ReportReason.SPAM, "body": ""}
    reports.write_report(**words, now=timezone.now())
    assert Report.objects.open().count() == 1


def test_two_at_once_are_one_report(things, member, monkeypatch):
    ReportFactory(reporter=member, thing=things["listing"])
    monkeypatch.setattr(reports, "refuse_report", lambda **_words: None)
    words = {"kind": "listing", "thing": things["listing"], "by": member, "reason": ReportReason.SPAM, "body": ""}
    with pytest.raises(reports.AlreadyReported):
        reports.write_report(**words, now=timezone.now())
    assert Report.objects.count() == 1


def test_eleventh_report_of_a_day_is_429_with_everything_kept(things, member, login):
    for _row in range(9):
        ReportFactory(reporter=member)
    ReportFactory(reporter=member, created_at=timezone.now() - timedelta(hours=25))
    browser = login(member)
    assert browser.post(ADDRESS, WORDS | about("listing", things["listing"])).status_code == 302
    response = browser.post(ADDRESS, WORDS | about("member", things["member"]))
    assert response.status_code == 429
    page = response.content.decode()
    assert "Llegaste al máximo de 10 denuncias en un día." in page
    assert WORDS["body"] in page
    assert Report.objects.count() == 11


def test_limit_is_counted_from_the_moment(member):
    now = timezone.now()
    for _row in range(10):
        ReportFactory(reporter=member, created_at=now - timedelta(hours=24))
    words = {"kind": "listing", "by": member, "reason": ReportReason.SPAM, "body": "", "now": now}
    for _row in range(10):
        reports.write_report(thing=PromotionFactory(), **words)
    with pytest.raises(LimitReached):
        reports.write_report(thing=PromotionFactory(), **words)


def test_moderator_reports_on_the_site_like_anybody(things, moderator, login):
    assert login(moderator).post(ADDRESS, WORDS | about("listing", things["listing"])).status_code == 302


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(member, login, method):
    assert getattr(login(member), method)(ADDRESS).status_code == 405


@pytest.mark.parametrize("wrong", [{"member": None}, {"kind": "review"}, {"status": "acted"}, {"both": True}])
def test_database_holds_one_thing_and_whole_decisions(db, wrong):
    report = ReportFactory.build(kind="member", member=UserFactory(), reporter=UserFactory(), thing=None)
    if wrong.pop("both", None):
        wrong = {"listing": PromotionFactory()}
    for name, value in wrong.items():
        setattr(report, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        report.save()


# Deciding -----------------------------------------------------------------------------------------------------------


def told() -> list[tuple[str, str]]:
    assert OutboxMail.objects.count() == Notice.objects.count()
    return sorted(
        (notice.recipient.first_name, notice.sentence) for notice in Notice.objects.select_related("recipient")
    )


def report_of(things, kind, *reporters) -> Report:
    """Let each of ``reporters`` report a thing; return the first one's report."""
    made = [ReportFactory(reporter=reporter, kind=kind, thing=things[kind]) for reporter in reporters]
    return made[0]


def test_dismissing_tells_the_reporter_why(things, member, moderator):
    report = report_of(things, "listing", member, UserFactory(first_name="Luz"))
    now = timezone.now()
    reports.dismiss(report=report, reason="Es un precio alto, nada más.", by=moderator, now=now)
    stored = Report.objects.get(pk=report.pk)
    assert (stored.status, stored.decided_by, stored.decided_at) == (ReportStatus.DISMISSED, moderator, now)
    assert stored.note == "Es un precio alto, nada más."
    assert told() == [("Carlos", "Revisamos tu denuncia de “Destapes” y no vimos una falta.")]
    assert "Es un precio alto, nada más." in OutboxMail.objects.get().text
    assert Notice.objects.get().path == things["listing"].get_absolute_url()
    assert Listing.objects.get(pk=things["listing"].pk).status == Status.PUBLISHED
    assert Report.objects.open().count() == 1
    assert LogEntry.objects.get().change_message == "Desestimada. Es un precio alto, nada más."


def test_removing_a_listing_decides_every_report_of_it(things, member, moderator):
    report = report_of(things, "listing", member, UserFactory(first_name="Luz"))
    elsewhere = ReportFactory(kind="member", thing=things["member"])
    reports.remove_reported(report=report, reason="Es una estafa.", by=moderator, now=timezone.now())
    assert Listing.objects.get(pk=things["listing"].pk).removed_reason == "Es una estafa."
    thanks = "Revisamos tu denuncia de “Destapes” y tomamos medidas. Gracias por avisar."
    assert told() == [
        ("Carlos", thanks),
        ("Luz", thanks),
        ("Pilar", "Retiramos tu anuncio “Destapes”. Razón: Es una estafa."),
    ]
    for mail in OutboxMail.objects.exclude(recipient=things["member"].email):
        assert "Es una estafa." not in mail.text + mail.html
    assert list(Report.objects.open()) == [elsewhere]
    assert set(Report.objects.exclude(pk=elsewhere.pk).values_list("status", flat=True)) == {ReportStatus.ACTED}


def test_removing_a_review_tells_author_and_subject(things, member, moderator):
    report = report_of(things, "review", member)
    reports.remove_reported(report=report, reason="Insulta.", by=moderator, now=timezone.now())
    assert Review.objects.get().removed_reason == "Insulta."
    assert [name for name, _sentence in told()] == ["Carlos", "Carlos", "Pilar"]


@pytest.mark.parametrize("kind", KINDS)
def test_suspending_the_person_behind(things, kind, owner, member, moderator):
    reports.suspend_reported(
        report=report_of(things, kind, member), reason="Estafas.", by=moderator, now=timezone.now()
    )
    assert User.objects.get(pk=owner.pk).suspended_reason == "Estafas."
    assert Report.objects.get().status == ReportStatus.ACTED
    assert "report_acted" in Notice.objects.filter(recipient=member).values_list("kind", flat=True)


@pytest.mark.parametrize("decide", [reports.dismiss, reports.remove_reported, reports.suspend_reported])
def test_second_decision_is_refused(things, decide, member, moderator, superuser):
    report = report_of(things, "listing", member)
    reports.dismiss(report=report, reason="Está bien.", by=moderator, now=timezone.now())
    before = snapshot()
    with pytest.raises(StatusMoved, match="ya está decidida"):
        decide(report=report, reason="No está bien.", by=superuser, now=timezone.now())
    assert snapshot() == before


@pytest.mark.parametrize(
    ("kind", "decide"),
    [("listing", reports.remove_reported), ("review", reports.remove_reported), ("member", reports.suspend_reported)],
)
def test_what_was_done_before_is_not_done_twice(things, kind, decide, member, moderator):
    report = report_of(things, kind, member)
    now = timezone.now()
    Listing.objects.filter(pk=things["listing"].pk).update(status=Status.REMOVED, removed_reason="Antes.")
    Review.objects.update(removed_at=now, removed_reason="Antes.")
    User.objects.filter(pk=things["member"].pk).update(suspended_at=now, suspended_reason="Antes.")
    decide(report=report, reason="Otra vez.", by=moderator, now=now)
    assert Report.objects.get().status == ReportStatus.ACTED
    assert [notice.kind for notice in Notice.objects.all()] == ["report_acted"]
    assert Listing.objects.get(pk=things["listing"].pk).removed_reason == "Antes."
    assert Review.objects.get().removed_reason == "Antes."
    assert User.objects.get(pk=things["member"].pk).suspended_reason == "Antes."


def test_nothing_is_decided_when_the_person_is_above(things, member, moderator):
    User.objects.filter(pk=things["member"].pk).update(is_staff=True)
    report = report_of(things, "member", member)
    before = snapshot()
    with pytest.raises(StatusMoved):
        reports.suspend_reported(report=report, reason="Estafas.", by=moderator, now=timezone.now())
    assert snapshot() == before


def test_notice_of_what_is_gone_leads_nowhere(things, member, moderator):
    reports.remove_reported(
        report=report_of(things, "listing", member), reason="Estafa.", by=moderator, now=timezone.now()
    )
    assert Notice.objects.get(recipient=member).path == ""


def test_title_is_a_few_words_of_the_thing_or_a_name(things, owner, member):
    titles = {kind: ReportFactory(kind=kind, thing=thing).title for kind, thing in things.items()}
    assert titles == {
        "listing": "Destapes",
        "message": "Págame antes.",
        "review": "No pagó.",
        "member": "Pilar Santiago",
    }
    silent = MessageFactory(contact=things["message"].contact, author=owner, body="", photo_count=1)
    assert str(ReportFactory(kind="message", thing=silent)) == "Mensaje: Pilar Santiago"
    long = PromotionFactory(title="x" * 100)
    assert len(ReportFactory(thing=long).title) == 80


def test_own_thing_is_refused_by_the_action_too(things, owner):
    with pytest.raises(PermissionDenied):
        reports.write_report(
            kind="listing", thing=things["listing"], by=owner, reason="spam", body="", now=timezone.now()
        )
