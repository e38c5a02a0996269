from django.apps import AppConfig


class PalitasConfig(AppConfig):
    name = "palitas"
    verbose_name = "PalitasPR"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out
        from django.db.backends.signals import connection_created

        from accounts.personal_data import registry
        from notices import jobs
        from palitas import offline, personal_data
        from palitas.pages import counts
        from palitas.telemetry.logs import log_slow_queries

        user_logged_out.connect(offline.remember_logout)
        jobs.register("town_counts", counts.count_all, every=counts.EVERY)
        connection_created.connect(log_slow_queries, dispatch_uid="slow queries")
        registry.register(personal_data.KEEPER)
