"""The frame of every page, the pages of errors and the style guide."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse

from accounts.tests.browser import log_in
from palitas.pages import style_guide
from services.tests.factories import PromotionFactory

# What the security policy refuses.
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* (?:src=|type=\"application/json\"))")


@pytest.fixture
def visitor_request(rf: RequestFactory):
    request = rf.get("/no-existe/")
    request.user = AnonymousUser()
    return request


@pytest.mark.parametrize("code", [400, 500])
def test_errors_outside_a_request_need_no_context(code):
    page = render_to_string(f"{code}.html")
    assert f">{code}<" in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("name", ["403_csrf.html", "404.html", "429.html"])
def test_errors_inside_a_request_keep_the_navigation(visitor_request, name):
    page = render_to_string(name, request=visitor_request)
    assert page.count("<h1>") == 1
    assert 'class="bottom-bar' in page
    assert 'content="noindex"' in page


def test_forbidden_page_gives_its_reason(visitor_request):
    page = render_to_string("403.html", {"exception": "Solo quien lo publicó."}, visitor_request)
    assert "<p data-sentence>Solo quien lo publicó.</p>" in page


def test_conflict_page_gives_its_reason(visitor_request):
    page = render_to_string("409.html", {"message": "Ya fue aceptado."}, visitor_request)
    assert "<p data-sentence>Ya fue aceptado.</p>" in page


def test_missing_page_is_404_in_the_sites_look(client, db):
    response = client.get("/no-existe/")
    assert response.status_code == 404
    assert "Esa página no aparece" in response.content.decode()


def test_frame_offers_a_visitor_log_in_and_sign_up(client, db):
    page = client.get(reverse("about")).content.decode()
    assert '<html lang="es-PR">' in page
    assert f'href="{reverse("account_login")}"' in page
    assert f'href="{reverse("account_signup")}"' in page
    assert reverse("account_logout") not in page


def test_frame_offers_a_member_the_own_pages_but_not_admin(owner, login):
    page = login(owner).get(reverse("about")).content.decode()
    assert f'href="{owner.get_absolute_url()}"' in page
    assert f'<form action="{reverse("account_logout")}" method="post">' in page
    assert reverse("account_signup") not in page
    assert reverse("admin:index") not in page


def test_frame_offers_staff_admin(superuser, login):
    assert f'href="{reverse("admin:index")}"' in login(superuser).get(reverse("about")).content.decode()


def test_frame_marks_the_present_page(client, db):
    page = client.get(reverse("promotions:search")).content.decode()
    marked = re.findall(r'<a href="([^"]+)" aria-current="page">', page)
    assert reverse("promotions:search") in marked
    assert reverse("requests_app:search") not in marked


def test_frame_names_the_page_in_both_languages(client, db):
    page = client.get("/en/promociones/").content.decode()
    assert '<html lang="en">' in page
    assert '<link rel="alternate" hreflang="es-PR" href="http://localhost:8000/promociones/">' in page
    assert '<link rel="alternate" hreflang="en" href="http://localhost:8000/en/promociones/">' in page


def test_language_switch_keeps_the_search(client, db):
    page = client.get("/en/promociones/?q=plomero").content.decode()
    assert 'href="/promociones/?q=plomero" hreflang="es-PR"' in page


@pytest.mark.parametrize("path", ["/acerca/", "/promociones/", "/", "/pueblos/"])
def test_public_pages_have_one_canonical_address(client, db, path):
    page = client.get(path).content.decode()
    assert re.findall(r'<link rel="canonical" href="([^"]+)">', page) == [f"http://localhost:8000{path}"]


@pytest.mark.parametrize("path", ["/promociones/?q=plomero", "/cuenta/login/", "/no-existe/"])
def test_pages_for_nobody_else_have_none(client, db, path):
    assert 'rel="canonical"' not in client.get(path).content.decode()


def test_style_guide_shows_every_colour_icon_and_state(client, db):
    PromotionFactory(title="Destapes")
    page = client.get(reverse("style_guide")).content.decode()
    assert 'fill="var(--brand)"' in page
    assert "#wrench" in page
    assert "badge-removed" in page
    assert "Destapes" in page
    assert 'aria-invalid="true"' in page


def test_style_guide_opens_at_its_top_with_the_chooser_of_towns(client, db):
    page = client.get(reverse("style_guide")).content.decode()
    body = page.partition("<main")[2]
    assert "data-summary" in body
    assert re.findall(r"<[^>]* autofocus", re.sub(r"<dialog.*?</dialog>", "", body, flags=re.DOTALL)) == []
    assert page.count("data-towns>") == 1
    assert "js/towns.js" in page


def test_style_guide_reads_colours_and_icons_from_their_sources():
    assert style_guide.colours()[:2] == ["paper", "surface"]
    assert len(set(style_guide.colours())) == len(style_guide.colours())
    assert {"search", "wrench"} <= set(style_guide.icons())
    assert "stars" not in style_guide.icons()


ENTRANCE = """
    account_login account_signup account_reset_password account_reset_password_done account_request_login_code
    account_inactive
"""


@pytest.mark.parametrize("name", ENTRANCE.split())
def test_account_pages_of_a_visitor_have_the_sites_look(client, db, name):
    page = client.get(reverse(name)).content.decode()
    assert 'class="entrance panel' in page
    assert INLINE.search(page) is None


OWN_ACCOUNT = "account_email account_change_password account_logout mfa_index mfa_list_webauthn usersessions_list"


@pytest.mark.parametrize("name", OWN_ACCOUNT.split())
def test_account_pages_of_a_member_have_the_sites_look(owner, login, name):
    page = login(owner).get(reverse(name)).content.decode()
    assert 'class="side-nav"' in page
    assert INLINE.search(page) is None


def test_account_page_of_the_address_tells_what_waits_for_confirmation(owner, login):
    EmailAddress.objects.create(user=owner, email="nueva@example.com", verified=False, primary=False)
    page = login(owner).get(reverse("account_email")).content.decode()
    assert "pilar@example.com" in page
    assert "Falta confirmar nueva@example.com." in page
    assert 'name="action_send"' in page
    assert INLINE.search(page) is None


def test_account_page_of_passkeys_lists_them(owner, login):
    data = {"name": "Teléfono de Pilar", "credential": {"clientExtensionResults": {"credProps": {"rk": False}}}}
    Authenticator.objects.create(user=owner, type=Authenticator.Type.WEBAUTHN, data=data)
    page = login(owner).get(reverse("mfa_list_webauthn")).content.decode()
    assert "<h2>Teléfono de Pilar</h2>" in page
    assert "Todavía no se ha usado." in page
    assert "Sirve como segundo paso" in page


def test_open_sessions_are_told_by_browser_and_device(client, member):
    client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36"
    log_in(client, member.email)
    page = client.get("/cuenta/sessions/").content.decode()
    assert "<strong>Chrome · Android</strong>" in page
    assert "Mozilla" not in page
