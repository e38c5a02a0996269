"""What the picture of a shared link says: of a listing, a profile, a service, a town. Never how to reach anybody."""

import hashlib
from dataclasses import dataclass, field

from django.conf import settings
from django.template.defaultfilters import floatformat
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import Profile, User
from palitas.sharing.letters import BREAK, drawable
from palitas.templatetags.palitas import price_range, town_names
from services.enums import Kind
from services.models import Listing, Service, Town
from services.models.listing import URL_NAMESPACES
from services.models.picture import WIDTHS

# Raised when the drawing itself changes, so that old pictures are drawn anew.
DRAWING = 1
MAX_TOWNS = 3
WIDTH, HEIGHT = 1200, 630


@dataclass(frozen=True)
class Card:
    """Everything that is seen on a share picture.

    ``lines`` are pairs of an icon and its words; ``photo`` is the storage key of what is seen in the door, without
    which the icon is; ``outline``, a town's path on the map, is drawn instead of the icon.
    """

    address: str
    title: str
    label: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    price: str = ""
    rating: str = ""
    group: str = ""
    icon: str = ""
    photo: str = ""
    outline: str = field(default="", compare=False, repr=False)

    @property
    def version(self) -> str:
        """A word that changes with whatever is seen."""
        return hashlib.sha256(f"{DRAWING} {self!r}".encode()).hexdigest()[:12]

    @property
    def url(self) -> str:
        """The permanent address; its version makes the previews of a changed page load the new picture."""
        return f"{settings.SITE_URL}{self.address}?v={self.version}"

    @property
    def words(self) -> str:
        """What the picture says, for those who do not see it."""
        lines = [text for _icon, text in self.lines]
        parts = (self.label, self.title, *lines, self.price, self.rating)
        return ". ".join(part.replace(BREAK, "") for part in parts if part)

    @property
    def language(self) -> str:
        return (get_language() or settings.LANGUAGE_CODE).split("-")[0]


def listing_card(listing: Listing) -> Card:
    """Return the card of a listing; reads its service, its owner's profile and the prefetched towns and photos."""
    labels = {Kind.PROMOTION: _("Promoción"), Kind.REQUEST: _("Solicitud")}
    cover = listing.cover
    return Card(
        address=reverse(f"{URL_NAMESPACES[Kind(listing.kind)]}_share", args=[listing.pk]),
        title=drawable(listing.title) or listing.service.name,
        label=f"{labels[Kind(listing.kind)]} · {listing.service.name}",
        lines=_lines(("map-pin", town_names(listing, MAX_TOWNS))),
        price=price_range(listing),
        rating=rating_words(listing.owner.profile) if listing.kind == Kind.PROMOTION else "",
        group=listing.service.group,
        icon=listing.service.icon,
        photo=cover.key(WIDTHS[1]) if cover else "",
    )


def profile_card(person: User) -> Card:
    """Return the card of a person; reads the profile with its town and picture."""
    profile = person.profile
    return Card(
        address=reverse("profile_share", args=[person.pk]),
        title=drawable(person.get_full_name()) or settings.SITE_NAME,
        lines=_lines(
            ("briefcase", profile.headline),
            ("map-pin", profile.base_town.name if profile.base_town else ""),
            ("handshake", palitas_words(profile)),
        ),
        rating=rating_words(profile),
        group="cuido",
        icon="user-round",
        photo=profile.picture.key(WIDTHS[1]) if profile.picture else "",
    )


def service_card(service: Service) -> Card:
    """Return the card of a service."""
    return Card(
        address=reverse("service_share", args=[service.slug]),
        title=_("%(service)s en Puerto Rico") % {"service": service.name},
        lines=_lines(("map-pin", _("Gente de tu pueblo, con precios y reseñas"))),
        group=service.group,
        icon=service.icon,
    )


def town_card(town: Town, *, outline: str = "") -> Card:
    """Return the card of a town; only the drawing needs its outline."""
    return Card(
        address=reverse("town_share", args=[town.slug]),
        title=_("Servicios en %(town)s") % {"town": town.name},
        lines=_lines(("hand-heart", _("Gente que te hace la palita, con precios y reseñas"))),
        group="hogar",
        icon="map-pin",
        outline=outline,
    )


def palitas_words(profile: Profile) -> str:
    """Return how many palitas somebody has done; nothing for none."""
    palitas = profile.palitas_count
    done = ngettext("%(palitas)s palita hecha", "%(palitas)s palitas hechas", palitas) % {"palitas": f"{palitas:,}"}
    return done if palitas else ""


def rating_words(profile: Profile) -> str:
    """Return average and number of somebody's reviews; nothing for none."""
    if not profile.reviews_count or profile.rating_average is None:
        return ""
    count = profile.reviews_count
    reviews = ngettext("%(count)s reseña", "%(count)s reseñas", count) % {"count": f"{count:,}"}
    return f"{floatformat(profile.rating_average, 1)} · {reviews}"


def _lines(*lines: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((icon, words) for icon, text in lines if (words := drawable(text)))
