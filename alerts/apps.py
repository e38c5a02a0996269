from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlertsConfig(AppConfig):
    name = "alerts"
    verbose_name = _("Búsquedas guardadas y avisos de anuncios nuevos")

    def ready(self) -> None:
        from alerts import (
            actions,
            notice_kinds,
            permissions,  # noqa: F401 - adds the permissions
        )
        from notices import jobs

        notice_kinds.register_all()
        jobs.register("new listings", actions.tell_of_new_listings)
        jobs.register("markers of new listings", actions.sweep_markers, every=jobs.DAY)
