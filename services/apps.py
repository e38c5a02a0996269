from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServicesConfig(AppConfig):
    name = "services"
    verbose_name = _("Catálogo y anuncios")

    def ready(self) -> None:
        from accounts.personal_data import registry
        from notices import jobs
        from services import (
            expiry,
            permissions,  # noqa: F401 - adds the permissions
            personal_data,
        )
        from services.pictures import health
        from services.pictures.actions import sweep

        registry.register(personal_data.KEEPER)

        expiry.register_notices()
        jobs.register("expired requests", expiry.archive_expired_requests)
        jobs.register("old promotions", expiry.ask_about_old_promotions)
        jobs.register("unanswered promotions", expiry.pause_unanswered_promotions)
        jobs.register("pictures", sweep)
        jobs.register("picture storage", health.look)
