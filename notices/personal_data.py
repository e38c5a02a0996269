"""What this room keeps about people: their notices, what mail they want, and the mail on its way to them."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Q

from accounts.models import FORMER_MEMBER, User
from accounts.personal_data.log import forget_in_log
from accounts.personal_data.registry import Keeper, Section
from notices.addresses import without_language
from notices.models import MailStatus, MutedCategory, Notice, OutboxMail, OutboxMailQuerySet

CHUNK = 500


def sections(user: User) -> dict[str, Section]:
    """Return what the person was told on the site, and which mail they were sent: its text is in their mailbox."""
    return {
        "avisos": _notices(user),
        "correos_apagados": [
            {"clase": muted.get_category_display()} for muted in MutedCategory.objects.filter(user=user).order_by("pk")
        ],
        "correos_recibidos": _mail(user),
    }


def _notices(user: User) -> Iterator[dict[str, Any]]:
    for notice in Notice.objects.of(user).iterator(CHUNK):
        yield {
            "aviso": notice.sentence,
            "pagina": notice.path,
            "cuando": notice.created_at,
            "leido": notice.read_at,
        }


def _mail(user: User) -> Iterator[dict[str, Any]]:
    for mail in _mail_to(user).order_by("-created_at", "-pk").iterator(CHUNK):
        yield {
            "para": mail.recipient,
            "asunto": mail.subject,
            "escrito": mail.created_at,
            "enviado": mail.sent_at,
        }


def _mail_to(user: User) -> OutboxMailQuerySet:
    """Return the mail to any address of a person."""
    addresses = EmailAddress.objects.filter(user=user).values("email")
    return OutboxMail.objects.filter(Q(recipient=user.email) | Q(recipient__in=addresses))


def erase(user: User, now: datetime) -> None:  # noqa: ARG001 - what every eraser takes
    """Delete the notices, the preferences and the mail to the person, and what the person wrote to the site."""
    Notice.objects.filter(recipient=user).delete()
    MutedCategory.objects.filter(user=user).delete()
    _delete_mail(_mail_to(user))
    forget_in_sent_mail([settings.CONTACT_EMAIL], [user.email])


def forget_in_sent_mail(recipients: Collection[str], words: Iterable[str]) -> None:
    """Delete the copies of mail to others that names a person. What still waits goes out first, as any mail.

    The copies are kept for thirty days only to see what arrived; see ``notices.actions.sweep_sent_mail``.
    """
    named = Q()
    for word in words:
        named |= Q(subject__contains=word) | Q(text__contains=word)
    if named:
        _delete_mail(OutboxMail.objects.filter(named, recipient__in=recipients).exclude(status=MailStatus.WAITING))


def _delete_mail(mail: OutboxMailQuerySet) -> None:
    keys = list(mail.values_list("pk", flat=True))
    forget_in_log(OutboxMail, keys)
    OutboxMail.objects.filter(pk__in=keys).delete()


def rename_in_notices(notices: Iterable[Notice]) -> None:
    """Put the words for a former member where notices of others name a person."""
    renamed = [notice for notice in notices if notice.data.get("name", FORMER_MEMBER) != FORMER_MEMBER]
    for notice in renamed:
        notice.data["name"] = FORMER_MEMBER
    Notice.objects.bulk_update(renamed, ["data"], batch_size=CHUNK)


def address_before_slug(thing: Any) -> str:
    """Return how the address of a page begins; the words after the number may have changed since it was written."""
    return without_language(thing.get_absolute_url()).removesuffix(f"{thing.slug}/")


KEEPER = Keeper("notices", sections=sections, erase=erase)
