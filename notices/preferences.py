"""Which mail a person wants: by category, switched off one by one, on the page of notices or by a link in each mail."""

from collections.abc import Collection

from django.core.signing import BadSignature, Signer
from django.db import transaction

from accounts.models import User
from notices.kinds import MailCategory
from notices.models import MutedCategory

# The dot does not need to be escaped in an address, and a mail program takes it for part of a link.
_signer = Signer(sep=".", salt="notices.unsubscribe")


def wants_mail(user: User, category: MailCategory | None) -> bool:
    """Return whether ``user`` gets mail of a category; mail without category reaches everybody but closed accounts."""
    if not user.is_active:
        return False
    return category is None or not MutedCategory.objects.filter(user=user, category=category).exists()


def wanted_categories(user: User) -> list[str]:
    """Return the categories that ``user`` has not switched off."""
    muted = set(MutedCategory.objects.filter(user=user).values_list("category", flat=True))
    return [category for category in MailCategory.values if category not in muted]


@transaction.atomic
def set_wanted_categories(*, user: User, wanted: Collection[str]) -> None:
    """Switch the categories ``wanted`` on and all others off."""
    MutedCategory.objects.filter(user=user, category__in=wanted).delete()
    for category in MailCategory:
        if category not in wanted:
            mute(user=user, category=category)


def mute(*, user: User, category: MailCategory) -> None:
    """Switch one category off; doing it again, also at the same moment, changes nothing."""
    MutedCategory.objects.bulk_create([MutedCategory(user=user, category=category)], ignore_conflicts=True)


def unsubscribe_token(user: User, category: MailCategory) -> str:
    """Return what lets its bearer switch one category of one person off, and nothing else. It never expires: an old
    mail must not lose its way out."""
    return _signer.sign(f"{user.pk}.{category}")


def read_unsubscribe_token(token: str) -> tuple[User, MailCategory]:
    """Return whose and which category a token is about.

    Raises:
        ValueError: it was not made here, or the person is gone.
    """
    try:
        pk, category = _signer.unsign(token).split(".")
        return User.objects.get(pk=pk), MailCategory(category)
    except (BadSignature, User.DoesNotExist) as error:
        raise ValueError("not a token of ours") from error
