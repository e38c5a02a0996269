"""Telling a person that something happened: on the site and by mail."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from notices import kinds
from notices.addresses import in_language, without_language
from notices.models import MailStatus, Notice, OutboxMail
from notices.preferences import unsubscribe_token, wants_mail

SENT_MAIL_LIFETIME = timedelta(days=30)
LAYOUT_TEXT = "notices/emails/layout.txt"
LAYOUT_HTML = "notices/emails/layout.html"
SWEEP_BATCH = 1000


@transaction.atomic
def notify(
    *,
    recipient: User,
    kind: str,
    context: Mapping[str, object],
    path: str,
    now: datetime,
    template: str = "notices/emails/notice",
) -> Notice:
    """Write a notice and a mail for ``recipient``, in the transaction of what they tell about.

    There is no mail when the person has switched its category off, or has closed the account.

    Args:
        kind: a registered one of ``notices.kinds``.
        template: path of the mail's templates without ``_subject.txt``, ``.txt`` and ``.html``; by default the kind's
            own words and a link. They hold what the mail says, the layout is put around it. They get ``context``,
            the kind's ``sentence``, ``subject``, ``advice`` and ``button``, ``recipient``, ``url``, ``site_name`` and
            ``site_url``, in the recipient's language. The default ones quote a ``note`` and name a ``price``.
        context: what the sentence and the mail name; plain values, kept with the notice.
        path: page of the site that it is about, or an empty string.

    Raises:
        KeyError: when the kind is unknown or ``context`` lacks what its sentence names.
    """
    kinds.get(kind).mail_words(context)  # Fails here and not on the page of a person who reads the notice.
    notice = Notice.objects.create(
        recipient=recipient, kind=kind, data=dict(context), path=without_language(path), created_at=now
    )
    if wants_mail(recipient, kinds.get(kind).category):
        _mail(notice, template, path)
    return notice


def _mail(notice: Notice, template: str, path: str) -> None:
    recipient, kind = notice.recipient, kinds.get(notice.kind)
    with translation.override(recipient.language):
        unsubscribe_url = _unsubscribe_url(recipient, kind.category) if kind.category else ""
        words = kind.mail_words(notice.data)
        values = {
            "note": "",
            "price": "",
            **notice.data,
            **words,
            # What an inbox shows after the subject.
            "preheader": notice.data.get("note") or words["advice"] or words["sentence"],
            "recipient": recipient,
            "site_name": settings.SITE_NAME,
            "site_url": settings.SITE_URL,
            "url": settings.SITE_URL + in_language(path or "/", recipient.language),
            "category": kind.category.label if kind.category else "",
            "unsubscribe_url": unsubscribe_url,
            "preferences_url": settings.SITE_URL + reverse("notice_list"),
        }
        message = EmailMultiAlternatives(
            subject=" ".join(render_plain(f"{template}_subject.txt", values).split()),
            body=render_plain(LAYOUT_TEXT, values | {"body": render_plain(f"{template}.txt", values)}),
            to=[recipient.email],
            headers=_list_headers(unsubscribe_url),
        )
        body = render_to_string(f"{template}.html", values)
        message.attach_alternative(render_to_string(LAYOUT_HTML, values | {"body": body}), "text/html")
    message.send()


def _unsubscribe_url(recipient: User, category: kinds.MailCategory) -> str:
    return settings.SITE_URL + reverse("unsubscribe", args=[unsubscribe_token(recipient, category)])


def _list_headers(unsubscribe_url: str) -> dict[str, str]:
    """Return the headers by which a mail program offers to switch the mail off: RFC 2369, with one click RFC 8058."""
    if not unsubscribe_url:
        return {}
    return {"List-Unsubscribe": f"<{unsubscribe_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def render_plain(template_name: str, values: Mapping[str, object]) -> str:
    """Return a template's text without HTML escaping, stripped."""
    template = get_template(template_name).template  # type: ignore[attr-defined]
    text: str = template.render(Context(values, autoescape=False))
    return text.strip()


def sweep_sent_mail(now: datetime) -> int:
    """Delete mail that was sent more than thirty days ago; returns how many."""
    old = OutboxMail.objects.filter(status=MailStatus.SENT, sent_at__lt=now - SENT_MAIL_LIFETIME)
    removed = 0
    while batch := list(old.values_list("pk", flat=True)[:SWEEP_BATCH]):
        removed += OutboxMail.objects.filter(pk__in=batch).delete()[0]
    return removed
