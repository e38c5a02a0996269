from django.apps import AppConfig


class PalitasConfig(AppConfig):
    name = "palitas"
    verbose_name = "PalitasPR"

    def ready(self) -> None:
        from notices import jobs
        from palitas.pages import counts

        jobs.register("town_counts", counts.count_all, every=counts.EVERY)
