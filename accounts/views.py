"""Signing up, changing what the account says of its owner, taking one's data along, and erasing the account."""

import logging
from http import HTTPStatus
from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.account.views import SignupView as AllauthSignupView
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.db import IntegrityError, transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import ErasureForm, PersonForm, SignupForm
from accounts.models import User
from accounts.permissions import require_member
from accounts.personal_data.erasure import StillBound, erase_account, obstacles_of, refuse_staff
from accounts.personal_data.export import make_archive

logger = logging.getLogger(__name__)


class SignupView(AllauthSignupView):
    """allauth's sign-up, in one transaction: account, address, profile and mail are written together or not at all."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            # Somebody signed up with this address since the form looked for it: answer as for any known address.
            form.account_already_exists = True
            with transaction.atomic():
                return super().form_valid(form)


@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name, telephone and language."""
    require_member(request.user)
    form = PersonForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Guardamos tus datos."))
        return redirect("account_person")
    return render(request, "accounts/person_edit.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data_download(request: HttpRequest) -> HttpResponseBase:
    """Explain what the download holds, and give it to whoever proves again who they are. For suspended people too."""
    if request.method == "POST":
        return _download(request)
    return render(request, "accounts/data_download.html", {"sentence": ""})


@reauthentication_required
def _download(request: HttpRequest) -> HttpResponseBase:
    if not ratelimit.consume(request, action="data_download", user=request.user):
        sentence = _("Descargaste tus datos varias veces hoy. Espera a mañana.")
        context = {"sentence": sentence}
        return render(request, "accounts/data_download.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    now = timezone.now()
    name = f"palitaspr-{timezone.localdate(now):%Y-%m-%d}.zip"
    try:
        archive = make_archive(user=cast("User", request.user), now=now)
    except ConnectionError:
        logger.exception("The files of a person could not be read.")
        context = {"sentence": _("No podemos traer tus fotos ahora. Trata otra vez en unos minutos.")}
        return render(request, "accounts/data_download.html", context, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return FileResponse(archive, as_attachment=True, filename=name)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_erase(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays, and erase the account of whoever proves again who they are."""
    person = cast("User", request.user)
    refuse_staff(person)
    obstacles = obstacles_of(person)
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not obstacles and form.is_valid():
        try:
            return _erase(request)
        except StillBound as bound:
            obstacles = bound.obstacles
    status = HTTPStatus.CONFLICT if request.method == "POST" and obstacles else HTTPStatus.OK
    return render(request, "accounts/account_erase.html", {"form": form, "obstacles": obstacles}, status=status)


@reauthentication_required
def _erase(request: HttpRequest) -> HttpResponse:
    erase_account(user=cast("User", request.user), now=timezone.now())
    logout(request)
    messages.success(request, _("Borramos tu cuenta. Gracias por haber estado aquí."))
    return redirect("home")
