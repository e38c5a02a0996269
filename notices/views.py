"""The development page that shows what would have been mailed."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notices.models import OutboxMail

MAILS_A_PAGE = 20


@login_not_required
@require_safe
def sent_mail(request: HttpRequest) -> HttpResponse:
    """List all mail, newest first, sent or not. Routed in development only."""
    mails = Paginator(OutboxMail.objects.newest_first(), MAILS_A_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "notices/outboxmail_list.html", {"page": mails})
