"""Reports and reviews in admin: deciding, and reading a reported conversation."""

import pytest
import rules
from django.contrib.admin.models import LogEntry

from accounts.models import User
from accounts.tests.factories import UserFactory
from agreements.models import Review
from agreements.tests.factories import ContactFactory, MessageFactory, ReviewFactory
from moderation import report_admin
from moderation.enums import ReportKind, ReportStatus
from moderation.models import Report
from moderation.tests.factories import ReportFactory
from notices.models import OutboxMail
from palitas.tests.snapshot import snapshot
from services.enums import Status
from services.models import Listing
from services.tests.factories import PromotionFactory

# Django's own templates read variables that nobody sets.
pytestmark = [pytest.mark.ignore_template_errors, pytest.mark.django_db]

REPORTS = "/admin/moderation/report/"
REVIEWS = "/admin/agreements/review/"
REASON = {"reason": "Es una estafa."}


def step(name: str, *reports: Report) -> str:
    return f"{REPORTS}{name}/?" + "&".join(f"id={report.pk}" for report in reports)


def conversation(report: Report) -> str:
    return f"{REPORTS}{report.pk}/conversacion/"


@pytest.fixture
def browser(moderator, login):
    return login(moderator)


@pytest.fixture
def reported_message(owner, member):
    contact = ContactFactory(listing=PromotionFactory(owner=owner, title="Destapes"), opener=member)
    MessageFactory(contact=contact, author=member, body="¿Cuándo vienes?")
    message = MessageFactory(contact=contact, author=owner, body="Págame <antes>.", photo_count=1)
    MessageFactory(body="De otra conversación.")
    return ReportFactory(kind="message", thing=message, reporter=member)


@pytest.mark.parametrize("kind", ReportKind.values)
def test_page_of_a_report_offers_what_can_be_done(browser, kind):
    report = ReportFactory(kind=kind)
    page = browser.get(f"{REPORTS}{report.pk}/change/").content.decode()
    assert step("desestimar", report) in page
    assert step("suspender", report) in page
    assert (step("retirar", report) in page) == (kind in {"listing", "review"})
    assert report.body in page
    assert str(report.person) in page
    links = {
        "listing": f"/admin/promotions/promotion/{report.thing_id}/change/",
        "message": conversation(report),
        "review": f"{REVIEWS}{report.thing_id}/change/",
        "member": f"/admin/accounts/user/{report.thing_id}/change/",
    }
    assert links[kind] in page


def test_removing_what_was_reported(browser):
    report = ReportFactory()
    response = browser.post(step("retirar", report), REASON)
    assert (response.status_code, response.url) == (302, f"{REPORTS}{report.pk}/change/")
    assert Listing.objects.get().removed_reason == "Es una estafa."
    page = browser.get(response.url).content.decode()
    assert "Decidiste 1 denuncia." in page
    assert "desestimar" not in page
    assert "Es una estafa." in page


def test_removing_a_reported_review(browser):
    browser.post(step("retirar", ReportFactory(kind="review")), REASON)
    assert Review.objects.get().removed_reason == "Es una estafa."


def test_suspending_and_dismissing(browser):
    bad, good = ReportFactory(kind="member"), ReportFactory(kind="member")
    browser.post(step("suspender", bad), REASON)
    browser.post(step("desestimar", good), {"reason": "Nada que ver."})
    assert list(User.objects.exclude(suspended_at=None)) == [bad.member]
    assert set(Report.objects.values_list("status", "note")) == {
        (ReportStatus.ACTED, "Es una estafa."),
        (ReportStatus.DISMISSED, "Nada que ver."),
    }


@pytest.mark.parametrize("name", ["retirar", "suspender", "desestimar"])
def test_decided_report_is_409(browser, name):
    report = ReportFactory()
    browser.post(step("desestimar", report), REASON)
    before = snapshot()
    response = browser.post(step(name, report), REASON)
    assert response.status_code == 409
    assert "Esta denuncia ya está decidida." in response.content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("name", ["retirar", "suspender", "desestimar"])
def test_decision_without_reason_is_refused_at_the_field(browser, name):
    report = ReportFactory()
    before = snapshot()
    assert browser.post(step(name, report), {"reason": " "}).context["form"].errors
    assert browser.get(step(name, report)).status_code == 200
    assert snapshot() == before


def test_messages_and_people_cannot_be_removed(browser, reported_message):
    before = snapshot()
    assert browser.post(step("retirar", reported_message), REASON).status_code == 403
    assert browser.post(f"{REPORTS}retirar/?id=999", REASON).status_code == 404
    assert snapshot() == before


@pytest.mark.parametrize("name", ["retirar", "suspender", "desestimar"])
@pytest.mark.parametrize("role", ["reporter", "owner"])
def test_moderators_keep_out_of_their_own_affairs(browser, moderator, name, role):
    mine = {"reporter": moderator} if role == "reporter" else {"thing": PromotionFactory(owner=moderator)}
    report = ReportFactory(**mine)
    before = snapshot()
    assert browser.post(step(name, report), REASON).status_code == 403
    assert snapshot() == before


def test_moderator_does_not_suspend_staff_through_a_report(browser):
    report = ReportFactory(thing=PromotionFactory(owner=UserFactory(is_staff=True)))
    assert browser.post(step("suspender", report), REASON).status_code == 403
    assert browser.post(step("retirar", report), REASON).status_code == 302


@pytest.mark.parametrize("who", ["member", "suspended", "unverified"])
@pytest.mark.parametrize("name", ["retirar", "suspender", "desestimar"])
def test_members_decide_nothing(who, name, request, login):
    report = ReportFactory()
    browser = login(request.getfixturevalue(who))
    before = snapshot()
    response = browser.post(step(name, report), REASON)
    assert (response.status_code, response.url.split("?")[0]) == (302, "/admin/login/")
    assert snapshot() == before


def test_staff_without_the_right_decides_nothing(db, login):
    report = ReportFactory(kind="message")
    browser = login(UserFactory(is_staff=True))
    before = snapshot()
    assert browser.post(step("desestimar", report), REASON).status_code == 403
    assert browser.get(conversation(report)).status_code in {403, 404}
    assert snapshot() == before


def test_rights_over_reports(moderator, superuser, member):
    report = ReportFactory(kind="message")
    names = ("dismiss_report", "remove_reported", "suspend_reported", "read_conversation")
    for user, expected in ((moderator, (1, 0, 1, 1)), (superuser, (1, 0, 1, 1)), (member, (0, 0, 0, 0))):
        assert tuple(rules.has_perm(f"moderation.{name}", user, report) for name in names) == expected


# Conversations ------------------------------------------------------------------------------------------------------


def test_reported_conversation_is_read_and_every_view_is_logged(browser, moderator, reported_message):
    for views in (1, 2):
        page = browser.get(conversation(reported_message))
        assert page.status_code == 200
        entries = LogEntry.objects.filter(object_id=str(reported_message.pk))
        assert [(entry.user, entry.change_message) for entry in entries] == [
            (moderator, "Leyó la conversación, página 1.")
        ] * views
        assert entries[0].get_edited_object() == reported_message
    text = page.content.decode()
    assert "¿Cuándo vienes?" in text
    assert "Págame &lt;antes&gt;." in text
    assert str(reported_message.message.photos.get().picture_id) in text
    assert "De otra conversación." not in text


def test_long_conversation_opens_at_the_reported_message(browser, reported_message, monkeypatch):
    monkeypatch.setattr(report_admin, "MESSAGES_A_PAGE", 1)
    page = browser.get(conversation(reported_message))
    assert [message.pk for message in page.context["page"]] == [reported_message.message_id]
    first = browser.get(f"{conversation(reported_message)}?pagina=1")
    assert "¿Cuándo vienes?" in first.content.decode()
    assert [entry.change_message[-2] for entry in LogEntry.objects.order_by("pk")] == ["2", "1"]


@pytest.mark.parametrize("kind", ["listing", "review", "member"])
def test_other_reports_open_no_conversation(browser, kind):
    assert browser.get(conversation(ReportFactory(kind=kind))).status_code == 404
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("name", ["desestimar", "suspender"])
def test_decided_conversation_is_private_again(browser, reported_message, name):
    browser.post(step(name, reported_message), REASON)
    lines = LogEntry.objects.count()
    assert browser.get(conversation(reported_message)).status_code == 404
    assert conversation(reported_message) not in browser.get(f"{REPORTS}{reported_message.pk}/change/").content.decode()
    assert LogEntry.objects.count() == lines


@pytest.mark.parametrize("role", ["reporter", "author"])
def test_moderator_does_not_read_their_own_affair_in_admin(moderator, browser, role):
    contact = ContactFactory(listing__owner=moderator)
    report = ReportFactory(
        kind="message",
        reporter=moderator if role == "reporter" else contact.opener,
        thing=MessageFactory(contact=contact, author=contact.opener if role == "reporter" else moderator),
    )
    assert browser.get(conversation(report)).status_code == 404


@pytest.mark.parametrize("who", ["moderator", "superuser"])
def test_unreported_conversation_is_not_there_for_moderators(who, request, login):
    contact = MessageFactory().contact
    browser = login(request.getfixturevalue(who))
    assert browser.get(contact.get_absolute_url()).status_code == 404
    for pk in (contact.pk, 1, 999):
        assert browser.get(f"{REPORTS}{pk}/conversacion/").status_code == 404


def test_conversation_costs_the_same_whatever_its_length(browser, reported_message, django_assert_num_queries):
    browser.get(conversation(reported_message))
    for rows in (1, 20):
        MessageFactory.create_batch(rows, contact=reported_message.message.contact, photo_count=1)
        with django_assert_num_queries(12):
            browser.get(conversation(reported_message))


# Reviews ------------------------------------------------------------------------------------------------------------


def test_moderator_removes_a_review(browser, moderator):
    review = ReviewFactory()
    page = browser.get(f"{REVIEWS}{review.pk}/change/").content.decode()
    assert f"{REVIEWS}retirar/?id={review.pk}" in page
    response = browser.post(f"{REVIEWS}retirar/?id={review.pk}", {"reason": "Insulta."})
    assert response.url == f"{REVIEWS}{review.pk}/change/"
    assert Review.objects.get().removed_reason == "Insulta."
    assert LogEntry.objects.get().change_message == "Retirada. Razón: Insulta."
    assert OutboxMail.objects.count() == 2
    again = browser.post(f"{REVIEWS}retirar/?id={review.pk}", {"reason": "Otra."})
    assert again.status_code == 409
    assert "Esta reseña ya está retirada." in again.content.decode()
    assert OutboxMail.objects.count() == 2


@pytest.mark.parametrize("who", ["moderator", "superuser"])
def test_hidden_review_is_nobodys_but_its_author_s(who, request, login):
    review = ReviewFactory(hidden=True, body="Todavía nadie la lee.")
    browser = login(request.getfixturevalue(who))
    assert "Todavía nadie" not in browser.get(REVIEWS).content.decode()
    assert browser.get(f"{REVIEWS}{review.pk}/change/", follow=True).redirect_chain == [("/admin/", 302)]
    assert browser.post(f"{REVIEWS}retirar/?id={review.pk}", {"reason": "Insulta."}).status_code == 404


def test_reviews_are_found_by_their_stars(browser):
    bad, _good = ReviewFactory(rating=1), ReviewFactory(rating=5)
    assert list(browser.get(f"{REVIEWS}?rating=1").context["cl"].result_list) == [bad]
    assert browser.get(f"{REVIEWS}?rating=9").context["cl"].result_count == 2


def test_removed_listing_keeps_its_report(browser):
    report = ReportFactory(thing=PromotionFactory(removed=True))
    browser.post(step("retirar", report), REASON)
    report.refresh_from_db()
    assert (report.status, report.listing.status) == (ReportStatus.ACTED, Status.REMOVED)
