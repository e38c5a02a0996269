"""One's saved searches: the list, saving one from a search page, pausing, resuming, deleting."""

from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import require_member
from alerts.forms import SEARCH_FIELDS, SavedSearchForm
from alerts.models import MAX_SEARCHES, SavedSearch


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def search_list(request: HttpRequest) -> HttpResponse:
    """List one's searches; a POST saves one, and ``?tipo=…`` fills in the form that does.

    A visitor comes back from the login to the form with the search in it.
    """
    if not request.user.is_authenticated:
        return _ask_to_log_in(request)
    form = SavedSearchForm.of_address(request.GET)
    if request.method == "POST":
        require_member(request.user)
        form = SavedSearchForm(request.POST)
        if _save(form, cast("User", request.user)):
            messages.success(request, _("Guardamos tu búsqueda. Te avisaremos de lo nuevo."))
            return redirect("alerts:search_list")
    context = {
        "searches": SavedSearch.objects.of(request.user).select_related("service", "town"),
        "form": form,
        "limit": MAX_SEARCHES,
        "refusal": _refusal(request),
    }
    return render(request, "alerts/savedsearch_list.html", context)


def _ask_to_log_in(request: HttpRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    query = urlencode({name: data[name] for name in SEARCH_FIELDS if data.get(name)})
    return redirect_to_login(f"{request.path}?{query}" if query else request.path)


def _save(form: SavedSearchForm, user: User) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save(user)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _refusal(request: HttpRequest) -> str:
    try:
        require_member(request.user)
    except PermissionDenied as error:
        return str(error)
    return ""


@require_POST
def search_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop telling of what a search finds, until it is resumed."""
    return _set_paused(request, pk, is_paused=True)


@require_POST
def search_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell of what a search finds from now on."""
    return _set_paused(request, pk, is_paused=False)


def _set_paused(request: HttpRequest, pk: int, *, is_paused: bool) -> HttpResponse:
    search = _own(request, pk)
    SavedSearch.objects.filter(pk=search.pk, user=search.user_id).update(is_paused=is_paused)
    sentence = _("En pausa: no te avisaremos hasta que la reanudes.") if is_paused else _("Te avisaremos de lo nuevo.")
    messages.success(request, sentence)
    return redirect("alerts:search_list")


@require_POST
def search_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a search."""
    _own(request, pk).delete()
    messages.success(request, _("Borramos la búsqueda."))
    return redirect("alerts:search_list")


def _own(request: HttpRequest, pk: int) -> SavedSearch:
    """Fetch and authorise: 404 for what is another's, 403 for who may not write."""
    search = get_object_or_404(SavedSearch.objects.of(request.user), pk=pk)
    require_member(request.user)
    return search
