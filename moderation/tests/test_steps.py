import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from moderation.steps import MAX_TARGETS
from notices.models import OutboxMail
from services.enums import Status
from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceRequestFactory

# Django's own templates read variables that nobody sets.
pytestmark = pytest.mark.ignore_template_errors

LISTINGS = "/admin/promotions/promotion/"
PEOPLE = "/admin/accounts/user/"
REMOVE = f"{LISTINGS}retirar/"
RESTORE = f"{LISTINGS}restaurar/"
SUSPEND = f"{PEOPLE}suspender/"
REINSTATE = f"{PEOPLE}levantar/"


@pytest.fixture
def browser(moderator, login) -> Client:
    return login(moderator)


def assert_nothing_happened(status: str = Status.PUBLISHED) -> None:
    assert set(Listing.objects.values_list("status", flat=True)) <= {status}
    assert not User.objects.exclude(suspended_at=None).exists()
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (0, 0)


def test_action_of_the_list_leads_to_the_page_that_asks(browser):
    first, second, _third = PromotionFactory(), PromotionFactory(), PromotionFactory()
    chosen = {"action": "retirar", "_selected_action": [first.pk, second.pk]}
    response = browser.post(LISTINGS, chosen)
    assert (response.status_code, response.url) == (302, f"{REMOVE}?id={second.pk}&id={first.pk}")
    page = browser.get(response.url)
    assert page.context["targets"] == [
        (second, f"{LISTINGS}{second.pk}/change/"),
        (first, f"{LISTINGS}{first.pk}/change/"),
    ]
    assert_nothing_happened()


def test_getting_the_page_changes_nothing(browser):
    listing = PromotionFactory()
    assert browser.get(f"{REMOVE}?id={listing.pk}&reason=x").status_code == 200
    assert_nothing_happened()


def test_remove_with_reason_returns_to_the_listing(browser):
    listing = PromotionFactory()
    response = browser.post(f"{REMOVE}?id={listing.pk}", {"reason": "No es un servicio."})
    assert (response.status_code, response.url) == (302, f"{LISTINGS}{listing.pk}/change/")
    assert Listing.objects.get().removed_reason == "No es un servicio."
    page = browser.get(response.url).content.decode()
    assert "Retiraste 1 anuncio." in page
    assert f"{RESTORE}?id={listing.pk}" in page
    assert REMOVE not in page


@pytest.mark.parametrize("reason", ["", "   \n"])
def test_remove_without_reason_is_refused_at_the_field(browser, reason):
    listing = PromotionFactory()
    response = browser.post(f"{REMOVE}?id={listing.pk}", {"reason": reason})
    assert response.status_code == 200
    assert response.context["form"].errors == {"reason": ["Escribe la razón: es lo que la persona va a leer."]}
    assert "Escribe la razón: es lo que la persona va a leer." in response.content.decode()
    assert_nothing_happened()


def test_reason_that_is_too_long_is_kept_for_mending(browser):
    listing = PromotionFactory()
    response = browser.post(f"{REMOVE}?id={listing.pk}", {"reason": "razón " * 100})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["reason"]
    assert "razón " * 99 in response.content.decode()
    assert_nothing_happened()


def test_remove_twice_is_409_with_a_sentence_and_one_mail(browser):
    listing = PromotionFactory(title="Destapes")
    browser.post(f"{REMOVE}?id={listing.pk}", {"reason": "No es un servicio."})
    response = browser.post(f"{REMOVE}?id={listing.pk}", {"reason": "Otra razón."})
    assert response.status_code == 409
    page = response.content.decode()
    assert "Destapes: Este anuncio ya está retirado." in page
    assert "Otra razón." in page
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (1, 1)


def test_remove_several_tells_which_were_refused(browser):
    open_one, removed = PromotionFactory(title="Abierto"), PromotionFactory(title="Cerrado", removed=True)
    response = browser.post(f"{REMOVE}?id={open_one.pk}&id={removed.pk}", {"reason": "Cadena."}, follow=True)
    assert response.redirect_chain == [(LISTINGS, 302)]
    assert [str(message) for message in response.context["messages"]] == [
        "Retiraste 1 anuncio.",
        "Cerrado: Este anuncio ya está retirado.",
    ]
    assert OutboxMail.objects.get().recipient == open_one.owner.email


def test_restore_asks_for_a_yes_only(browser):
    listing = PromotionFactory(removed=True, removed_from=Status.PAUSED)
    assert browser.get(f"{RESTORE}?id={listing.pk}").context["form"] is None
    response = browser.post(f"{RESTORE}?id={listing.pk}")
    assert response.status_code == 302
    assert Listing.objects.get().status == Status.PAUSED


def test_requests_have_the_same_steps(browser):
    listing = ServiceRequestFactory()
    response = browser.post(f"/admin/requests_app/servicerequest/retirar/?id={listing.pk}", {"reason": "Cadena."})
    assert response.url == f"/admin/requests_app/servicerequest/{listing.pk}/change/"
    assert Listing.objects.get().status == Status.REMOVED


def test_suspend_and_reinstate_a_person(browser, member):
    assert f"{SUSPEND}?id={member.pk}" in browser.get(f"{PEOPLE}{member.pk}/change/").content.decode()
    assert browser.post(f"{SUSPEND}?id={member.pk}", {"reason": "Estafas."}).status_code == 302
    assert User.objects.get(pk=member.pk).suspended_reason == "Estafas."
    assert f"{REINSTATE}?id={member.pk}" in browser.get(f"{PEOPLE}{member.pk}/change/").content.decode()
    assert browser.post(f"{REINSTATE}?id={member.pk}").status_code == 302
    assert not User.objects.get(pk=member.pk).is_suspended
    assert OutboxMail.objects.count() == 2


@pytest.mark.parametrize("whom", ["moderator", "superuser"])
def test_moderator_cannot_suspend_staff(browser, whom, request):
    person = request.getfixturevalue(whom)
    assert SUSPEND not in browser.get(f"{PEOPLE}{person.pk}/change/").content.decode()
    for response in (
        browser.get(f"{SUSPEND}?id={person.pk}"),
        browser.post(f"{SUSPEND}?id={person.pk}", {"reason": "Estafas."}),
    ):
        assert response.status_code == 403
        assert f"No puedes hacer esto con {person}." in response.content.decode()
    assert_nothing_happened()


def test_one_member_of_staff_among_the_chosen_stops_all(browser, member, superuser):
    response = browser.post(f"{SUSPEND}?id={member.pk}&id={superuser.pk}", {"reason": "Estafas."})
    assert response.status_code == 403
    assert_nothing_happened()


def test_superuser_suspends_staff_but_not_themselves(superuser, moderator, login):
    browser = login(superuser)
    assert browser.post(f"{SUSPEND}?id={superuser.pk}", {"reason": "Prueba."}).status_code == 403
    assert browser.post(f"{SUSPEND}?id={moderator.pk}", {"reason": "Abuso."}).status_code == 302
    assert login(moderator).get("/admin/").status_code == 302


@pytest.mark.parametrize("address", [REMOVE, RESTORE, SUSPEND, REINSTATE])
@pytest.mark.parametrize("who", ["member", "suspended"])
def test_steps_are_closed_to_members(address, who, db, request, login):
    listing, person = PromotionFactory(), UserFactory()
    target = listing.pk if address.startswith(LISTINGS) else person.pk
    browser = login(request.getfixturevalue(who))
    suspended_before = set(User.objects.exclude(suspended_at=None))
    response = browser.post(f"{address}?id={target}", {"reason": "Porque sí."})
    assert (response.status_code, response.url.split("?")[0]) == (302, "/admin/login/")
    assert set(User.objects.exclude(suspended_at=None)) == suspended_before
    assert Listing.objects.get().status == Status.PUBLISHED
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (0, 0)


@pytest.mark.parametrize("address", [REMOVE, SUSPEND])
def test_staff_without_the_right_is_refused(address, db, login):
    target = PromotionFactory()
    browser = login(UserFactory(is_staff=True))
    assert browser.post(f"{address}?id={target.pk}", {"reason": "Porque sí."}).status_code == 403
    assert_nothing_happened()


@pytest.mark.parametrize("query", ["", "?id=", "?id=0", "?id=x", "?id=²", "?id=-1", f"?id={'9' * 40}"])
def test_unknown_targets_are_404(browser, query):
    PromotionFactory()
    assert browser.post(f"{REMOVE}{query}", {"reason": "Cadena."}).status_code == 404
    assert_nothing_happened()


def test_listing_of_the_other_kind_is_404(browser):
    request = ServiceRequestFactory()
    assert browser.post(f"{REMOVE}?id={request.pk}", {"reason": "Cadena."}).status_code == 404
    assert_nothing_happened()


def test_posting_without_csrf_token_is_refused(moderator):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(moderator, backend="django.contrib.auth.backends.ModelBackend")
    listing = PromotionFactory()
    assert browser.post(f"{REMOVE}?id={listing.pk}", {"reason": "Cadena."}).status_code == 403
    assert_nothing_happened()


def test_too_many_chosen_are_refused_with_a_sentence(browser):
    listings = PromotionFactory.create_batch(MAX_TARGETS + 1)
    chosen = {"action": "retirar", "select_across": "1", "_selected_action": [listings[0].pk]}
    response = browser.post(LISTINGS, chosen, follow=True)
    assert [str(message) for message in response.context["messages"]] == ["Elige hasta 50 a la vez."]
    assert_nothing_happened()


def test_names_of_steps_can_be_reversed():
    assert reverse("admin:promotions_promotion_retirar") == REMOVE
    assert reverse("admin:accounts_user_suspender") == SUSPEND
