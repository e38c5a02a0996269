"""People, listings, contacts and agreements for the torture, made by the site's own actions."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.test import Client
from django.utils import timezone

from accounts.models import User
from agreements.actions import agreements as actions
from agreements.actions import disputes
from agreements.models import Agreement, Contact
from moderation.groups import ensure_moderators_group
from services.actions import create_listing
from services.enums import Kind
from services.models import Listing, Service

BACKEND = f"{ModelBackend.__module__}.{ModelBackend.__qualname__}"
A_MONTH = timedelta(days=30)
PRICE = 150
TERMS = ("Destapar la tubería del baño.",)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, and the session of a browser in which they are logged in."""

    user: User
    session: str


def person(first_name: str, *, member_for: timedelta = A_MONTH) -> Person:
    """Make a member in good standing who has logged in."""
    user = User.objects.create_user(
        f"tortura{next(_numbers)}@example.com", first_name=first_name, last_name="Rivera", phone="+17875550134"
    )
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now() - member_for)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    browser = Client()
    browser.force_login(user, backend=BACKEND)
    return Person(user, browser.cookies[settings.SESSION_COOKIE_NAME].value)


def moderator(first_name: str) -> Person:
    """Make a moderator who has logged in."""
    made = person(first_name)
    User.objects.filter(pk=made.user.pk).update(is_staff=True)
    made.user.groups.add(ensure_moderators_group())
    return made


def promotion(owner: User) -> Listing:
    """Publish a promotion."""
    service, _created = Service.objects.get_or_create(slug="plomeria", defaults={"name_es": "Plomería"})
    return create_listing(
        owner=owner,
        kind=Kind.PROMOTION,
        service=service,
        title="Destapes y tuberías",
        island_wide=True,
        publish=True,
        now=timezone.now(),
    )


def contact(provider: User, client: User) -> Contact:
    """Let ``client`` have written about a promotion of ``provider``, and ``provider`` have answered.

    Not by the action, which allows twenty contacts a day.
    """
    listing, now = promotion(provider), timezone.now()
    return Contact.objects.create(
        listing=listing,
        opener=client,
        owner=provider,
        kind=listing.kind,
        created_at=now,
        last_activity_at=now,
        owner_wrote_at=now,
    )


def pending(contact: Contact) -> Agreement:
    return actions.propose(
        contact=contact, by=contact.provider, price=PRICE, terms=TERMS, scheduled_for=None, now=timezone.now()
    )


def active(contact: Contact) -> Agreement:
    return actions.accept(agreement=pending(contact), by=contact.client, now=timezone.now())


def delivered(contact: Contact) -> Agreement:
    return actions.deliver(agreement=active(contact), by=contact.provider, now=timezone.now())


def closed(contact: Contact) -> Agreement:
    return actions.close(agreement=delivered(contact), by=contact.client, now=timezone.now())


def disputed(contact: Contact) -> Agreement:
    """The provider has opened a dispute."""
    return disputes.dispute(agreement=active(contact), by=contact.provider, now=timezone.now(), note="No me paga.")
