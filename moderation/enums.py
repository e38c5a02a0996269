"""The fixed words of reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportKind(models.TextChoices):
    """What can be pointed out; each names the field of ``Report`` that leads to it."""

    LISTING = "listing", _("Anuncio")
    MESSAGE = "message", _("Mensaje")
    REVIEW = "review", _("Reseña")
    MEMBER = "member", _("Persona")


class ReportReason(models.TextChoices):
    SCAM = "scam", _("Estafa o engaño")
    FALSE = "false", _("Información falsa")
    ABUSE = "abuse", _("Insultos, acoso o discriminación")
    DANGER = "danger", _("Algo ilegal o peligroso")
    PRIVATE = "private", _("Datos privados de alguien")
    SPAM = "spam", _("Publicidad repetida o fuera de lugar")
    OTHER = "other", _("Otra cosa")


class ReportStatus(models.TextChoices):
    OPEN = "open", _("Abierta")
    ACTED = "acted", _("Con medidas")
    DISMISSED = "dismissed", _("Desestimada")
