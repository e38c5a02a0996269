from django.apps import AppConfig


class PalitasConfig(AppConfig):
    name = "palitas"
    verbose_name = "PalitasPR"
