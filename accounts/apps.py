from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Cuentas")

    def ready(self) -> None:
        from accounts import permissions  # noqa: F401 - adds the permissions
        from accounts.personal_data import own, registry

        registry.register(own.KEEPER)
