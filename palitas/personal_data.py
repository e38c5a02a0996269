"""What this room keeps about people: drawings of their profile, their flyer and their listings."""

from datetime import datetime

from django.conf import settings
from django.core.cache import caches
from django.urls import reverse

from accounts.models import User
from accounts.personal_data.registry import Keeper
from notices.addresses import in_language
from palitas.sharing.kept import flyer_key
from services.enums import Kind
from services.models import Listing
from services.models.listing import URL_NAMESPACES


def erase(user: User, _now: datetime) -> None:
    """Delete the drawings that show the person or one of the person's listings, in every language."""
    addresses = [reverse("profile_share", args=[user.pk]), flyer_key(user.pk)]
    for pk, kind in Listing.objects.filter(owner=user).values_list("pk", "kind"):
        addresses.append(reverse(f"{URL_NAMESPACES[Kind(kind)]}_share", args=[pk]))
    languages = [code for code, _name in settings.LANGUAGES]
    caches["drawings"].delete_many([in_language(address, code) for address in addresses for code in languages])


# Nothing of it is the person's own words or pictures that the other rooms do not show already.
KEEPER = Keeper("palitas", sections=lambda _user: {}, erase=erase)
