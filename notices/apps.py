from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = _("Avisos y correo")

    def ready(self) -> None:
        from accounts.personal_data import erasure, registry
        from notices import jobs, personal_data
        from notices.actions import sweep_sent_mail
        from notices.sessions import sweep_sessions

        jobs.register("sent mail", sweep_sent_mail, every=jobs.DAY)
        jobs.register("erased accounts", erasure.finish_erasures, every=timedelta(hours=1))
        jobs.register("sessions", sweep_sessions, every=jobs.DAY)
        registry.register(personal_data.KEEPER)
