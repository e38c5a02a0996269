"""Erasing an account.

What two people did together stays, under "Miembro anterior"; the row of the person stays as its anchor and says nothing
of them. See docs/decisions/0007-erasure.md.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.personal_data.registry import Obstacle, registered

# What a request that was under way could still write is certainly there by then.
AFTERMATH = timedelta(days=1)
MAIL = "accounts/emails/account_erased"


class StillBound(Exception):
    """The account cannot be erased while these are open."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(obstacles)
        self.obstacles = obstacles


def obstacles_of(user: User) -> list[Obstacle]:
    """Return what the person has to finish first."""
    return [obstacle for keeper in registered() for obstacle in keeper.obstacles(user)]


def refuse_staff(user: User) -> None:
    """Raise PermissionDenied, with a sentence, for whoever works in admin: what they did there is answered for."""
    if user.is_staff or user.is_superuser:
        raise PermissionDenied(
            _("Esta cuenta entra a administración. Pide primero que le quiten ese acceso y luego bórrala aquí.")
        )


@transaction.atomic
def erase_account(*, user: User, now: datetime) -> None:
    """Erase an account in every room and confirm it to the former address; an erased one stays as it is.

    Raises:
        PermissionDenied: staff; with a sentence.
        StillBound: something is open between this person and another.
        services.transitions.StatusMoved: the other side answered a proposal at this moment.
    """
    person = _hold(user.pk)
    if person.erased_at:
        return
    refuse_staff(person)
    _refuse_bound(person)
    address, name = person.email, person.get_short_name()
    _erase(person, now)
    # Erasing has waited for whoever was answering at this moment: now their answer is seen.
    _refuse_bound(person)
    _confirm(address, name, person.language)


def finish_erasures(now: datetime) -> int:
    """Erase again whom the last day has erased: a request that was under way may have written something after it.

    Returns:
        How many accounts were looked at.
    """
    keys = list(User.objects.filter(erased_at__gt=now - AFTERMATH).order_by("pk").values_list("pk", flat=True))
    for key in keys:
        with transaction.atomic():
            _erase(_hold(key), now)
    return len(keys)


def _refuse_bound(person: User) -> None:
    if obstacles := obstacles_of(person):
        raise StillBound(obstacles)


def _hold(key: int) -> User:
    """Return the person, and let nothing that asks for the same row go on meanwhile."""
    person: User = User.objects.select_for_update(no_key=True).get(pk=key)
    return person


def _erase(person: User, now: datetime) -> None:
    for keeper in registered():
        keeper.erase(person, now)


def _confirm(address: str, name: str, language: str) -> None:
    context = {"name": name, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    with translation.override(language):
        subject = render_to_string(f"{MAIL}_subject.txt", context).strip()
        EmailMessage(subject=subject, body=render_to_string(f"{MAIL}.txt", context).strip(), to=[address]).send()
