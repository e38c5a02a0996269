"""Switching a category of mail off by the link in a mail; in development, the page that shows what was mailed."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from notices.models import OutboxMail
from notices.preferences import mute, read_unsubscribe_token, wanted_categories

MAILS_A_PAGE = 20


@login_not_required
@require_safe
def sent_mail(request: HttpRequest) -> HttpResponse:
    """List all mail, newest first, sent or not. Routed in development only."""
    mails = Paginator(OutboxMail.objects.newest_first(), MAILS_A_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "notices/outboxmail_list.html", {"page": mails})


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to switch a category of mail off; a POST does it, for whoever holds the mail.

    Opening the page changes nothing: programs that scan mail open every link. There is no CSRF token because the mail
    program that posts in the reader's place has none (RFC 8058); the address itself is the secret.
    """
    try:
        person, category = read_unsubscribe_token(token)
    except ValueError as error:
        raise Http404 from error
    if request.method == "POST":
        mute(user=person, category=category)
        # A mail program must not be redirected (RFC 8058, 3.1).
        if "List-Unsubscribe" not in request.POST:
            return redirect("unsubscribe", token=token)
    is_muted = category not in wanted_categories(person)
    return render(request, "notices/unsubscribe.html", {"category": category.label, "is_muted": is_muted})
