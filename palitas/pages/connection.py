"""What helps with a poor connection: the switch to the mode of few data, the service worker and its page."""

import json
from functools import cache
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from palitas import low_data, offline

YEAR = 60 * 60 * 24 * 365  # seconds
OFFLINE_TEMPLATE = "pages/offline.html"
# What a stored page needs to look like itself.
SHELL = (
    "css/base.css",
    "css/components.css",
    "css/pages.css",
    "css/conversation.css",
    "css/agreement.css",
    "css/dashboard.css",
    "js/vendor/htmx.min.js",
    "js/app.js",
    "js/live.js",
    "js/conversation.js",
    "js/forms.js",
    "js/photos.js",
    "js/outbox.js",
    "js/offline.js",
    "icons/sprite.svg",
    "img/logo.svg",
    "img/favicon.svg",
)


@csrf_exempt
@login_not_required
@require_POST
def switch_data(request: HttpRequest) -> HttpResponse:
    """Switch the mode of few data (``modo``: ``pocos`` or ``todos``) for this browser and go back to the page.

    No CSRF token is asked for: the worst that a stranger's form can do is to leave out the pictures, which one press
    brings back, and a token would put a cookie into the first visit of everybody.
    """
    mode = request.POST.get("modo", "")
    if mode not in (low_data.FEW, low_data.ALL):
        return HttpResponseBadRequest()
    back = request.POST.get("next", "")
    # A bare word would be the name of a view to redirect().
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = "home"
    response = redirect(back)
    response.set_cookie(
        low_data.COOKIE, mode, max_age=YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
    return response


@cache
def worker_source() -> str:
    """Return the script that tells the service worker what belongs to this release, and loads it.

    Any change of a file, or of the page that is shown offline, changes the version and so this text: browsers see from
    it that there is a new worker.
    """
    pages = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pages[reverse("offline")] = render_to_string(OFFLINE_TEMPLATE)
    script = static("js/worker.js")
    shell = [static(name) for name in SHELL]
    release = json.dumps([script, shell, pages])
    site = {"version": sha256(release.encode()).hexdigest()[:12], "shell": [*shell, *pages]}
    return f"const SITE = {json.dumps(site)};\nimportScripts({json.dumps(script)});\n"


@login_not_required
@require_safe
@cache_control(no_cache=True)
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker. It stands at the root because it may only handle what is below its own address."""
    return HttpResponse(worker_source(), content_type="text/javascript; charset=utf-8")


@login_not_required
@require_safe
def offline_page(request: HttpRequest) -> HttpResponse:
    """What the service worker shows in place of a page that it does not have. It is nobody's: it names no person."""
    return render(request, OFFLINE_TEMPLATE)


@login_not_required
@require_safe
@cache_control(no_store=True)
def session(request: HttpRequest) -> JsonResponse:
    """Tell the service worker who is logged in, and give it a fresh CSRF token, before it sends what waits."""
    return JsonResponse({"person": offline.person_mark(request), "token": get_token(request)})
