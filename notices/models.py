"""What tells people that something happened: the outbox of mail and the notices on the site."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from notices import kinds
from notices.addresses import in_language


class MailStatus(models.TextChoices):
    WAITING = "waiting", _("En espera")
    SENT = "sent", _("Enviado")
    DEAD = "dead", _("Sin entregar")


class MailPriority(models.IntegerChoices):
    """Lower goes first: a person at the sign-up page is waiting for the code."""

    URGENT = 0, _("Urgente")
    NORMAL = 5, _("Normal")


class OutboxMailQuerySet(models.QuerySet["OutboxMail"]):
    def due(self, now: datetime) -> "OutboxMailQuerySet":
        """Return the mails that may be tried now, first in line first.

        A mail that a worker has claimed is due again when its lease has run out: the worker died.
        """
        return self.filter(status=MailStatus.WAITING, next_attempt_at__lte=now).order_by(
            "priority", "next_attempt_at", "pk"
        )

    def newest_first(self) -> "OutboxMailQuerySet":
        return self.order_by("-created_at", "-pk")

    def given_up(self) -> "OutboxMailQuerySet":
        """Return the mails that may be put in line again; secret ones have lost their text."""
        return self.filter(status=MailStatus.DEAD, is_secret=False)

    def retry(self, *, now: datetime) -> int:
        """Put the given-up ones of these mails in line again; returns how many they were."""
        return self.given_up().update(status=MailStatus.WAITING, attempts=0, next_attempt_at=now, last_error="")


class OutboxMail(models.Model):
    """One mail to one person, written in the transaction of what it tells about."""

    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    recipient = models.CharField(_("destinatario"), max_length=320)
    sender = models.CharField(_("remitente"), max_length=320)
    subject = models.CharField(_("asunto"), max_length=400)
    text = models.TextField(_("texto"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    headers = models.JSONField(_("cabeceras"), default=dict, blank=True)
    is_secret = models.BooleanField(
        _("secreto"), default=False, help_text=_("Lleva un código: el texto se borra al enviarlo.")
    )
    priority = models.PositiveSmallIntegerField(
        _("prioridad"), choices=MailPriority.choices, default=MailPriority.NORMAL
    )
    status = models.CharField(_("estado"), max_length=10, choices=MailStatus.choices, default=MailStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    next_attempt_at = models.DateTimeField(_("próximo intento"), default=timezone.now)
    last_error = models.CharField(_("último error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("creado"), auto_now_add=True)
    sent_at = models.DateTimeField(_("enviado"), null=True, blank=True)

    objects = OutboxMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("correo")
        verbose_name_plural = _("correos")
        indexes = [
            models.Index(
                fields=["priority", "next_attempt_at", "id"],
                name="outbox_waiting",
                condition=models.Q(status="waiting"),
            ),
            models.Index(fields=["-created_at", "-id"], name="outbox_newest"),
        ]

    def __str__(self) -> str:
        # Without the subject, which names people: admin writes this into its log.
        return f"{self.pk} → {self.recipient}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def of(self, user: Any) -> "NoticeQuerySet":
        """Return what ``user`` was told, newest first."""
        return self.filter(recipient=user).order_by("-created_at", "-pk")

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def unread_by(self, user: Any) -> "NoticeQuerySet":
        """Return what ``user`` has not read, in no order: to be counted or asked whether there is any."""
        return self.unread().filter(recipient=user)

    def mark_read(self, *, now: datetime) -> int:
        """Mark those not read yet; returns how many they were."""
        return self.unread().update(read_at=now)


class Notice(models.Model):
    """What happened, told to one person on the site. The sentence is made when it is read, in the reader's language."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("persona")
    )
    kind = models.CharField(_("clase"), max_length=40)
    data = models.JSONField(_("datos"), default=dict, blank=True)
    path = models.CharField(_("página"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("creado"), default=timezone.now, editable=False)
    read_at = models.DateTimeField(_("leído"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("aviso")
        verbose_name_plural = _("avisos")
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="notice_newest"),
            # Asked for on every page of somebody who is logged in.
            models.Index(fields=["recipient"], name="notice_unread", condition=models.Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient_id}"

    @property
    def sentence(self) -> str:
        """What happened, in the language of the page that shows it."""
        return kinds.sentence(self.kind, self.data)

    @property
    def url(self) -> str:
        """The page it is about, in the language of the page that shows it; empty when there is none."""
        return in_language(self.path, get_language() or settings.LANGUAGE_CODE) if self.path else ""


class MutedCategory(models.Model):
    """A category of mail that a person has switched off. Its notices still appear on the site."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="muted_categories", verbose_name=_("persona")
    )
    category = models.CharField(_("categoría"), max_length=20, choices=kinds.MailCategory.choices)

    class Meta:
        verbose_name = _("categoría de correo apagada")
        verbose_name_plural = _("categorías de correo apagadas")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "category"], name="muted_category_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.category}"
