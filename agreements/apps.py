from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgreementsConfig(AppConfig):
    name = "agreements"
    verbose_name = _("Contactos y acuerdos")

    def ready(self) -> None:
        from agreements import permissions  # noqa: F401 - adds the permissions
        from agreements.actions import clock
        from notices import jobs

        self._register_kinds()
        jobs.register("expired proposals", clock.expire_pending)
        jobs.register("delivered agreements", clock.close_delivered)
        jobs.register("reminders of proposals", clock.remind_pending)
        jobs.register("reminders of deliveries", clock.remind_delivered)
        jobs.register("reviews", clock.publish_due_reviews)

    def _register_kinds(self) -> None:
        from notices.kinds import MailCategory, register

        register("contact_opened", _("%(name)s te escribió sobre “%(title)s”."), category=MailCategory.MESSAGES)
        register("message_received", _("%(name)s te escribió sobre “%(title)s”."), category=MailCategory.MESSAGES)
        register("agreement_proposed", _("%(name)s te propuso un acuerdo por $%(price)s: “%(title)s”."))
        register("agreement_accepted", _("%(name)s aceptó el acuerdo “%(title)s”."))
        register("agreement_rejected", _("%(name)s rechazó el acuerdo “%(title)s”."))
        register("agreement_withdrawn", _("%(name)s retiró su propuesta “%(title)s”."))
        register("agreement_expired", _("La propuesta “%(title)s” venció sin respuesta."))
        register("agreement_delivered", _("%(name)s marcó como entregado “%(title)s”. Ciérralo si está bien."))
        register("agreement_closed", _("%(name)s cerró el acuerdo “%(title)s”. Cuéntanos cómo te fue."))
        register("agreement_closed_by_clock", _("El acuerdo “%(title)s” se cerró a los 14 días de la entrega."))
        register("agreement_cancelled", _("%(name)s canceló el acuerdo “%(title)s”."))
        register("agreement_disputed", _("%(name)s abrió una disputa en “%(title)s”. Puedes dar tu declaración."))
        register("statement_added", _("%(name)s dio su declaración en la disputa de “%(title)s”."))
        register("agreement_resolved", _("Resolvimos la disputa de “%(title)s”."))
        register(
            "agreement_waits",
            _("%(name)s espera tu respuesta a su propuesta “%(title)s”."),
            category=MailCategory.REMINDERS,
        )
        register(
            "delivery_waits",
            _("“%(title)s” está entregado y espera que lo cierres."),
            category=MailCategory.REMINDERS,
        )
        register("review_waiting", _("%(name)s ya escribió su reseña de “%(title)s”. Escribe la tuya para ver ambas."))
        register("review_published", _("%(name)s te dejó una reseña por “%(title)s”."))
        register("review_replied", _("%(name)s respondió a tu reseña de “%(title)s”."))
        register("review_removed", _("Retiramos una reseña de “%(title)s”. Razón: %(reason)s"))
