"""A page speaks one language: English pages hold no Spanish, and allauth's and Django's words are ours, with *tú*."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation

from accounts.tests.browser import log_in, newest_mail
from accounts.tests.factories import PASSWORD
from palitas.tests.test_translations import forms, messages

SPANISH = re.compile(
    r"[¿¡]|\b(el|los|una?|del|para|por|con|que|tu|tus|más|sin|este|esta|qué|cómo|quién|aquí|todavía|"
    r"anuncios?|solicitud(es)?|promoci[oó]n(es)?|servicios?|pueblos?|reseñas?|avisos?|buscar|publicar|escribe|escoge)\b",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"\b(the|an|and|or|of|with|you|your|please|enter|sign|password|email|address|code|key|name|security|browser|"
    r"session|token|passwordless|unspecified|invalid|field|required|error)\b",
    re.IGNORECASE,
)
USTED = re.compile(
    r"\b(usted|sus?|le|introduzca|ingrese|escriba|escoja|seleccione|haga|vaya|pulse|utilice|compruebe|aseg[uú]rese|"
    r"corrija|solicite|verifique|está seguro|ha iniciado|ha cerrado|fichero)\b",
    re.IGNORECASE,
)

PUBLIC_PAGES = [
    "/",
    "/promociones/",
    "/solicitudes/",
    "/solicitudes/?q=plomero&precio_max=x",
    "/servicios/",
    "/acerca/",
    "/contacto/",
    "/preguntas/",
    "/terminos/",
    "/privacidad/",
    "/nada/",
]
PAGES_OF_ENTRY = [
    "/cuenta/login/",
    "/cuenta/signup/",
    "/cuenta/password/reset/",
    "/cuenta/password/reset/done/",
    "/cuenta/password/reset/key/1-a/",
    "/cuenta/login/code/",
    "/cuenta/inactive/",
]
PAGES_OF_A_MEMBER = [
    "/tablero/",
    "/contactos/",
    "/contactos/?lado=enviados",
    "/avisos/",
    "/busquedas/",
    "/perfil/editar/",
    "/promociones/nueva/",
    "/solicitudes/nueva/",
    "/cuenta/persona/",
    "/cuenta/datos/",
    "/cuenta/borrar/",
]
PAGES_OF_AN_ACCOUNT = [
    "/cuenta/email/",
    "/cuenta/password/change/",
    "/cuenta/2fa/",
    "/cuenta/2fa/totp/activate/",
    "/cuenta/2fa/webauthn/",
    "/cuenta/2fa/webauthn/add/",
    "/cuenta/sessions/",
    "/cuenta/reauthenticate/",
    "/cuenta/logout/",
]
PAGES_OF_TWO_STEPS = [
    "/cuenta/2fa/",
    "/cuenta/2fa/totp/deactivate/",
    "/cuenta/2fa/webauthn/",
    "/cuenta/2fa/webauthn/keys/90/edit/",
    "/cuenta/2fa/webauthn/keys/90/remove/",
    "/cuenta/2fa/recovery-codes/",
    "/cuenta/2fa/recovery-codes/generate/",
    "/cuenta/2fa/reauthenticate/",
]
WRONG_FORMS = [
    ("/cuenta/login/", {}),
    ("/cuenta/login/", {"login": "nadie@example.com", "password": "otra"}),
    ("/cuenta/login/", {"login": "nadie", "password": "otra"}),
    ("/cuenta/signup/", {}),
    ("/cuenta/signup/", {"email": "x", "phone": "1", "password1": "123", "password2": "1234"}),
    ("/cuenta/signup/", {"email": "x", "phone": "1", "first_name": "a" * 61, "password1": "123", "password2": "123"}),
    ("/cuenta/signup/", {"email": "ana.rosado@example.com", "password1": "ana.rosado", "password2": "ana.rosado"}),
    ("/cuenta/signup/", {"email": "ana@example.com", "password1": "password", "password2": "password"}),
    ("/cuenta/password/reset/", {"email": "x"}),
    ("/cuenta/login/code/", {"email": "x"}),
    ("/contacto/", {"email": "x"}),
]
WRONG_FORMS_OF_A_MEMBER = [
    ("/cuenta/password/change/", {"oldpassword": "otra", "password1": "123", "password2": "1234"}),
    ("/cuenta/email/", {"email": "x", "action_add": ""}),
    ("/cuenta/email/", {"email": "carlos@example.com", "action_add": ""}),
    ("/cuenta/2fa/totp/activate/", {"code": "1"}),
    ("/promociones/nueva/", {"service": "999", "price_min": "x", "towns": "999"}),
    ("/solicitudes/nueva/", {"needed_by": "mañana", "title": "a" * 101}),
]


def text_of(response) -> str:
    """Return what is read and heard in title, messages and main part of a page; towns and people keep their names."""
    assert response.status_code in {200, 404, 409}, response
    page = BeautifulSoup(response.content, "html.parser")
    for element in page.select("script, style, svg, [lang], option, .town-map"):
        if element.name != "html":
            element.decompose()
    parts = [page.title, *page.select(".messages"), page.main]
    words = [part.get_text(" ") for part in parts if part]
    for name in ("aria-label", "placeholder", "alt", "title"):
        words += [element[name] for element in page.select(f"[{name}]")]
    return " ".join(" ".join(words).split()).replace("@example.com", "")


def found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [text[max(0, match.start() - 30) : match.end() + 30] for match in pattern.finditer(text)]


@pytest.fixture
def account(client, member) -> Client:
    """The browser of a member who has just typed the password."""
    log_in(client, member.email)
    client.post("/cuenta/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def protected(account, member) -> Client:
    """The same with an application for codes and recovery codes."""
    TOTP.activate(member, generate_totp_secret())
    RecoveryCodes.activate(member)
    return account


@pytest.fixture
def passkey(member) -> Authenticator:
    return Authenticator.objects.create(pk=90, user=member, type="webauthn", data={"name": "Celular", "credential": {}})


@pytest.mark.parametrize("path", [*PUBLIC_PAGES[:-1], *PAGES_OF_ENTRY])
def test_the_other_language_would_be_found(db, client, path):
    assert found(SPANISH, text_of(client.get(path)))
    assert found(ENGLISH, text_of(client.get(f"/en{path}")))


def test_usted_would_be_found():
    assert found(USTED, "Introduzca su contraseña. ¿Está seguro?") == ["Introduzca su contraseña. ¿Está seguro?"] * 3


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, *PAGES_OF_ENTRY])
def test_english_page_holds_no_spanish(db, client, path):
    assert found(SPANISH, text_of(client.get(f"/en{path}"))) == []


@pytest.mark.parametrize("path", [*PAGES_OF_A_MEMBER, *PAGES_OF_AN_ACCOUNT])
def test_english_page_of_a_member_holds_no_spanish(account, path):
    assert found(SPANISH, text_of(account.get(f"/en{path}"))) == []


@pytest.mark.parametrize(("path", "data"), WRONG_FORMS)
def test_english_refusals_hold_no_spanish(db, client, path, data):
    assert found(SPANISH, text_of(client.post(f"/en{path}", data))) == []


@pytest.mark.parametrize("path", PAGES_OF_ENTRY)
def test_spanish_page_of_allauth_speaks_like_the_site(db, client, path):
    text = text_of(client.get(path))
    assert (found(ENGLISH, text), found(USTED, text)) == ([], [])


@pytest.mark.parametrize("path", PAGES_OF_AN_ACCOUNT)
def test_spanish_page_of_an_account_speaks_like_the_site(account, path):
    text = text_of(account.get(path))
    assert (found(ENGLISH, text), found(USTED, text)) == ([], [])


@pytest.mark.parametrize("path", PAGES_OF_TWO_STEPS)
def test_spanish_page_of_two_steps_speaks_like_the_site(protected, passkey, path):
    text = text_of(protected.get(path))
    assert (found(ENGLISH, text), found(USTED, text)) == ([], [])


@pytest.mark.parametrize(("path", "data"), WRONG_FORMS)
def test_spanish_refusals_speak_like_the_site(db, client, path, data):
    text = text_of(client.post(path, data))
    assert (found(ENGLISH, text), found(USTED, text)) == ([], [])


@pytest.mark.parametrize(("path", "data"), WRONG_FORMS_OF_A_MEMBER)
def test_spanish_refusals_of_a_member_speak_like_the_site(account, path, data):
    text = text_of(account.post(path, data))
    assert (found(ENGLISH, text), found(USTED, text)) == ([], [])


def test_messages_of_allauth_speak_like_the_site(client, member):
    log_in(client, member.email)
    arrived = text_of(client.get("/"))
    left = text_of(client.post("/cuenta/logout/", follow=True))
    assert "Entraste como" in arrived
    assert "Saliste de tu cuenta." in left


def test_second_step_at_the_login_speaks_like_the_site(protected, member):
    browser = Client()
    assert log_in(browser, member.email)["Location"].startswith("/cuenta/2fa/authenticate/")
    asked, refused = browser.get("/cuenta/2fa/authenticate/"), browser.post("/cuenta/2fa/authenticate/", {"code": "1"})
    text = text_of(asked) + text_of(refused)
    assert (found(ENGLISH, text), found(USTED, text)) == ([], [])


def test_mail_of_allauth_speaks_like_the_site(account):
    new = PASSWORD[::-1]
    account.post("/cuenta/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    mail = newest_mail()
    assert mail.subject == "Se cambió tu contraseña"
    assert found(USTED, mail.text) == []


def test_words_of_the_site_mean_nothing_else_to_the_libraries():
    """A Spanish string that a library also translates would come out as the library wishes."""
    with translation.override("es-pr"):
        said = [singular for message in messages("en") if (singular := forms(message.id)[0]) and not message.context]
        assert [text for text in said if translation.gettext(text) != text] == []
