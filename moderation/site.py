"""The admin site, with what waits for the moderators on its first page."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.staff_login import StaffLoginSite
from moderation.queue import queue_for


class ModerationSite(StaffLoginSite):
    site_header = _("Administración de PalitasPR")
    site_title = _("PalitasPR")
    index_title = _("Inicio")
    empty_value_display = "–"

    def password_change(  # type: ignore[override]
        self, _request: HttpRequest, _extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Lead to the site's own page, which asks again who one is and tells the owner by mail."""
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        queue = queue_for(request.user, now=timezone.now())
        return super().index(request, {"queue": queue, **(extra_context or {})})
