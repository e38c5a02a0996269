from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = _("Moderación")

    def ready(self) -> None:
        from accounts.personal_data import registry
        from moderation import (
            permissions,  # noqa: F401 - adds the permissions
            personal_data,
        )
        from moderation.groups import after_migrate
        from notices import kinds

        registry.register(personal_data.KEEPER)
        kinds.register("listing_removed", _("Retiramos tu anuncio “%(title)s”. Razón: %(reason)s"))
        kinds.register("listing_restored", _("Tu anuncio “%(title)s” está de vuelta."))
        kinds.register("account_suspended", _("Suspendimos tu cuenta. Razón: %(reason)s"))
        kinds.register("account_reinstated", _("Tu cuenta ya no está suspendida."))
        kinds.register(
            "party_suspended",
            _("La cuenta de %(name)s está suspendida. El acuerdo “%(title)s” espera."),
            subject=_("La cuenta de %(name)s está suspendida"),
            advice=_("Los plazos no corren mientras tanto. Lo que te toca a ti lo puedes hacer igual."),
            button=_("Ver el acuerdo"),
        )
        kinds.register(
            "party_reinstated",
            _("La cuenta de %(name)s ya no está suspendida. El acuerdo “%(title)s” sigue."),
            subject=_("La cuenta de %(name)s ya no está suspendida"),
            advice=_("Los plazos se alargaron por el tiempo que duró la suspensión."),
            button=_("Ver el acuerdo"),
        )
        kinds.register(
            "report_acted",
            _("Revisamos tu denuncia de “%(title)s” y tomamos medidas. Gracias por avisar."),
            subject=_("Tomamos medidas por tu denuncia de “%(title)s”"),
        )
        kinds.register(
            "report_dismissed",
            _("Revisamos tu denuncia de “%(title)s” y no vimos una falta."),
            advice=_("Si pasa otra vez o tienes más que contar, denúncialo de nuevo."),
        )
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="moderation.groups")


class SiteAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site in place of its own."""

    default = False
    default_site = "moderation.site.ModerationSite"
