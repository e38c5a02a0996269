"""Whatever anybody sends, nothing falls over: the test client raises what would be a 500."""

import json
import re
from io import BytesIO
from urllib.parse import quote_from_bytes

import pytest
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver
from django.utils import translation

from accounts.tests.browser import log_in
from accounts.tests.factories import PASSWORD
from palitas.wsgi import application
from services.models import Listing
from services.tests.factories import PhotoFactory, PromotionFactory, ServiceFactory, ServiceRequestFactory, TownFactory
from services.tests.pictures import drawing, encoded

pytestmark = pytest.mark.django_db

# As bytes, because not all of it is text. The first are what databases fall over: each field gets them alone too.
WORST = {"nul": b"ponce\0", "31 digits": b"1" + b"0" * 30}
NASTY = {
    **WORST,
    "surrogate": "\ud800".encode("utf-8", "surrogatepass"),
    "100 kB": b"x" * 100_000,
    "5000 digits": b"9" * 5000,
    "nothing": b"",
    "not UTF-8": b"\xff\xfe%ff",
    "control": b"\x01\x1f\x7f\r\nX: y",
    "emoji": "👩‍🔧".encode(),
    "right to left": "\u202eabc\u2028".encode(),
    "grows": "ﷺİ".encode() * 3000,  # when normalised or put into lower case
    "arabic digits": "٢٠٢٦-٠١-٠١".encode(),
    "negative": b"-" + b"9" * 30,
    "float": b"1e400",
    "not a number": b"nan",
    "last day": b"9999-12-31",
    "first day": b"0001-01-01",
    "no day": b"31/02/2026",
    "address": b"http://[::1",
    "path": b"../../etc/passwd",
    "template": b"{{ x }}{% y %}%s%(a)s",
    "html": b"\"'><script>alert(1)</script>",
    "nested": b"[" * 20_000,
}
LISTING = {
    "service": b"plomeria",
    "title": b"Destapes",
    "description": b"Reparo.",
    "towns": b"ponce",
    "price_min": b"40",
    "price_max": b"1500",
    "island_wide": b"",
    "kept_photos": b"",
    "drop_photos": b"",
    "order_photos_{pic}": b"1",
    "alt_photos_{pic}": b"",
}
SIGNUP = {
    "email": b"nueva@example.com",
    "first_name": b"Ana",
    "last_name": b"Rosado",
    "phone": b"787-555-0134",
    "password1": PASSWORD.encode(),
    "password2": PASSWORD.encode(),
    "next": b"",
}
# Address: who sends, and what fits.
FORMS = {
    "/promociones/nueva/": ("owner", LISTING),
    "/promociones/{p}/editar/": ("owner", LISTING),
    "/solicitudes/nueva/": ("owner", LISTING | {"needed_by": b"2999-01-01", "draft": b"1"}),
    "/perfil/editar/": (
        "owner",
        {
            "headline": b"x",
            "bio": b"y",
            "base_town": b"ponce",
            "links": b"example.com",
            "kept_gallery": b"",
            "drop_gallery": b"",
            "kept_payment_qr": b"",
        },
    ),
    "/contacto/": ("anonymous", {"name": b"x", "email": b"a@example.com", "subject": b"s", "message": b"m"}),
    "/cuenta/persona/": ("owner", {"first_name": b"A", "last_name": b"B", "phone": b"787-555-0134", "language": b"en"}),
    "/cuenta/signup/": ("anonymous", SIGNUP),
    "/cuenta/login/": ("anonymous", {"login": b"pilar@example.com", "password": b"x", "remember": b"", "next": b""}),
    "/cuenta/login/code/": ("anonymous", {"email": b"pilar@example.com", "next": b""}),
    "/cuenta/password/reset/": ("anonymous", {"email": b"pilar@example.com"}),
    "/cuenta/password/change/": ("owner", {"oldpassword": b"x", "password1": b"x", "password2": b"x"}),
    "/cuenta/email/": ("owner", {"email": b"otra@example.com", "action_add": b"", "action_remove": b""}),
    "/cuenta/reauthenticate/": ("owner", {"password": b"x", "next": b""}),
    "/cuenta/2fa/totp/activate/": ("owner", {"code": b"123456"}),
    "/avisos/": ("owner", {"save_preferences": b"1", "messages": b"", "matching": b""}),
}
PAGES = [
    "/",
    "/promociones/",
    "/solicitudes/",
    "/promociones/{p}-{ps}/",
    "/servicios/plomeria/",
    "/pueblos/ponce/",
    "/perfil/{o}-{os}/",
    "/promociones/nueva/",
    "/tablero/",
    "/avisos/",
    "/busquedas/",
    "/contactos/",
    "/denunciar/",
    "/cuenta/login/",
    "/correo/",
    "/sitemap.xml",
    "/sitemap-promociones.xml",
]
QUERY = ["q", "servicio", "pueblo", "precio_max", "orden", "pagina", "resenas", "lado", "tipo", "id", "p", "next"]

Fields = list[tuple[str, bytes]]


@pytest.fixture
def site(owner, settings) -> dict[str, str]:
    """A listing of each kind; the values are what the addresses above name."""
    settings.ACCOUNT_RATE_LIMITS = False
    ServiceFactory()
    promotion = PromotionFactory(owner=owner, towns=[TownFactory()])
    return {
        "p": str(promotion.pk),
        "ps": promotion.slug,
        "r": str(ServiceRequestFactory(owner=owner).pk),
        "pic": str(PhotoFactory(listing=promotion).picture_id),
        "o": str(owner.pk),
        "os": owner.slug,
    }


def query(fields: Fields) -> str:
    return "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in fields)


def post(client: Client, path: str, fields: Fields) -> None:
    response = client.generic("POST", path, query(fields), "application/x-www-form-urlencoded")
    assert response.status_code < 500


def multipart(name: str, filename: bytes, content: bytes = b"x", count: int = 1) -> bytes:
    part = b'--limit\r\nContent-Disposition: form-data; name="%s"; %s\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n'
    return part % (name.encode(), filename, content) * count + b"--limit--\r\n"


@pytest.mark.parametrize("path", FORMS)
def test_form_takes_any_value(path, site, owner, login):
    who, good = FORMS[path]
    fields = {name.format(**site): value for name, value in good.items()}
    path = path.format(**site)
    client = login(owner) if who == "owner" else Client()
    for value in NASTY.values():
        post(client, path, [(name, value) for name in fields])
    for name, fitting in fields.items():
        others = [(other, value) for other, value in fields.items() if other != name]
        for values in [[], [fitting] * 2, *([value] for value in WORST.values())]:
            post(client, path, [*others, *((name, value) for value in values)])
    post(client, path, [(name, b"ponce") for name in fields for _ in range(1200 // len(fields))])


@pytest.mark.parametrize("path", PAGES)
def test_page_takes_any_query(path, site, owner, login):
    client = login(owner)
    path = path.format(**site)
    for value in NASTY.values():
        response = client.get(f"{path}?{query([(name, value[:6000]) for name in QUERY])}")
        assert response.status_code < 500
    for odd in ("%", "&&=&=%zz", "servicio=a&servicio=b", "pueblo=ponce&pueblo=", "&".join(["q=1"] * 1100)):
        assert client.get(f"{path}?{odd}").status_code < 500


NUMBERS = ["99999999999999999999", "9" * 5000, "9223372036854775807", "2147483648", "0", "-1", "1.0", "١"]
NUMBERED = ["/promociones/{}/", "/promociones/{}-x/", "/solicitudes/{}/editar/", "/perfil/{}-x/", "/contactos/{}/"]


@pytest.mark.parametrize("path", NUMBERED)
def test_number_beyond_the_database_is_not_found(path, site, owner, login):
    client = login(owner)
    for number in NUMBERS:
        assert client.get(path.format(number)).status_code == 404, number
        assert client.post(path.format(number)).status_code in {404, 405}, number


def addresses(resolver: URLResolver, before: str = "") -> list[str]:
    """Return every address of the site with a 1 in each gap, whatever the gap is for."""
    found = []
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        found += addresses(pattern, route) if isinstance(pattern, URLResolver) else [route]
    return found


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PALITA"])
def test_address_takes_any_method(method, site, owner, login):
    client = login(owner)
    translation.activate("es-pr")
    paths = {re.sub(r"<[^>]+>|\(\?P[^)]*\)", "1", path).strip("^$\\Z") for path in addresses(get_resolver())}
    for path in sorted(path for path in paths if not path.startswith("admin/")):
        assert client.generic(method, f"/{path}").status_code < 500, path


FILENAMES = {
    "none": b"filename=",
    "empty": b'filename=""',
    "path": b'filename="../../../etc/passwd"',
    "backslash": b'filename="..\\..\\x.jpg"',
    "dots": b'filename=".."',
    "long": b'filename="%s.jpg"' % (b"x" * 250),
    "nul": b'filename="a\0.jpg"',
    "not UTF-8": b'filename="\xff\xfe.jpg"',
    "format": b'filename="%s{{ x }}%(a)s.jpg"',
    "unknown encoding": b"filename*=nada''x.jpg",
    "no text encoding": b"filename*=hex''x.jpg",
    "surrogate": b"filename*=utf-7''+2AA-.jpg",
}


@pytest.mark.parametrize("filename", FILENAMES.values(), ids=FILENAMES)
@pytest.mark.parametrize("path", ["/promociones/nueva/", "/perfil/editar/"])
def test_upload_takes_any_name(path, filename, site, owner, login):
    name = "photos" if "promociones" in path else "picture"
    for content in (encoded(drawing(20, 20)), b""):
        body = multipart(name, filename, content)
        response = login(owner).generic("POST", path, body, "multipart/form-data; boundary=limit")
        assert response.status_code in {200, 302}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(multipart("photos", b'filename="a.jpg"', count=25), 200, id="25 files"),
        pytest.param(multipart("photos", b'filename="a.jpg"', count=30), 400, id="30 files"),
        pytest.param(multipart("title", b'filename="a.jpg"'), 200, id="file for a text"),
        pytest.param(multipart("photos", b"x=y"), 200, id="text for a file"),
        pytest.param(multipart("photos", b'filename="a.jpg"')[:70], 200, id="cut short"),
        pytest.param(b"--limit\r\n", 200, id="limit alone"),
        pytest.param(b"\xff\0" * 100, 200, id="noise"),
        pytest.param(b"", 200, id="nothing"),
    ],
)
def test_upload_takes_any_body(body, status, site, owner, login):
    response = login(owner).generic("POST", "/promociones/nueva/", body, "multipart/form-data; boundary=limit")
    assert response.status_code == status
    assert Listing.objects.count() == 2


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain; charset*=nada''x",
        "multipart/form-data; boundary*=nada''x",
        "multipart/form-data; boundary=limit; charset=hex",
        "multipart/form-data; boundary=limit; charset=undefined",
        "multipart/form-data",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded; charset=\0",
        "application/json",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_server_takes_any_content_type(method, content_type, site):
    request = RequestFactory().generic(method, "/contacto/", b"name=%ff", QUERY_STRING="q=%ff")
    environ = request.environ | {"CONTENT_TYPE": content_type, "wsgi.input": BytesIO(b"name=%ff")}
    answered = []
    body = b"".join(application(environ, lambda status, _headers: answered.append(status)))
    assert answered == ["200 OK" if method == "GET" else "403 Forbidden"]
    assert b"<h1" in body


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "django_language", "messages"])
@pytest.mark.parametrize("value", ['"aaaaaaaaaa\\000b"', '"\\377\\376"', "x" * 3000, "'"])
def test_page_takes_any_cookie(method, name, value, site):
    response = getattr(Client(), method)("/contacto/", HTTP_COOKIE=f"{name}={value}")
    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "a b"},
        {"HTTP_HOST": "[::1"},
        {"HTTP_ACCEPT_LANGUAGE": "en-" + "a-" * 4000},
        {"HTTP_REFERER": "http://[::1", "wsgi.url_scheme": "https"},
        {"HTTP_ORIGIN": "http://[::1"},
        {"HTTP_USER_AGENT": "\xff" * 5000},
        {"HTTP_X_FORWARDED_FOR": "nada, \xff"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_page_takes_any_header(headers, site):
    client = Client(enforce_csrf_checks=True)
    assert client.get("/contacto/", **headers).status_code in {200, 400}
    assert client.post("/contacto/", **headers).status_code in {400, 403}
    assert client.get("/promociones", **headers).status_code in {301, 400}


KEY = {"id": "eA", "rawId": "eA", "type": "public-key"}
CREDENTIALS = {
    "nothing": "",
    "list": "[1]",
    "digits": "9" * 5000,
    "nested": "[" * 20_000,
    "no rawId": '{"id": 1}',
    "no response": json.dumps(KEY),
    "empty response": json.dumps(KEY | {"response": {}}),
    "wrong types": json.dumps(KEY | {"response": {"clientDataJSON": 1, "authenticatorData": [], "userHandle": {}}}),
    "login": json.dumps(
        KEY
        | {
            "response": {
                "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoieCIsIm9yaWdpbiI6IngifQ",
                "authenticatorData": "A" * 60,
                "signature": "eA",
                "userHandle": "MQ",
            }
        }
    ),
    "registration": json.dumps(KEY | {"response": {"clientDataJSON": "e30", "attestationObject": "oA"}}),
}


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
def test_passkey_may_say_anything(credential, site, owner):
    visitor, person = Client(), Client()
    visitor.get("/cuenta/2fa/webauthn/login/", headers={"accept": "application/json"})
    response = visitor.post("/cuenta/2fa/webauthn/login/", {"credential": credential})
    assert (response.status_code, response["Location"]) == (302, "/cuenta/login/")
    log_in(person, owner.email)
    person.post("/cuenta/reauthenticate/", {"password": PASSWORD})
    assert person.get("/cuenta/2fa/webauthn/add/").status_code == 200
    response = person.post("/cuenta/2fa/webauthn/add/", {"credential": credential, "name": "Llave"})
    assert response.status_code == 200
