"""The fixed words of listings and their pictures."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    PROMOTION = "promotion", _("Promoción")
    REQUEST = "request", _("Solicitud")


class Status(models.TextChoices):
    DRAFT = "draft", _("Borrador")
    PUBLISHED = "published", _("Publicado")
    PAUSED = "paused", _("En pausa")
    ARCHIVED = "archived", _("Archivado")
    REMOVED = "removed", _("Retirado por moderación")
    DELETED = "deleted", _("Borrado")


class ArchiveReason(models.TextChoices):
    OWNER = "owner", _("Lo archivó su dueño")
    NEEDED_BY = "needed_by", _("Pasó la fecha en que se necesitaba")
    AGE = "age", _("Cumplió su tiempo publicado")


class Area(StrEnum):
    """What a picture was sent for, and so the folder in which it is kept for good: decision 0008."""

    PUBLIC = "public"  # the shop window: listings, profile, gallery
    PRIVATE = "private"  # between people: payment QR, messages, disputes, reviews
    FORMER = "u"  # received before there were two
