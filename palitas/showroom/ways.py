"""The ways into the demo: what its people have that is worth looking at, and a session of one of them."""

from django.test import Client

from accounts.models import User
from agreements.enums import Status
from agreements.models import Agreement
from palitas.demo.logins import CLIENT, PROVIDER
from services.models import Listing


def ways_in() -> dict[str, str]:
    """Return paths by name, and as ``session`` the key of a session in which the demo's client is logged in."""
    client, provider = (User.objects.get(email=login.email) for login in (CLIENT, PROVIDER))
    promotion = Listing.objects.published().filter(owner=provider).earliest("pk")
    proposal = Agreement.objects.filter(client=client, status=Status.PENDING).earliest("pk")
    browser = Client()
    browser.force_login(client, backend="django.contrib.auth.backends.ModelBackend")
    return {
        "detail": promotion.get_absolute_url(),
        "profile": provider.get_absolute_url(),
        "conversation": proposal.contact.get_absolute_url(),
        "agreement": proposal.get_absolute_url(),
        "session": str(browser.session.session_key),
    }
