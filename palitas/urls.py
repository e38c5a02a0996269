"""All addresses. Pages exist twice: in Spanish, and in English under ``/en/``; what machines read exists once."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from notices.views import sent_mail
from palitas.pages import connection, machines
from palitas.pages.style_guide import style_guide
from services.pictures.views import media, permanent

machine_patterns = [
    path("admin/", admin.site.urls),
    path("media/<path:key>", media, name="media"),
    path("fotos/<uuid:pk>/<int:width>.webp", permanent, name="permanent_picture"),
    path("robots.txt", machines.robots, name="robots"),
    path("sitemap.xml", machines.sitemap_index, name="sitemap_index"),
    path("sitemap-<section>.xml", machines.sitemap_section, name="sitemap_section"),
    path("sw.js", connection.worker, name="worker"),
    path("sesion/", connection.session, name="session"),
    path("manifest.webmanifest", machines.manifest, name="manifest"),
]

if settings.DEVELOPMENT:
    machine_patterns += [
        path("correo/", sent_mail, name="sent_mail"),
        path("estilo/", style_guide, name="style_guide"),
    ]

page_patterns = [
    path("", include("agreements.urls")),
    path("busquedas/", include("alerts.urls")),
    path("denunciar/", include("moderation.urls")),
    path("promociones/", include("promotions.urls")),
    path("solicitudes/", include("requests_app.urls")),
    path("cuenta/", include("accounts.urls")),
    path("cuenta/", include("allauth.urls")),
    path("", include("palitas.pages.urls")),
]

urlpatterns = [
    *machine_patterns,
    *i18n_patterns(*page_patterns, prefix_default_language=False),
]
