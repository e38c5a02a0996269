"""Every address × every role, against one table typed by hand.

A cell is the status; ``in`` is a redirect to the login page. An address that is missing here fails the suite. Whatever
is refused must leave rows, files and mail as they were. The pages of admin have their own table in ``moderation``.
"""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from agreements.tests.factories import AgreementFactory, ContactFactory, ReviewFactory
from alerts.tests.factories import SavedSearchFactory
from notices.kinds import MailCategory
from notices.preferences import unsubscribe_token
from palitas.tests.snapshot import snapshot
from services.tests.factories import PhotoFactory, PromotionFactory, ServiceRequestFactory

ROLES = ("anonymous", "unverified", "member", "owner", "moderator", "suspended")

# {p} and {r}: a published promotion and request of the owner; {dp} and {dr}: drafts; {o}: the owner.
# {ph} and {dph}: a photo of the published promotion, and one of the draft.
# {f}: a search that the owner saved.
# {ca}: a closed agreement of the two; {v}: what the member says of the owner, for all to read; {hv}: still hidden.
# {c}: a contact that the member opened about another promotion of the owner.
# {a}: what the owner has proposed in another contact with the member.
# {b}: what the owner's mail about messages carries to switch it off.
#                                          anonymous unverified member owner moderator suspended
TABLE = """
GET  /                                           200 200 200 200 200 200
GET  /promociones/                               200 200 200 200 200 200
GET  /promociones/nueva/                         in  403 200 200 200 403
POST /promociones/nueva/                         in  403 200 200 200 403
GET  /promociones/{p}/                           302 302 302 302 302 302
GET  /promociones/{p}-{ps}/                      200 200 200 200 200 200
GET  /promociones/{p}/editar/                    in  403 403 200 403 403
POST /promociones/{p}/editar/                    in  403 403 200 403 403
GET  /promociones/{p}/publicar/                  in  405 405 405 405 405
POST /promociones/{p}/publicar/                  in  403 403 409 403 403
GET  /promociones/{p}/pausar/                    in  405 405 405 405 405
POST /promociones/{p}/pausar/                    in  403 403 302 403 403
GET  /promociones/{p}/archivar/                  in  403 403 200 403 403
POST /promociones/{p}/archivar/                  in  403 403 302 403 403
GET  /promociones/{p}/borrar/                    in  403 403 200 403 403
GET  /promociones/{p}/compartir.jpg              200 200 200 200 200 200
POST /promociones/{p}/compartir.jpg              405 405 405 405 405 405
GET  /promociones/{dp}/compartir.jpg             404 404 404 404 404 404
GET  /promociones/{r}/compartir.jpg              404 404 404 404 404 404
POST /promociones/{p}/borrar/                    in  403 403 302 403 403
GET  /promociones/{dp}/                          404 404 404 302 404 404
GET  /promociones/{dp}-{dps}/                    404 404 404 200 404 404
GET  /promociones/{dp}/editar/                   in  404 404 200 404 404
POST /promociones/{dp}/editar/                   in  404 404 200 404 404
POST /promociones/{dp}/publicar/                 in  404 404 302 404 404
POST /promociones/{dp}/pausar/                   in  404 404 409 404 404
POST /promociones/{dp}/archivar/                 in  404 404 302 404 404
POST /promociones/{dp}/borrar/                   in  404 404 302 404 404
GET  /solicitudes/                               200 200 200 200 200 200
GET  /solicitudes/nueva/                         in  403 200 200 200 403
POST /solicitudes/nueva/                         in  403 200 200 200 403
GET  /solicitudes/{r}/                           302 302 302 302 302 302
GET  /solicitudes/{r}-{rs}/                      200 200 200 200 200 200
GET  /solicitudes/{r}/editar/                    in  403 403 200 403 403
POST /solicitudes/{r}/editar/                    in  403 403 200 403 403
GET  /solicitudes/{r}/publicar/                  in  405 405 405 405 405
POST /solicitudes/{r}/publicar/                  in  403 403 409 403 403
GET  /solicitudes/{r}/pausar/                    in  405 405 405 405 405
POST /solicitudes/{r}/pausar/                    in  403 403 302 403 403
GET  /solicitudes/{r}/archivar/                  in  403 403 200 403 403
POST /solicitudes/{r}/archivar/                  in  403 403 302 403 403
GET  /solicitudes/{r}/borrar/                    in  403 403 200 403 403
POST /solicitudes/{r}/borrar/                    in  403 403 302 403 403
GET  /solicitudes/{r}/compartir.jpg              200 200 200 200 200 200
GET  /solicitudes/{dr}/compartir.jpg             404 404 404 404 404 404
GET  /solicitudes/{dr}-{drs}/                    404 404 404 200 404 404
POST /solicitudes/{dr}/publicar/                 in  404 404 302 404 404
POST /solicitudes/{dr}/borrar/                   in  404 404 302 404 404
GET  /promociones/{r}/                           404 404 404 404 404 404
POST /promociones/{r}/pausar/                    in  404 404 404 404 404
GET  /promociones/999999/                        404 404 404 404 404 404
POST /promociones/999999/borrar/                 in  404 404 404 404 404
GET  /promociones/{p}/contactar/                 200 403 200 403 200 403
POST /promociones/{p}/contactar/                 in  403 200 403 200 403
GET  /promociones/{dp}/contactar/                404 404 404 403 404 404
POST /promociones/{dp}/contactar/                404 404 404 403 404 404
GET  /solicitudes/{r}/contactar/                 200 403 200 403 200 403
POST /solicitudes/{r}/contactar/                 in  403 200 403 200 403
POST /solicitudes/{dr}/contactar/                404 404 404 403 404 404
POST /solicitudes/{p}/contactar/                 404 404 404 404 404 404
GET  /contactos/                                 in  200 200 200 200 200
GET  /contactos/{c}/                             in  404 200 200 404 404
POST /contactos/{c}/                             in  404 200 200 404 404
GET  /contactos/{c}/ocultar/                     in  405 405 405 405 405
POST /contactos/{c}/ocultar/                     in  404 302 302 404 404
GET  /contactos/{c}/mostrar/                     in  405 405 405 405 405
POST /contactos/{c}/mostrar/                     in  404 302 302 404 404
GET  /contactos/{c}/bloquear/                    in  405 405 405 405 405
POST /contactos/{c}/bloquear/                    in  404 302 302 404 404
GET  /contactos/{c}/desbloquear/                 in  405 405 405 405 405
POST /contactos/{c}/desbloquear/                 in  404 302 302 404 404
GET  /contactos/{c}/acuerdo/                     in  404 403 200 404 404
POST /contactos/{c}/acuerdo/                     in  404 403 200 404 404
GET  /acuerdos/{a}/                              in  404 200 200 404 404
GET  /acuerdos/{a}/pdf/                          in  404 200 200 404 404
GET  /acuerdos/{a}/aceptar/                      in  404 302 302 404 404
POST /acuerdos/{a}/aceptar/                      in  404 302 403 404 404
POST /acuerdos/{a}/rechazar/                     in  404 302 403 404 404
POST /acuerdos/{a}/retirar/                      in  404 403 302 404 404
POST /acuerdos/{a}/entregar/                     in  404 403 409 404 404
POST /acuerdos/{a}/cerrar/                       in  404 409 403 404 404
POST /acuerdos/{a}/cancelar/                     in  404 409 409 404 404
POST /acuerdos/{a}/disputar/                     in  404 409 409 404 404
GET  /acuerdos/{a}/declaracion/                  in  404 302 302 404 404
POST /acuerdos/{a}/declaracion/                  in  404 409 409 404 404
GET  /acuerdos/{a}/qr/                           in  404 302 302 404 404
POST /acuerdos/{a}/qr/                           in  404 403 409 404 404
POST /acuerdos/999999/aceptar/                   in  404 404 404 404 404
GET  /acuerdos/{ca}/resena/                      in  404 302 302 404 404
POST /acuerdos/{ca}/resena/                      in  404 200 200 404 404
POST /acuerdos/{a}/resena/                       in  404 409 409 404 404
GET  /resenas/{v}/responder/                     in  404 302 302 404 404
POST /resenas/{v}/responder/                     in  403 403 200 403 403
GET  /resenas/{hv}/responder/                    in  404 302 404 404 404
POST /resenas/{hv}/responder/                    in  404 403 404 404 404
GET  /denunciar/                                 in  404 404 404 404 404
POST /denunciar/                                 in  404 404 404 404 404
GET  /servicios/                                 200 200 200 200 200 200
GET  /servicios/plomeria/                        200 200 200 200 200 200
GET  /servicios/no-existe/                       404 404 404 404 404 404
GET  /servicios/plomeria/compartir.jpg           200 200 200 200 200 200
GET  /servicios/no-existe/compartir.jpg          404 404 404 404 404 404
GET  /pueblos/                                   200 200 200 200 200 200
GET  /pueblos/ponce/                             200 200 200 200 200 200
GET  /pueblos/no-existe/                         404 404 404 404 404 404
GET  /pueblos/ponce/compartir.jpg                200 200 200 200 200 200
GET  /pueblos/no-existe/compartir.jpg            404 404 404 404 404 404
GET  /tablero/                                   in  200 200 200 200 200
GET  /avisos/                                    in  200 200 200 200 200
POST /avisos/                                    in  302 302 302 302 302
GET  /baja/{b}/                                  200 200 200 200 200 200
POST /baja/{b}/                                  302 302 302 302 302 302
GET  /baja/{b}x/                                 404 404 404 404 404 404
POST /baja/{b}x/                                 404 404 404 404 404 404
GET  /busquedas/                                 in  200 200 200 200 200
POST /busquedas/                                 in  403 200 200 200 403
GET  /busquedas/{f}/pausar/                      in  405 405 405 405 405
POST /busquedas/{f}/pausar/                      in  404 404 302 404 404
GET  /busquedas/{f}/reanudar/                    in  405 405 405 405 405
POST /busquedas/{f}/reanudar/                    in  404 404 302 404 404
GET  /busquedas/{f}/borrar/                      in  405 405 405 405 405
POST /busquedas/{f}/borrar/                      in  404 404 302 404 404
GET  /contacto/                                  200 200 200 200 200 200
POST /contacto/                                  200 200 200 200 200 200
GET  /sin-conexion/                              200 200 200 200 200 200
POST /sin-conexion/                              405 405 405 405 405 405
GET  /sw.js                                      200 200 200 200 200 200
POST /sw.js                                      405 405 405 405 405 405
GET  /sesion/                                    200 200 200 200 200 200
POST /sesion/                                    405 405 405 405 405 405
GET  /datos/                                     405 405 405 405 405 405
POST /datos/                                     400 400 400 400 400 400
GET  /perfil/editar/                             in  403 200 200 200 403
POST /perfil/editar/                             in  403 302 302 302 403
GET  /perfil/{o}-{os}/                           200 200 200 200 200 200
GET  /perfil/{o}/                                302 302 302 302 302 302
GET  /perfil/{s}/                                404 404 404 404 404 302
GET  /perfil/{o}-{os}/volante/                   200 200 200 200 200 200
GET  /perfil/{o}-{os}/volante/pdf/               200 200 200 200 200 200
GET  /perfil/{s}-{ss}/volante/                   404 404 404 404 404 200
GET  /perfil/{s}-{ss}/volante/pdf/               404 404 404 404 404 200
GET  /perfil/{s}-{ss}/                           404 404 404 404 404 200
GET  /perfil/{o}/compartir.jpg                   200 200 200 200 200 200
GET  /perfil/{s}/compartir.jpg                   404 404 404 404 404 404
GET  /acerca/                                    200 200 200 200 200 200
GET  /preguntas/                                 200 200 200 200 200 200
GET  /terminos/                                  200 200 200 200 200 200
GET  /privacidad/                                200 200 200 200 200 200
GET  /media/u/1/x/400.webp                       404 404 404 404 404 404
GET  /fotos/{ph}/800.webp                        302 302 302 302 302 302
GET  /fotos/{ph}/801.webp                        404 404 404 404 404 404
GET  /fotos/{dph}/800.webp                       404 404 404 404 404 404
GET  /robots.txt                                 200 200 200 200 200 200
GET  /sitemap.xml                                200 200 200 200 200 200
GET  /sitemap-pueblos.xml                        200 200 200 200 200 200
GET  /manifest.webmanifest                       200 200 200 200 200 200
GET  /correo/                                    200 200 200 200 200 200
GET  /estilo/                                    200 200 200 200 200 200
GET  /cuenta/signup/                             200 302 302 302 302 302
POST /cuenta/signup/                             200 302 302 302 302 302
GET  /cuenta/login/                              200 302 302 302 302 302
POST /cuenta/login/                              200 302 302 302 302 302
GET  /cuenta/logout/                             302 200 200 200 200 200
POST /cuenta/logout/                             302 302 302 302 302 302
GET  /cuenta/inactive/                           200 200 200 200 200 200
GET  /cuenta/persona/                            in  403 200 200 200 403
POST /cuenta/persona/                            in  403 200 200 200 403
GET  /cuenta/datos/                              in  200 200 200 200 200
POST /cuenta/datos/                              in  302 302 302 302 302
GET  /cuenta/borrar/                             in  200 200 200 403 200
POST /cuenta/borrar/                             in  200 200 200 403 200
GET  /cuenta/email/                              in  200 200 200 200 200
GET  /cuenta/confirm-email/                      302 302 302 302 302 302
GET  /cuenta/password/change/                    in  200 200 200 200 200
GET  /cuenta/password/set/                       in  302 302 302 302 302
GET  /cuenta/password/reset/                     200 200 200 200 200 200
POST /cuenta/password/reset/                     200 200 200 200 200 200
GET  /cuenta/password/reset/done/                200 200 200 200 200 200
GET  /cuenta/password/reset/key/done/            200 200 200 200 200 200
GET  /cuenta/password/reset/key/1-x/             200 200 200 200 200 200
GET  /cuenta/reauthenticate/                     in  200 200 200 200 200
GET  /cuenta/login/code/                         200 302 302 302 302 302
GET  /cuenta/login/code/confirm/                 302 302 302 302 302 302
GET  /cuenta/sessions/                           in  200 200 200 200 200
GET  /cuenta/2fa/                                in  200 200 200 200 200
GET  /cuenta/2fa/authenticate/                   302 302 302 302 302 302
GET  /cuenta/2fa/reauthenticate/                 in  302 302 302 302 302
GET  /cuenta/2fa/totp/activate/                  in  302 302 302 302 302
GET  /cuenta/2fa/totp/deactivate/                in  404 404 404 404 404
GET  /cuenta/2fa/recovery-codes/                 in  404 404 404 404 404
GET  /cuenta/2fa/recovery-codes/generate/        in  302 302 302 302 302
GET  /cuenta/2fa/recovery-codes/download/        in  404 404 404 404 404
GET  /cuenta/2fa/webauthn/                       in  200 200 200 200 200
GET  /cuenta/2fa/webauthn/add/                   in  302 302 302 302 302
GET  /cuenta/2fa/webauthn/reauthenticate/        in  302 302 302 302 302
GET  /cuenta/2fa/webauthn/keys/1/remove/         in  302 302 302 302 302
GET  /cuenta/2fa/webauthn/keys/1/edit/           in  302 302 302 302 302
GET  /cuenta/2fa/webauthn/login/                 302 302 302 302 302 302
"""


def cells() -> list[tuple[str, str, str, str]]:
    rows = []
    for line in TABLE.strip().splitlines():
        method, path, *statuses = line.split()
        assert len(statuses) == len(ROLES), line
        rows += [(method, path, role, status) for role, status in zip(ROLES, statuses, strict=True)]
    return rows


@pytest.fixture
def scene(db, owner, member, unverified, suspended, moderator):
    """The cast and the things that the placeholders of the table stand for."""
    promotion, draft = PromotionFactory(owner=owner), PromotionFactory(owner=owner, draft=True)
    request, request_draft = ServiceRequestFactory(owner=owner), ServiceRequestFactory(owner=owner, draft=True)
    contact = ContactFactory(listing__owner=owner, opener=member)
    agreement = AgreementFactory(contact=ContactFactory(listing__owner=owner, opener=member))
    closed, reviewed, half_reviewed = (
        AgreementFactory(contact=ContactFactory(listing__owner=owner, opener=member), closed=True) for _row in range(3)
    )
    review, hidden_review = ReviewFactory(agreement=reviewed), ReviewFactory(agreement=half_reviewed, hidden=True)
    return {
        "a": agreement.pk,
        "ca": closed.pk,
        "v": review.pk,
        "hv": hidden_review.pk,
        "f": SavedSearchFactory(user=owner).pk,
        "b": unsubscribe_token(owner, MailCategory.MESSAGES),
        "c": contact.pk,
        "p": promotion.pk,
        "ps": promotion.slug,
        "dp": draft.pk,
        "dps": draft.slug,
        "ph": PhotoFactory(listing=promotion).picture_id,
        "dph": PhotoFactory(listing=draft).picture_id,
        "r": request.pk,
        "rs": request.slug,
        "dr": request_draft.pk,
        "drs": request_draft.slug,
        "o": owner.pk,
        "os": owner.slug,
        "s": suspended.pk,
        "ss": suspended.slug,
    }


@pytest.mark.parametrize(("method", "path", "role", "expected"), cells())
def test_address_answers_as_the_table_says(method, path, role, expected, scene, request, login):
    client = Client() if role == "anonymous" else login(request.getfixturevalue(role))
    is_refused = expected == "in" or expected.startswith("4")
    before = snapshot() if is_refused else None
    response = client.generic(method, path.format(**scene))
    status = str(response.status_code)
    if status == "302" and response["Location"].startswith("/cuenta/login/?"):
        status = "in"
    assert status == expected
    if is_refused:
        assert snapshot() == before
    if status in {"403", "409"}:
        assert b"<h1" in response.content


def routes(resolver: URLResolver, prefix: str = "") -> set[str]:
    found = set()
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^")
        found |= {route} if isinstance(entry, URLPattern) else routes(entry, route)
    return found


def test_no_address_is_missing_from_the_table(scene):
    tested = {resolve(path.format(**scene)).route for _, path, _, _ in cells()}
    assert {route for route in routes(get_resolver()) if not route.startswith("admin/")} - tested == set()
