from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlertsConfig(AppConfig):
    name = "alerts"
    verbose_name = _("Búsquedas guardadas y avisos de anuncios nuevos")

    def ready(self) -> None:
        from accounts.personal_data import registry
        from alerts import (
            actions,
            notice_kinds,
            permissions,  # noqa: F401 - adds the permissions
            personal_data,
        )
        from notices import jobs

        registry.register(personal_data.KEEPER)
        notice_kinds.register_all()
        jobs.register("new listings", actions.tell_of_new_listings)
        jobs.register("markers of new listings", actions.sweep_markers, every=jobs.DAY)
