"""What the site has told a person."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notices.models import Notice

NOTICES_A_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def notice_list(request: HttpRequest) -> HttpResponse:
    """Show one's own notices, newest first; a POST marks all of them as read."""
    notices = Notice.objects.of(request.user)
    if request.method == "POST":
        notices.mark_read(now=timezone.now())
        messages.success(request, _("Marcamos todos tus avisos como leídos."))
        return redirect("notice_list")
    page = Paginator(notices, NOTICES_A_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "pages/notice_list.html", {"page": page, "has_unread": notices.unread().exists()})
