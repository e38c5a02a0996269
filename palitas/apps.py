from django.apps import AppConfig


class PalitasConfig(AppConfig):
    name = "palitas"
    verbose_name = "PalitasPR"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from notices import jobs
        from palitas import offline
        from palitas.pages import counts

        user_logged_out.connect(offline.remember_logout)
        jobs.register("town_counts", counts.count_all, every=counts.EVERY)
