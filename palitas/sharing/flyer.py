"""A provider's flyer for the wall of the colmado: who, what, where, and a code that leads to the profile.

It carries no phone and no e-mail: who wants to write does so on the site, where both sides are known.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typst
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from agreements.pdf.document import FONTS
from palitas.sharing.cards import palitas_words, rating_words
from palitas.sharing.drawing import door_photo, jpeg, static_text
from palitas.sharing.letters import drawable
from palitas.sharing.qr import QrCode, qr_code
from promotions.models import Promotion
from services.models import Service, Town
from services.models.picture import WIDTHS

TEMPLATE = Path(__file__).parent / "flyer.typ"
DRAWING = 1
MAX_SERVICES = 5
MAX_TOWNS = 6
STRIPS = 9


@dataclass(frozen=True)
class Flyer:
    """Every word of the flyer, in the language of the page; ``photo`` is a storage key or empty."""

    name: str
    headline: str
    services: tuple[str, ...]
    places: str
    figures: tuple[str, ...]
    url: str
    photo: str
    language: str

    @property
    def short_address(self) -> str:
        """The address as it is typed: without scheme and last slash."""
        parts = urlsplit(self.url)
        return f"{parts.netloc.removeprefix('www.')}{parts.path}".rstrip("/")

    @property
    def version(self) -> str:
        """A word that changes with whatever is printed."""
        return hashlib.sha256(f"{DRAWING} {self!r}".encode()).hexdigest()[:12]

    @property
    def qr(self) -> QrCode:
        return qr_code(self.url)


def flyer_of(person: User) -> Flyer:
    """Return the flyer of somebody; reads the profile with its picture, and what is published, in three queries."""
    profile = person.profile
    offered = Promotion.objects.published().filter(owner=person)
    services = Service.objects.filter(listings__in=offered).distinct()[:MAX_SERVICES]
    return Flyer(
        name=person.get_full_name(),
        headline=profile.headline,
        services=tuple(service.name for service in services),
        places=_places(person),
        figures=tuple(words for words in (rating_words(profile), palitas_words(profile)) if words),
        url=settings.SITE_URL + reverse("profile_short", args=[person.pk]),
        photo=profile.picture.key(WIDTHS[1]) if profile.picture else "",
        language=(get_language() or settings.LANGUAGE_CODE).split("-")[0],
    )


def render(flyer: Flyer) -> bytes:
    """Return the flyer as a PDF of one sheet of letter size.

    Raises:
        PhotoUnreadable: the photo of the flyer cannot be had now.
    """
    photo = door_photo(flyer.photo) if flyer.photo else None
    content = asdict(flyer) | {
        "name": drawable(flyer.name),
        "headline": drawable(flyer.headline),
        "short_address": flyer.short_address,
        "site": settings.SITE_NAME,
        "ask": _("¿Necesitas una palita?"),
        "scan": _("Escanea y mira mis precios, fotos y reseñas"),
        "strips": STRIPS,
        "qr": flyer.qr.svg,
        "logo": static_text("img/logo.svg"),
        "street": static_text("img/calle.svg"),
        "photo": list(jpeg(photo)) if photo else [],
    }
    document: bytes = typst.compile(
        str(TEMPLATE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"flyer": json.dumps(content, ensure_ascii=False)},
    )
    return document


def _places(person: User) -> str:
    offered = Promotion.objects.published().filter(owner=person)
    if offered.filter(island_wide=True).exists():
        return _("Toda la isla")
    names = list(Town.objects.filter(listings__in=offered).distinct().values_list("name", flat=True))
    shown = ", ".join(names[:MAX_TOWNS])
    more = len(names) - MAX_TOWNS
    return _("%(towns)s y %(more)s más") % {"towns": shown, "more": more} if more > 0 else shown
