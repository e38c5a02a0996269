"""What machines read: robots.txt, the sitemaps and the web app manifest."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps.views import sitemap as sitemap_page
from django.contrib.sitemaps.views import x_robots_tag
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from palitas.sitemaps import SITEMAPS

# Only for people who are logged in, or of no use in search results.
PRIVATE_PATHS = (
    "/admin/",
    "/cuenta/",
    "/contactos/",
    "/acuerdos/",
    "/tablero/",
    "/avisos/",
    "/busquedas/",
    "/denunciar/",
)
# The paper of the pages, as in base.css.
PAPER_COLOR = "#fdf7ee"

public_for_an_hour = cache_control(public=True, max_age=3600)


@login_not_required
@require_safe
@public_for_an_hour
def robots(_request: HttpRequest) -> HttpResponse:
    """Keep crawlers out of what needs a login, in both languages, and show them the sitemap."""
    paths = [f"{prefix}{path}" for path in PRIVATE_PATHS for prefix in ("", "/en")]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in paths), "", f"Sitemap: {settings.SITE_URL}/sitemap.xml"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@public_for_an_hour
@x_robots_tag
def sitemap_index(request: HttpRequest) -> TemplateResponse:
    """List the pages of every sitemap, under the site's own address whatever the request's host is."""
    items = []
    for section, make_sitemap in SITEMAPS.items():
        sitemap = make_sitemap()
        location = settings.SITE_URL + reverse("sitemap_section", args=[section])
        lastmod = sitemap.get_latest_lastmod()
        further = range(2, sitemap.paginator.num_pages + 1)
        locations = [location, *(f"{location}?p={page}" for page in further)]
        items += [{"location": one, "last_mod": lastmod} for one in locations]
    return TemplateResponse(request, "sitemap_index.xml", {"sitemaps": items}, content_type="application/xml")


@login_not_required
@require_safe
@public_for_an_hour
def sitemap_section(request: HttpRequest, section: str) -> HttpResponseBase:
    """One page (``?p=``) of one sitemap."""
    return sitemap_page(request, sitemaps=SITEMAPS, section=section)


@login_not_required
@require_safe
@public_for_an_hour
def manifest(_request: HttpRequest) -> JsonResponse:
    """What a phone needs to put the site on its home screen."""
    icons = [
        {"src": static(f"icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    shortcuts = [
        (_("Buscar promociones"), "promotions:search"),
        (_("Contactos"), "agreements:inbox"),
        (_("Tablero"), "dashboard"),
        (_("Publicar una solicitud"), "requests_app:create"),
    ]
    return JsonResponse(
        {
            "id": "/",
            "name": settings.SITE_NAME,
            "short_name": "Palitas",
            "description": _("Encuentra en tu pueblo a quien te resuelve, o publica lo que necesitas."),
            "lang": "es-PR",
            "dir": "ltr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "theme_color": PAPER_COLOR,
            "background_color": PAPER_COLOR,
            "categories": ["business", "lifestyle"],
            "icons": icons,
            "shortcuts": [{"name": name, "url": reverse(page)} for name, page in shortcuts],
        },
        content_type="application/manifest+json",
    )
