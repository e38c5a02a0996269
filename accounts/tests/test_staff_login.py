import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.tests.browser import log_in
from accounts.tests.factories import PASSWORD, UserFactory

ADMIN = "/admin/"


@pytest.fixture
def staff(db):
    return UserFactory(email="staff@example.com", is_staff=True)


@pytest.fixture
def mfa_required(settings):
    settings.MFA_REQUIRED_FOR_STAFF = True


def test_strangers_are_sent_to_the_sites_login(client, db):
    assert client.get(ADMIN)["Location"] == "/admin/login/?next=/admin/"
    response = client.get("/admin/login/?next=/admin/")
    assert response["Location"] == "/cuenta/login/?next=%2Fadmin%2F"


def test_admin_takes_no_password_of_its_own(client, superuser):
    response = client.post("/admin/login/", {"username": superuser.email, "password": PASSWORD})
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


def test_members_are_refused(member, login):
    assert login(member).get("/admin/login/?next=/admin/").status_code == 403
    assert login(member).get(ADMIN, follow=True).status_code == 403


def test_staff_enter_without_second_factor_where_none_is_required(staff, login, settings):
    settings.MFA_REQUIRED_FOR_STAFF = False
    assert login(staff).get(ADMIN).status_code == 200
    assert login(staff).get("/admin/login/")["Location"] == ADMIN


def test_suspended_staff_are_refused_with_a_sentence(login, settings, db):
    settings.MFA_REQUIRED_FOR_STAFF = False
    browser = login(UserFactory(is_staff=True, suspended=True))
    response = browser.get(ADMIN, follow=True)
    assert response.status_code == 403
    assert "Tu cuenta está suspendida." in response.content.decode()


@pytest.mark.parametrize("trait", ["is_staff", "superuser"])
def test_staff_without_second_factor_are_sent_to_set_it_up(login, db, mfa_required, trait):
    browser = login(UserFactory(**{trait: True}))
    response = browser.get("/admin/login/?next=/admin/")
    assert response["Location"] == "/cuenta/2fa/"
    page = browser.get(ADMIN, follow=True)
    assert page.redirect_chain[-1] == ("/cuenta/2fa/", 302)
    assert "activa primero la verificación en dos pasos" in page.content.decode()


def test_no_admin_page_opens_without_the_second_factor(superuser, login, mfa_required):
    for path in ("/admin/accounts/user/", f"/admin/accounts/user/{superuser.pk}/change/", "/admin/password_change/"):
        response = login(superuser).get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_staff_with_second_factor_enter(superuser, login, mfa_required):
    TOTP.activate(superuser, generate_totp_secret())
    assert login(superuser).get(ADMIN).status_code == 200


def test_login_of_staff_with_second_factor_asks_for_it(superuser, mfa_required):
    TOTP.activate(superuser, generate_totp_secret())
    browser = Client()
    assert log_in(browser, superuser.email)["Location"] == "/cuenta/2fa/authenticate/"
    assert browser.get(ADMIN).status_code == 302
