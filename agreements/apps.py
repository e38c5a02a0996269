from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgreementsConfig(AppConfig):
    name = "agreements"
    verbose_name = _("Contactos y acuerdos")

    def ready(self) -> None:
        from accounts.personal_data import registry
        from agreements import (
            notice_kinds,
            permissions,  # noqa: F401 - adds the permissions
            personal_data,
        )
        from agreements.actions import clock
        from notices import jobs

        registry.register(personal_data.KEEPER)
        notice_kinds.register_all()
        jobs.register("expired proposals", clock.expire_pending)
        jobs.register("delivered agreements", clock.close_delivered)
        jobs.register("reminders of proposals", clock.remind_pending)
        jobs.register("reminders of deliveries", clock.remind_delivered)
        jobs.register("reviews", clock.publish_due_reviews)
