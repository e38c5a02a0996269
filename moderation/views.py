"""The page on which members point something out to the moderators."""

from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.admin_base import PRIMARY_KEY
from accounts.models import User
from accounts.permissions import require_member
from agreements.actions.contacts import LimitReached
from moderation.enums import ReportKind
from moderation.forms import ReportForm
from moderation.models import person_behind
from moderation.reports import find_thing, page_of, refuse_report, write_report


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Show and take the form: ``tipo`` and ``id`` say what it is about; what one cannot see is not there."""
    user = cast("User", request.user)
    kind, thing = _thing(request.POST if request.method == "POST" else request.GET, user)
    require_member(user)
    refuse_report(kind=kind, thing=thing, by=user)
    form = ReportForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if form.is_valid():
        try:
            write_report(kind=kind, thing=thing, by=user, now=timezone.now(), **form.cleaned_data)
        except LimitReached as limit:
            form.add_error(None, str(limit))
            status = HTTPStatus.TOO_MANY_REQUESTS
        else:
            messages.success(request, _("Recibimos tu denuncia. Te avisamos cuando la moderación decida."))
            return redirect(page_of(kind, thing))
    context = {"form": form, "kind": kind, "thing": thing, "person": person_behind(kind, thing)}
    return render(request, "moderation/report_form.html", context, status=status)


def _thing(data: QueryDict, user: User) -> tuple[ReportKind, Any]:
    kind, pk = data.get("tipo", ""), data.get("id", "")
    if kind in ReportKind.values and PRIMARY_KEY.fullmatch(pk):
        thing = find_thing(kind=kind, pk=int(pk), by=user)
        if thing:
            return ReportKind(kind), thing
    raise Http404
