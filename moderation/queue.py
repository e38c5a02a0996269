"""What waits for a moderator: a few figures with the list that each stands for, counted up to a bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Visitor
from agreements.enums import Status as AgreementStatus
from agreements.models import Agreement
from moderation.enums import ReportStatus
from moderation.models import Report
from notices.models import MailStatus, OutboxMail
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.enums import Status

DAY = timedelta(hours=24)
MAX_COUNT = 1000


@dataclass(frozen=True)
class Figure:
    """A number of admin's first page: what it counts, and the list with the filter that shows the same rows.

    ``permission`` opens the list where it is not that of viewing the model.
    """

    label: str
    rows: QuerySet
    filters: Mapping[str, Any]
    permission: str = ""

    @property
    def count(self) -> str:
        """The number of rows, at most ``MAX_COUNT`` and then followed by a plus."""
        count = self.rows[: MAX_COUNT + 1].count()
        return f"{MAX_COUNT}+" if count > MAX_COUNT else str(count)

    @property
    def url(self) -> str:
        options = self.rows.model._meta
        return f"{reverse(f'admin:{options.app_label}_{options.model_name}_changelist')}?{urlencode(self.filters)}"

    def is_for(self, user: Visitor) -> bool:
        """Return whether ``user`` may open the list."""
        options = self.rows.model._meta
        return user.has_perm(self.permission or f"{options.app_label}.view_{options.model_name}")


def queue_for(user: Visitor, *, now: datetime) -> list[Figure]:
    """Return the figures that ``user`` may look up; each is one bounded query when it is drawn."""
    new = {"status__exact": Status.PUBLISHED, "published_at__gte": now - DAY}
    removed = {"status__exact": Status.REMOVED}
    disputed = {"status__exact": AgreementStatus.DISPUTED}
    figures = [
        Figure(_("Denuncias abiertas"), Report.objects.open(), {"status__exact": ReportStatus.OPEN}),
        Figure(_("Disputas abiertas"), Agreement.objects.filter(**disputed), disputed, "agreements.moderate_agreement"),
        Figure(_("Promociones nuevas en 24 horas"), Promotion.objects.filter(**new), new),
        Figure(_("Solicitudes nuevas en 24 horas"), ServiceRequest.objects.filter(**new), new),
        Figure(_("Promociones retiradas"), Promotion.objects.filter(**removed), removed),
        Figure(_("Solicitudes retiradas"), ServiceRequest.objects.filter(**removed), removed),
        Figure(_("Personas suspendidas"), User.objects.exclude(suspended_at=None), {"suspendida": "si"}),
        Figure(
            _("Correos sin entregar"),
            OutboxMail.objects.filter(status=MailStatus.DEAD),
            {"status__exact": MailStatus.DEAD},
        ),
    ]
    return [figure for figure in figures if figure.is_for(user)]
