"""What the site has told a person, and what of it they want by mail."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from notices.forms import MailPreferencesForm
from notices.models import Notice

NOTICES_A_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def notice_list(request: HttpRequest) -> HttpResponse:
    """Show one's own notices, newest first, and the form of one's mail; a POST without that form marks all as read.

    Suspended people too choose what mail they get.
    """
    user = cast("User", request.user)
    notices = Notice.objects.of(user)
    is_preferences = request.method == "POST" and "save_preferences" in request.POST
    form = MailPreferencesForm(request.POST if is_preferences else None, user=user)
    if is_preferences and form.is_valid():
        form.save()
        messages.success(request, _("Guardamos qué correos quieres recibir."))
        return redirect("notice_list")
    if request.method == "POST" and not is_preferences:
        notices.mark_read(now=timezone.now())
        messages.success(request, _("Marcamos todos tus avisos como leídos."))
        return redirect("notice_list")
    page = Paginator(notices, NOTICES_A_PAGE).get_page(request.GET.get("pagina"))
    context = {"page": page, "has_unread": Notice.objects.unread_by(user).exists(), "form": form}
    return render(request, "pages/notice_list.html", context)
