import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver
from django.utils import translation

from accounts.tests.browser import log_in, mailed_code, newest_mail
from accounts.tests.factories import PASSWORD, UserFactory

PUBLIC = {
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_request_login_code",
    "account_confirm_login_code",
    "mfa_authenticate",
    "mfa_login_webauthn",
}
PAGES_OF_ONES_OWN = [
    "/cuenta/email/",
    "/cuenta/persona/",
    "/cuenta/password/change/",
    "/cuenta/2fa/",
    "/cuenta/sessions/",
]


def totp(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_login_with_password(client, member):
    response = log_in(client, member.email)
    assert (response.status_code, response["Location"]) == (302, "/tablero/")
    assert client.session["_auth_user_id"] == str(member.pk)


def test_login_ignores_capitals_of_the_email(client, member):
    assert log_in(client, member.email.upper()).status_code == 302


@pytest.mark.parametrize(("email", "password"), [("carlos@example.com", "otra"), ("nadie@example.com", PASSWORD)])
def test_wrong_login_is_refused_alike_for_known_and_unknown_email(client, member, email, password):
    response = log_in(client, email, password)
    assert response.status_code == 200
    assert response.context["form"].errors["__all__"]
    assert response.context["form"]["login"].value() == email
    assert "_auth_user_id" not in client.session


def test_login_goes_on_to_the_page_that_asked_for_it(client, member):
    response = client.get("/avisos/")
    assert response["Location"] == "/cuenta/login/?next=/avisos/"
    response = client.post(response["Location"], {"login": member.email, "password": PASSWORD})
    assert response["Location"] == "/avisos/"


def test_login_does_not_go_on_to_another_site(client, member):
    response = client.post("/cuenta/login/?next=https://evil.example/", {"login": member.email, "password": PASSWORD})
    assert response["Location"] == "/tablero/"


def test_wrong_passwords_for_one_account_are_limited(client, member):
    for _ in range(5):
        log_in(client, member.email, "otra")
    response = log_in(client, member.email)
    assert "_auth_user_id" not in client.session
    assert response.status_code in {200, 429}


def test_unverified_person_gets_a_code_in_place_of_a_session(client, unverified):
    response = log_in(client, unverified.email)
    assert (response.status_code, response["Location"]) == (302, "/cuenta/confirm-email/")
    assert "_auth_user_id" not in client.session
    response = client.post("/cuenta/confirm-email/", {"code": mailed_code()})
    assert client.session["_auth_user_id"] == str(unverified.pk)


def test_closed_account_cannot_log_in(client, db):
    user = UserFactory(is_active=False)
    response = log_in(client, user.email)
    assert "_auth_user_id" not in client.session
    assert response.status_code in {200, 302}


def test_suspended_person_logs_in_and_is_told_why_they_cannot_act(client, suspended):
    response = log_in(client, suspended.email)
    assert response["Location"] == "/tablero/"
    page = client.get("/avisos/")
    assert page.status_code == 200
    assert "Tu cuenta está suspendida. Razón: Anuncios falsos." in page.content.decode()


def test_logout_needs_a_post(member, login):
    browser = login(member)
    assert browser.get("/cuenta/logout/").status_code == 200
    assert "_auth_user_id" in browser.session
    assert browser.post("/cuenta/logout/")["Location"] == "/"
    assert "_auth_user_id" not in browser.session


def test_login_by_code(client, member):
    response = client.post("/cuenta/login/code/", {"email": member.email})
    assert response["Location"] == "/cuenta/login/code/confirm/"
    assert newest_mail().is_secret
    response = client.post(response["Location"], {"code": mailed_code()})
    assert response["Location"] == "/tablero/"
    assert client.session["_auth_user_id"] == str(member.pk)


def test_wrong_login_code_is_refused(client, member):
    client.post("/cuenta/login/code/", {"email": member.email})
    response = client.post("/cuenta/login/code/confirm/", {"code": "XXXXXX"})
    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert "_auth_user_id" not in client.session


def test_login_by_code_does_not_tell_who_has_an_account(client, db):
    response = client.post("/cuenta/login/code/", {"email": "nadie@example.com"})
    assert response["Location"] == "/cuenta/login/code/confirm/"
    assert newest_mail().subject == "No hay cuenta con este correo"


@pytest.mark.parametrize(("page", "language"), [("/en", "es-pr"), ("", "en")])
def test_code_is_in_the_persons_language_whatever_the_page(client, db, page, language):
    person = UserFactory(language=language)
    client.post(f"{page}/cuenta/login/code/", {"email": person.email})
    with translation.override(language):
        assert newest_mail().subject == translation.gettext("Tu código para entrar")


def test_password_reset(client, member):
    response = client.post("/cuenta/password/reset/", {"email": member.email})
    assert response["Location"] == "/cuenta/password/reset/done/"
    assert client.get(response["Location"]).status_code == 200
    link = re.search(r"https?://testserver(/cuenta/password/reset/key/\S+)", newest_mail().text)[1]
    form_page = client.get(link)
    assert form_page.status_code == 302
    new = {"password1": "mofongo-con-caldo-8", "password2": "mofongo-con-caldo-8"}
    assert client.get(form_page["Location"]).status_code == 200
    response = client.post(form_page["Location"], new)
    assert response["Location"] == "/cuenta/password/reset/key/done/"
    member.refresh_from_db()
    assert member.check_password("mofongo-con-caldo-8")
    assert newest_mail().recipient == member.email


def test_password_reset_does_not_tell_who_has_an_account(client, db):
    response = client.post("/cuenta/password/reset/", {"email": "nadie@example.com"})
    assert response["Location"] == "/cuenta/password/reset/done/"
    assert newest_mail().subject == "No hay cuenta con este correo"


def test_bad_reset_link_says_so(client, member):
    response = client.get("/cuenta/password/reset/key/1-abcdef/")
    assert response.status_code == 200
    page = response.content.decode()
    assert 'href="/cuenta/password/reset/"' in page
    assert 'name="password1"' not in page


def test_new_password_is_checked(client, member):
    client.post("/cuenta/password/reset/", {"email": member.email})
    link = re.search(r"https?://testserver(/cuenta/password/reset/key/\S+)", newest_mail().text)[1]
    response = client.post(client.get(link)["Location"], {"password1": "123", "password2": "123"})
    assert response.status_code == 200
    assert response.context["form"].errors["password1"]


def test_changing_the_password_ends_other_sessions(client, member):
    other = Client()
    log_in(client, member.email)
    log_in(other, member.email)
    new = "mofongo-con-caldo-8"
    client.post("/cuenta/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert other.get("/avisos/").status_code == 302


def prove_oneself(browser: Client) -> None:
    """Type the password again, as is asked before anything that guards the account."""
    assert browser.post("/cuenta/reauthenticate/", {"password": PASSWORD}).status_code == 302


def activate_totp(browser: Client) -> str:
    prove_oneself(browser)
    page = browser.get("/cuenta/2fa/totp/activate/")
    assert page.status_code == 200
    secret = browser.session["mfa.totp.secret"]
    response = browser.post("/cuenta/2fa/totp/activate/", {"code": totp(secret)})
    assert response.status_code == 302
    return secret


def test_second_factor_is_set_up_and_then_asked_for(client, member):
    log_in(client, member.email)
    secret = activate_totp(client)
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}
    browser = Client()
    assert log_in(browser, member.email)["Location"] == "/cuenta/2fa/authenticate/"
    assert "_auth_user_id" not in browser.session
    assert browser.get("/cuenta/2fa/authenticate/").status_code == 200
    wrong = browser.post("/cuenta/2fa/authenticate/", {"code": "000000"})
    assert wrong.context["form"].errors
    cache.clear()  # allauth takes a code once only, and this one has been used to activate.
    assert browser.post("/cuenta/2fa/authenticate/", {"code": totp(secret)})["Location"] == "/tablero/"


def test_wrong_code_does_not_activate_the_second_factor(client, member):
    log_in(client, member.email)
    prove_oneself(client)
    client.get("/cuenta/2fa/totp/activate/")
    response = client.post("/cuenta/2fa/totp/activate/", {"code": "000000"})
    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert not Authenticator.objects.exists()


def test_recovery_code_logs_in_once(client, member):
    log_in(client, member.email)
    activate_totp(client)
    page = client.get("/cuenta/2fa/recovery-codes/")
    assert page.status_code == 200
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    browser = Client()
    log_in(browser, member.email)
    assert browser.post("/cuenta/2fa/authenticate/", {"code": code})["Location"] == "/tablero/"
    again = Client()
    log_in(again, member.email)
    assert again.post("/cuenta/2fa/authenticate/", {"code": code}).status_code == 200


def test_setting_up_a_second_factor_asks_for_the_password_again(member, login):
    response = login(member).get("/cuenta/2fa/totp/activate/")
    assert response.status_code == 302
    assert "/reauthenticate/" in response["Location"]


def test_sessions_are_listed_and_ended(client, member):
    other = Client(headers={"user-agent": "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"})
    log_in(client, member.email)
    log_in(other, member.email)
    other.get("/avisos/")
    page = client.get("/cuenta/sessions/")
    assert "Firefox · Android" in page.content.decode()
    assert UserSession.objects.filter(user=member).count() == 2
    assert client.post("/cuenta/sessions/").status_code == 302
    assert other.get("/avisos/").status_code == 302
    assert client.get("/avisos/").status_code == 200


def test_changing_the_email_needs_a_code_sent_to_the_new_one(client, member):
    log_in(client, member.email)
    prove_oneself(client)
    client.post("/cuenta/email/", {"email": "nuevo@example.com", "action_add": ""})
    member.refresh_from_db()
    assert member.email == "carlos@example.com"
    assert newest_mail().recipient == "nuevo@example.com"
    client.post("/cuenta/confirm-email/", {"code": mailed_code()})
    member.refresh_from_db()
    assert member.email == "nuevo@example.com"
    assert member.has_verified_email


@pytest.mark.parametrize("path", PAGES_OF_ONES_OWN)
def test_pages_of_ones_own_account(client, member, login, path):
    assert client.get(path)["Location"] == f"/cuenta/login/?next={path}"
    assert login(member).get(path).status_code == 200
    assert login(member).get(f"/en{path}").status_code == 200


@pytest.mark.parametrize("path", [path for path in PAGES_OF_ONES_OWN if path != "/cuenta/persona/"])
def test_suspended_person_keeps_their_account_safe(suspended, login, path):
    assert login(suspended).get(path).status_code == 200


def account_views():
    """Yield name and view of every address under /cuenta/."""
    resolver = get_resolver()
    for pattern in resolver.url_patterns[-1].url_patterns:
        if str(pattern.pattern) == "cuenta/":
            yield from walk(pattern)


def walk(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from walk(pattern)
        else:
            yield pattern.name, pattern.callback


def test_public_pages_of_accounts_are_these():
    public = {name for name, view in account_views() if not getattr(view, "login_required", True)}
    assert public == PUBLIC


def test_new_email_that_does_not_fit_is_refused(client, member):
    log_in(client, member.email)
    prove_oneself(client)
    response = client.post("/cuenta/email/", {"email": f"{'a' * 250}@example.com", "action_add": ""})
    assert response.status_code == 200
    assert response.context["form"].errors["email"]


@pytest.mark.parametrize(
    ("referer", "after"),
    [
        ("http://testserver/promociones/7-destapes/?orden=1", "/promociones/7-destapes/%3Forden%3D1"),
        ("http://testserver//evil.example/", "/promociones/7/pausar/"),
        ("https://evil.example/promociones/", "/promociones/7/pausar/"),
        ("", "/promociones/7/pausar/"),
    ],
)
def test_form_of_a_session_that_has_ended_leads_back_to_its_page(client, referer, after):
    response = client.post("/promociones/7/pausar/", headers={"referer": referer})
    assert (response.status_code, response["Location"]) == (302, f"/cuenta/login/?next={after}")
