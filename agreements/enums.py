"""The fixed words of agreements: states, named sets of them, parties."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    PENDING = "pending", _("Pendiente")
    ACTIVE = "active", _("Activo")
    DELIVERED = "delivered", _("Entregado")
    CLOSED = "closed", _("Cerrado")
    REJECTED = "rejected", _("Rechazado")
    WITHDRAWN = "withdrawn", _("Retirado")
    EXPIRED = "expired", _("Vencido")
    CANCELLED = "cancelled", _("Cancelado")
    DISPUTED = "disputed", _("En disputa")
    SUPERSEDED = "superseded", _("Reemplazado")


class ContactStatus(models.TextChoices):
    """What a contact shows that is no status of its agreement; see ``ContactQuerySet.with_status``."""

    NEW = "new", _("Nuevo")
    REVIEWED = "reviewed", _("Reseñado")


# At most one pending and one live agreement per contact: held by the database.
LIVE = frozenset({Status.ACTIVE, Status.DELIVERED, Status.DISPUTED})
OPEN = LIVE | {Status.PENDING}
# An amendment in one of these was never in force: the version before it says how the contact stands.
NOT_IN_FORCE = frozenset({Status.PENDING, Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED})
# Both sides may review each other.
REVIEWABLE = frozenset({Status.CLOSED, Status.CANCELLED})
# The client sees the provider's payment QR.
PAYABLE = frozenset({Status.DELIVERED, Status.CLOSED})


class Party(models.TextChoices):
    PROVIDER = "provider", _("Proveedor")
    CLIENT = "client", _("Cliente")
    MODERATOR = "moderator", _("Moderador")
    CLOCK = "clock", _("Reloj")


PENDING_LIFETIME = timedelta(hours=72)
PENDING_REMINDERS = (timedelta(hours=24), timedelta(hours=48))
DELIVERED_LIFETIME = timedelta(days=14)
DELIVERED_REMINDER = timedelta(days=5)
REVIEW_WINDOW = timedelta(days=14)
