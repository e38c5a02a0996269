"""The ledger: what became of every row of the former site."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """What became of a row. ``left`` is asked again at the next run, ``waiting`` and ``missing`` are pictures."""

    CARRIED = "carried"
    CHANGED = "changed"
    JOINED = "joined"
    LEFT = "left"
    WAITING = "waiting"
    MISSING = "missing"


# What a later run asks again, because what was in the way may be gone.
UNSETTLED = frozenset({Outcome.LEFT})


class LegacyRow(models.Model):
    """One row of the former site, and the row here that it became. A run passes over what is settled here."""

    table = models.CharField(max_length=30)
    former_id = models.CharField(max_length=255)
    new_id = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    # Why it was left, or what was changed; for the operator.
    remarks = models.JSONField(default=list)
    # Of pictures: where the former storage keeps the object.
    source_key = models.TextField(blank=True)

    class Meta:
        verbose_name = _("fila del sitio anterior")
        verbose_name_plural = _("filas del sitio anterior")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["table", "former_id"], name="legacy_row_once"),
            models.CheckConstraint(condition=models.Q(outcome__in=Outcome.values), name="legacy_outcome_known"),
        ]
        indexes = [models.Index(fields=["table", "new_id"], name="legacy_row_new")]

    def __str__(self) -> str:
        return f"{self.table} {self.former_id}: {self.outcome}"
