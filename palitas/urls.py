"""All addresses. Pages exist twice: in Spanish, and in English under ``/en/``; what machines read exists once."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from palitas.pages import machines

machine_patterns = [
    path("admin/", admin.site.urls),
    path("robots.txt", machines.robots, name="robots"),
    path("sitemap.xml", machines.sitemap_index, name="sitemap_index"),
    path("sitemap-<section>.xml", machines.sitemap_section, name="sitemap_section"),
    path("manifest.webmanifest", machines.manifest, name="manifest"),
]

page_patterns = [
    path("promociones/", include("promotions.urls")),
    path("solicitudes/", include("requests_app.urls")),
    path("cuenta/", include("allauth.urls")),
    path("", include("palitas.pages.urls")),
]

urlpatterns = [
    *machine_patterns,
    *i18n_patterns(*page_patterns, prefix_default_language=False),
]
