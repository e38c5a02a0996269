from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServicesConfig(AppConfig):
    name = "services"
    verbose_name = _("Catálogo y anuncios")

    def ready(self) -> None:
        from notices import jobs
        from services import permissions  # noqa: F401 - adds the permissions
        from services.actions import archive_expired_requests
        from services.pictures.actions import sweep

        jobs.register("expired requests", archive_expired_requests)
        jobs.register("pictures", sweep)
