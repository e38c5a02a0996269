"""What the crawl walks through: people, one of everything, and the addresses where each pattern shows itself.

A new pattern with an argument, or one that needs a query, gets a row in ``ADDRESSES``.
"""

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts.models import GalleryPhoto, Profile, User
from accounts.tests.factories import UserFactory
from agreements.actions.counters import difference
from agreements.models import Block, DisputeStatement, StatementPhoto
from agreements.tests.factories import AgreementFactory, ContactFactory, MessageFactory, ReviewFactory
from alerts.tests.factories import SavedSearchFactory
from moderation.enums import ReportKind
from moderation.groups import GROUP_NAME
from moderation.tests.factories import ReportFactory
from moderation.tests.rows import MAKERS
from notices.kinds import MailCategory
from notices.preferences import unsubscribe_token
from notices.tests.factories import NoticeFactory, OutboxMailFactory
from services.catalog_data import load_catalog
from services.models import Picture, Service, Town
from services.tests.factories import PictureFactory, PromotionFactory, ServiceRequestFactory, write_files

# Names in braces are rows of the scene, made below. What has no argument and is not here is asked for as it is.
ADDRESSES = {
    "media/<path:key>": ["{picture}"],
    "fotos/<uuid:pk>/<int:width>.webp": ["{lasting_picture}"],
    "sitemap-<section>.xml": ["/sitemap-pueblos.xml", "/sitemap-promociones.xml"],
    "promociones/": ["/promociones/", "/promociones/?q=plomero+en+ponce&precio_max=x", "/promociones/?q=nadahay"],
    "solicitudes/": ["/solicitudes/", "/solicitudes/?q=nadahay&pueblo=ponce"],
    "promociones/<int:pk>/": ["/promociones/{promotion}/"],
    "promociones/<int:pk>-<slug:slug>/": ["{promotion_page}", "{removed_page}", "{paused_page}"],
    "promociones/<int:pk>/editar/": ["/promociones/{promotion}/editar/"],
    "promociones/<int:pk>/publicar/": ["/promociones/{promotion}/publicar/"],
    "promociones/<int:pk>/pausar/": ["/promociones/{promotion}/pausar/"],
    "promociones/<int:pk>/archivar/": ["/promociones/{promotion}/archivar/"],
    "promociones/<int:pk>/borrar/": ["/promociones/{draft}/borrar/"],
    "promociones/<int:pk>/contactar/": ["/promociones/{promotion}/contactar/"],
    "solicitudes/<int:pk>/": ["/solicitudes/{request}/"],
    "solicitudes/<int:pk>-<slug:slug>/": ["{request_page}", "{archived_page}"],
    "solicitudes/<int:pk>/editar/": ["/solicitudes/{request}/editar/"],
    "solicitudes/<int:pk>/publicar/": ["/solicitudes/{request}/publicar/"],
    "solicitudes/<int:pk>/pausar/": ["/solicitudes/{request}/pausar/"],
    "solicitudes/<int:pk>/archivar/": ["/solicitudes/{request}/archivar/"],
    "solicitudes/<int:pk>/borrar/": ["/solicitudes/{archived}/borrar/"],
    "solicitudes/<int:pk>/contactar/": ["/solicitudes/{request}/contactar/"],
    "servicios/<slug:slug>/": ["/servicios/plomeria/"],
    "pueblos/<slug:slug>/": ["/pueblos/ponce/", "/pueblos/culebra/"],
    "perfil/<int:pk>-<slug:slug>/": ["{provider_page}", "{client_page}", "{suspended_page}"],
    "perfil/<int:pk>/": ["/perfil/{provider}/"],
    "perfil/<int:pk>-<slug:slug>/volante/": ["{provider_page}volante/"],
    "perfil/<int:pk>-<slug:slug>/volante/pdf/": ["{provider_page}volante/pdf/"],
    "promociones/<int:pk>/compartir.jpg": ["/promociones/{promotion}/compartir.jpg"],
    "solicitudes/<int:pk>/compartir.jpg": ["/solicitudes/{request}/compartir.jpg"],
    "perfil/<int:pk>/compartir.jpg": ["/perfil/{provider}/compartir.jpg"],
    "servicios/<slug:slug>/compartir.jpg": ["/servicios/plomeria/compartir.jpg"],
    "pueblos/<slug:slug>/compartir.jpg": ["/pueblos/ponce/compartir.jpg"],
    "baja/<str:token>/": ["/baja/{unsubscribe}/"],
    "denunciar/": ["/denunciar/?tipo=listing&id={promotion}", "/denunciar/?tipo=member&id={provider}"],
    "busquedas/<int:pk>/pausar/": ["/busquedas/{search}/pausar/"],
    "busquedas/<int:pk>/reanudar/": ["/busquedas/{paused_search}/reanudar/"],
    "busquedas/<int:pk>/borrar/": ["/busquedas/{search}/borrar/"],
    "tablero/": ["/tablero/", "/tablero/?seccion=acuerdos", "/tablero/?seccion=promociones"],
    "contactos/": ["/contactos/?lado=recibidos", "/contactos/?lado=enviados", "/contactos/?lado=enviados&ocultos=1"],
    "contactos/<int:pk>/": ["/contactos/{contact}/", "/contactos/{blocked_contact}/", "/contactos/{pending_contact}/"],
    "contactos/<int:pk>/acuerdo/": ["/contactos/{contact}/acuerdo/", "/contactos/{active_contact}/acuerdo/"],
    "contactos/<int:pk>/mostrar/": ["/contactos/{hidden_contact}/mostrar/"],
    "contactos/<int:pk>/ocultar/": ["/contactos/{contact}/ocultar/"],
    "contactos/<int:pk>/bloquear/": ["/contactos/{contact}/bloquear/"],
    "contactos/<int:pk>/desbloquear/": ["/contactos/{blocked_contact}/desbloquear/"],
    "acuerdos/<int:pk>/": [
        f"/acuerdos/{{{name}}}/"
        for name in (
            *("pending", "pending_2", "pending_3", "active", "active_2", "delivered", "disputed", "closed", "reviewed"),
            *("half_reviewed", "rejected", "withdrawn", "expired", "cancelled", "superseded"),
        )
    ],
    "acuerdos/<int:pk>/pdf/": ["/acuerdos/{closed}/pdf/"],
    "acuerdos/<int:pk>/aceptar/": ["/acuerdos/{pending}/aceptar/"],
    "acuerdos/<int:pk>/rechazar/": ["/acuerdos/{pending}/rechazar/"],
    "acuerdos/<int:pk>/retirar/": ["/acuerdos/{pending}/retirar/"],
    "acuerdos/<int:pk>/entregar/": ["/acuerdos/{active}/entregar/"],
    "acuerdos/<int:pk>/cerrar/": ["/acuerdos/{delivered}/cerrar/"],
    "acuerdos/<int:pk>/cancelar/": ["/acuerdos/{active}/cancelar/"],
    "acuerdos/<int:pk>/disputar/": ["/acuerdos/{active}/disputar/"],
    "acuerdos/<int:pk>/declaracion/": ["/acuerdos/{disputed}/declaracion/"],
    "acuerdos/<int:pk>/qr/": ["/acuerdos/{delivered}/qr/"],
    "acuerdos/<int:pk>/resena/": ["/acuerdos/{closed}/resena/"],
    "resenas/<int:pk>/responder/": ["/resenas/{review}/responder/"],
    "cuenta/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": [
        "/cuenta/password/reset/key/{reset_key}/",
        "/cuenta/password/reset/key/1-x/",
    ],
    "cuenta/2fa/webauthn/keys/<int:pk>/remove/": ["/cuenta/2fa/webauthn/keys/{passkey}/remove/"],
    "cuenta/2fa/webauthn/keys/<int:pk>/edit/": ["/cuenta/2fa/webauthn/keys/{passkey}/edit/"],
    "admin/promotions/promotion/restaurar/": ["/admin/promotions/promotion/restaurar/?id={removed}"],
    "admin/requests_app/servicerequest/restaurar/": [
        "/admin/requests_app/servicerequest/restaurar/?id={removed_request}"
    ],
    "admin/accounts/user/levantar/": ["/admin/accounts/user/levantar/?id={suspended}"],
    "admin/autocomplete/": ["/admin/autocomplete/?app_label=services&model_name=listing&field_name=service&term=u"],
    "admin/r/<path:content_type_id>/<path:object_id>/": ["/admin/r/{promotion_type}/{promotion}/"],
    "admin/moderation/report/<int:pk>/conversacion/": ["/admin/moderation/report/{message_report}/conversacion/"],
}


@dataclass
class Scene:
    """People by role (``anonymous`` is nobody), and what stands for the names in braces."""

    people: dict[str, User | None]
    names: dict[str, object]


def make_people() -> dict[str, User | None]:
    """Return one person of each role; nobody has anything yet."""
    load_catalog()
    moderator = UserFactory(email="moderacion@example.com", first_name="Migdalia", is_staff=True)
    moderator.groups.add(Group.objects.get(name=GROUP_NAME))
    return {
        "anonymous": None,
        "client": UserFactory(email="carlos@example.com", first_name="Carlos", last_name="Ortiz"),
        "provider": UserFactory(email="pilar@example.com", first_name="Pilar", last_name="Santiago"),
        "stranger": UserFactory(email="extra@example.com", first_name="Ángel"),
        "suspended": UserFactory(email="sus@example.com", suspended=True),
        "moderator": moderator,
        "superuser": UserFactory(email="root@example.com", superuser=True),
    }


def make_scene() -> Scene:
    """Return a site on which everything has happened once."""
    people = make_people()
    names: dict[str, object] = {}
    _listings(people, names)
    _agreements(people, names)
    _account(people, names)
    _moderation(people, names)
    for picture in Picture.objects.all():
        write_files(picture)
    for user_id in User.objects.values_list("pk", flat=True):
        difference(user_id, fix=True)
    return Scene(people, names)


def _listings(people: dict[str, User | None], names: dict[str, object]) -> None:
    provider, client, suspended = people["provider"], people["client"], people["suspended"]
    plumbing, ponce = Service.objects.get(slug="plomeria"), [Town.objects.get(slug="ponce")]
    offered = {"service": plumbing, "owner": provider, "towns": ponce}
    promotion = PromotionFactory(**offered, photo_count=3)
    request = ServiceRequestFactory(
        service=plumbing, owner=client, towns=ponce, needed_by=timezone.localdate() + timedelta(days=9), photo_count=1
    )
    archived = ServiceRequestFactory(**{**offered, "owner": client}, archived=True)
    removed = PromotionFactory(**offered, removed=True)
    for _row in range(20):
        PromotionFactory(**offered)
    PromotionFactory(service=plumbing, owner=suspended, towns=ponce)
    names |= {
        "promotion": promotion.pk,
        "promotion_type": ContentType.objects.get_for_model(promotion).pk,
        "promotion_page": promotion.get_absolute_url(),
        "paused_page": PromotionFactory(**offered, paused=True).get_absolute_url(),
        "removed": removed.pk,
        "removed_page": removed.get_absolute_url(),
        "removed_request": ServiceRequestFactory(**offered, removed=True).pk,
        "draft": PromotionFactory(**offered, draft=True).pk,
        "request": request.pk,
        "request_page": request.get_absolute_url(),
        "archived": archived.pk,
        "archived_page": archived.get_absolute_url(),
        "picture": promotion.photos.first().picture.small_url,
        "lasting_picture": f"/fotos/{promotion.photos.first().picture_id}/800.webp",
        "search": SavedSearchFactory(user=client, service=plumbing).pk,
        "paused_search": SavedSearchFactory(user=client, kind="request", service=plumbing, is_paused=True).pk,
    }


def _agreements(people: dict[str, User | None], names: dict[str, object]) -> None:
    """One agreement in every status, each about a promotion of its own, between the provider and the client."""

    def talk(**fields: object) -> object:
        contact = ContactFactory(listing__owner=people["provider"], opener=people["client"], **fields)
        MessageFactory(contact=contact, photo_count=1)
        MessageFactory(contact=contact, author=people["provider"], body="El martes a las nueve.")
        return contact

    statuses = ("delivered", "disputed", "closed", "rejected", "withdrawn", "expired", "cancelled", "superseded")
    made = {name: AgreementFactory(contact=talk(), **{name: True}) for name in statuses}
    made |= {name: AgreementFactory(contact=talk()) for name in ("pending", "pending_2", "pending_3")}
    made |= {name: AgreementFactory(contact=talk(), active=True) for name in ("active", "active_2")}
    made |= {name: AgreementFactory(contact=talk(), closed=True) for name in ("reviewed", "half_reviewed")}
    review = ReviewFactory(agreement=made["reviewed"], photo_count=2)
    ReviewFactory(agreement=made["reviewed"], author=people["provider"], replied=True)
    ReviewFactory(agreement=made["half_reviewed"], hidden=True)
    statement = DisputeStatement.objects.create(
        agreement=made["disputed"], author=people["client"], body="Sigue goteando.", created_at=timezone.now()
    )
    picture = PictureFactory(owner=people["client"], claimed=True)
    StatementPhoto.objects.create(statement=statement, picture=picture, alt="La pluma")
    names |= {name: agreement.pk for name, agreement in made.items()}
    names |= {
        "contact": talk().pk,
        "hidden_contact": talk(opener_hidden=True).pk,
        "pending_contact": made["pending"].contact_id,
        "active_contact": made["active_2"].contact_id,
        "blocked_contact": ContactFactory(listing__owner=people["stranger"], opener=people["client"]).pk,
        "review": review.pk,
    }
    Block.objects.create(blocker=people["client"], blocked=people["stranger"])


def _account(people: dict[str, User | None], names: dict[str, object]) -> None:
    provider, client, moderator = people["provider"], people["client"], people["moderator"]

    def picture() -> Picture:
        return PictureFactory(owner=provider, claimed=True)

    Profile.objects.filter(user=provider).update(
        headline="Plomera en Ponce",
        bio="Treinta años.\n\nCon cámara.",
        links=["https://www.instagram.com/pilar/"],
        base_town=Town.objects.get(slug="ponce"),
        picture=picture(),
        cover=picture(),
        payment_qr=picture(),
    )
    for position in range(3):
        GalleryPhoto.objects.create(profile=provider.profile, picture=picture(), position=position)
    for person in (provider, client):
        NoticeFactory.create_batch(2, recipient=person)
    OutboxMailFactory.create_batch(2)
    Authenticator.objects.create(user=moderator, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    RecoveryCodes.activate(moderator)
    names |= {f"{role}_page": people[role].get_absolute_url() for role in ("provider", "client", "suspended")}
    names |= {
        "provider": provider.pk,
        "suspended": people["suspended"].pk,
        "unsubscribe": unsubscribe_token(client, MailCategory.MESSAGES),
        "reset_key": f"{user_pk_to_url_str(client)}-{EmailAwarePasswordResetTokenGenerator().make_token(client)}",
    }


def _moderation(people: dict[str, User | None], names: dict[str, object]) -> None:
    """One row for each list of admin; the steps of moderators are asked for with rows to which they are open."""
    reports = {kind: ReportFactory(kind=kind, reporter=people["client"]) for kind in ReportKind.values}
    names["message_report"] = reports[ReportKind.MESSAGE].pk
    for model in admin.site._registry:
        row = Town.objects.get(slug="ponce") if model is Town else MAKERS[model]()
        names[f"admin/{model._meta.label_lower.replace('.', '/')}/"] = row.pk
