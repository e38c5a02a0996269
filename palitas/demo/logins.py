"""The three accounts that a newcomer logs in with: a client, a provider and a moderator."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts.models import Profile, User
from moderation.groups import ensure_moderators_group
from palitas.demo.people import EMAIL_DOMAIN
from palitas.demo.photos import Album, listing_album, member_album
from services import transitions
from services.actions import create_listing
from services.enums import Kind, Status
from services.models import Listing, Service, Town

PASSWORD = "palita-de-prueba-7"  # noqa: S105 - printed for whoever tries the site, and never used in production


@dataclass(frozen=True)
class Login:
    """One of the printed accounts."""

    role: str
    email: str
    first_name: str
    last_name: str
    town: str
    headline: str
    bio: str


CLIENT = Login(
    role="cliente",
    email=f"cliente@{EMAIL_DOMAIN}",
    first_name="Carmen",
    last_name="Rivera Soto",
    town="ponce",
    headline="Vecina de Ponce",
    bio="Tengo una casa vieja en Ponce que siempre pide algo.",
)
PROVIDER = Login(
    role="proveedora",
    email=f"proveedora@{EMAIL_DOMAIN}",
    first_name="Yadira",
    last_name="Colón Medina",
    town="caguas",
    headline="Técnica de uñas certificada",
    bio="Llevo 12 años haciendo uñas en Caguas.\n\nTrabajo por cita, en mi salón o en tu casa.",
)
MODERATOR = Login(
    role="moderador",
    email=f"moderador@{EMAIL_DOMAIN}",
    first_name="Rafael",
    last_name="Ortiz",
    town="san-juan",
    headline="",
    bio="",
)
LOGINS = (CLIENT, PROVIDER, MODERATOR)


@dataclass(frozen=True)
class OwnListing:
    """A listing of one of the logins, in the status that shows what a dashboard can do."""

    login: Login
    kind: Kind
    service: str
    title: str
    description: str
    price_min: int | None
    price_max: int | None
    towns: tuple[str, ...]
    status: Status = Status.PUBLISHED
    needed_in_days: int | None = None


OWN_LISTINGS = (
    OwnListing(
        CLIENT,
        Kind.REQUEST,
        "plomeria",
        "Se busca plomero para liqueo en el baño",
        "La pluma del lavamanos gotea y hay humedad en la pared. Estoy en casa por las tardes.",
        None,
        150,
        ("ponce",),
        needed_in_days=10,
    ),
    OwnListing(
        CLIENT,
        Kind.REQUEST,
        "pintura",
        "Pintar sala y comedor",
        "Son unos 500 pies de pared. La pintura la pongo yo.",
        200,
        350,
        ("ponce", "juana-diaz"),
    ),
    OwnListing(
        CLIENT,
        Kind.REQUEST,
        "jardineria",
        "Limpiar el patio de atrás",
        "Hay yerba alta y dos matas de guineo caídas.",
        None,
        80,
        ("ponce",),
        status=Status.DRAFT,
    ),
    OwnListing(
        PROVIDER,
        Kind.PROMOTION,
        "unas",
        "Uñas acrílicas con diseño a tu gusto",
        "Acrílicas, polygel y gel X, con diseño a mano.\n\nEl relleno es cada tres semanas. Acepto ATH Móvil.",
        35,
        65,
        ("caguas", "gurabo", "cidra"),
    ),
    OwnListing(
        PROVIDER,
        Kind.PROMOTION,
        "unas",
        "Manicura y pedicura a domicilio",
        "Voy a tu casa con todo el equipo esterilizado. Ideal para mamás y abuelitas.",
        40,
        None,
        ("caguas", "san-lorenzo"),
    ),
    OwnListing(
        PROVIDER,
        Kind.PROMOTION,
        "pestanas-y-cejas",
        "Lash lift con tinte",
        "Tus pestañas naturales, levantadas. Dura de seis a ocho semanas.",
        45,
        55,
        ("caguas",),
        status=Status.PAUSED,
    ),
    OwnListing(
        PROVIDER,
        Kind.PROMOTION,
        "maquillaje",
        "Maquillaje para bodas en Caguas",
        "Todavía escribiendo los detalles del paquete.",
        None,
        None,
        ("caguas",),
        status=Status.DRAFT,
    ),
)


def seed_logins(*, password: str, now: datetime) -> list[Album]:
    """Create those of the logins that are missing, with their listings; returns the albums of what is new.

    Args:
        password: as it is stored, that is hashed.
    """
    albums = []
    for login in LOGINS:
        if not User.objects.filter(email=login.email).exists():
            albums += _seed_login(login, password=password, now=now)
    return albums


@transaction.atomic
def _seed_login(login: Login, *, password: str, now: datetime) -> list[Album]:
    user = User.objects.create(
        email=login.email,
        first_name=login.first_name,
        last_name=login.last_name,
        phone="+17875550134",
        password=password,
        is_staff=login == MODERATOR,
        date_joined=now - timedelta(days=400),
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    town = Town.objects.get(slug=login.town)
    profile = Profile.objects.create(user=user, base_town=town, headline=login.headline, bio=login.bio)
    if login == MODERATOR:
        user.groups.add(ensure_moderators_group())
        return []
    rng = Random(login.email)
    written = [_write(own, owner=user, now=now) for own in OWN_LISTINGS if own.login == login]
    albums = [listing_album(listing, rng) for listing in written if listing.kind == Kind.PROMOTION]
    is_provider = login == PROVIDER
    portrait = member_album(
        profile, rng, woman=True, slug="unas", with_cover=is_provider, gallery_size=4 if is_provider else 0
    )
    return [portrait, *albums]


def _write(own: OwnListing, *, owner: User, now: datetime) -> Listing:
    days = own.needed_in_days
    listing = create_listing(
        owner=owner,
        kind=own.kind,
        service=Service.objects.get(slug=own.service),
        title=own.title,
        description=own.description,
        towns=list(Town.objects.filter(slug__in=own.towns)),
        price_min=own.price_min,
        price_max=own.price_max,
        needed_by=timezone.localdate(now) + timedelta(days=days) if days else None,
        publish=own.status != Status.DRAFT,
        now=now,
    )
    if own.status == Status.PAUSED:
        transitions.pause(listing=listing, by=owner, now=now)
    return listing
