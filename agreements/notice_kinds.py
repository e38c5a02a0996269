"""What people are told of contacts, agreements and reviews: the sentence on the site, and the words of the mail."""

from django.utils.translation import gettext_lazy as _

from notices.kinds import MailCategory, register

SEE_AGREEMENT = _("Ver el acuerdo")
REVIEW = _("Escribir mi reseña")
AFTER_DELIVERY = _(
    "Si algo no está bien, abre una disputa. Si no haces nada, se cierra solo a los 14 días de la entrega."
)
FOURTEEN_DAYS = _("Tienen 14 días para dejarse una reseña. Ninguna se ve hasta que estén las dos o pase ese tiempo.")


def register_all() -> None:
    """Make the kinds known; called when the application starts."""
    _register_messages()
    _register_agreements()
    _register_ends()
    _register_reviews()


def _register_messages() -> None:
    sentence = _("%(name)s te escribió sobre “%(title)s”.")
    register(
        "contact_opened",
        sentence,
        advice=_("Cuando hayas contestado, cada cual verá el teléfono y el correo de la otra persona."),
        button=_("Contestar"),
        category=MailCategory.MESSAGES,
    )
    register("message_received", sentence, button=_("Contestar"), category=MailCategory.MESSAGES)


def _register_agreements() -> None:
    register(
        "agreement_proposed",
        _("%(name)s te propuso un acuerdo por $%(price)s: “%(title)s”."),
        subject=_("%(name)s te propuso un acuerdo: “%(title)s”"),
        advice=_("Lee los términos antes de contestar. La propuesta vence a las 72 horas."),
        button=_("Ver la propuesta"),
    )
    register(
        "agreement_waits",
        _("%(name)s espera tu respuesta a su propuesta “%(title)s”."),
        advice=_("Si no contestas, vence a las 72 horas de haberse hecho."),
        button=_("Ver la propuesta"),
        category=MailCategory.REMINDERS,
    )
    register(
        "agreement_accepted",
        _("%(name)s aceptó el acuerdo “%(title)s”."),
        advice=_("Cuando termines el trabajo, márcalo como entregado."),
        button=SEE_AGREEMENT,
    )
    register(
        "agreement_rejected",
        _("%(name)s rechazó el acuerdo “%(title)s”."),
        advice=_("Puedes hacerle otra propuesta en la misma conversación."),
        button=SEE_AGREEMENT,
    )
    register(
        "agreement_withdrawn",
        _("%(name)s retiró su propuesta “%(title)s”."),
        advice=_("Si todavía te interesa, escríbele en la conversación."),
        button=SEE_AGREEMENT,
    )
    register(
        "agreement_expired",
        _("La propuesta “%(title)s” venció sin respuesta."),
        advice=_("Quien ofrece el servicio puede proponerlo otra vez."),
        button=SEE_AGREEMENT,
    )
    register(
        "agreement_delivered",
        _("%(name)s marcó como entregado “%(title)s”. Ciérralo si está bien."),
        subject=_("%(name)s marcó como entregado “%(title)s”"),
        advice=AFTER_DELIVERY,
        button=SEE_AGREEMENT,
    )
    register(
        "delivery_waits",
        _("“%(title)s” está entregado y espera que lo cierres."),
        advice=AFTER_DELIVERY,
        button=SEE_AGREEMENT,
        category=MailCategory.REMINDERS,
    )


def _register_ends() -> None:
    register(
        "agreement_closed",
        _("%(name)s cerró el acuerdo “%(title)s”. Cuéntanos cómo te fue."),
        subject=_("%(name)s cerró el acuerdo “%(title)s”"),
        advice=FOURTEEN_DAYS,
        button=REVIEW,
    )
    register(
        "agreement_closed_by_clock",
        _("El acuerdo “%(title)s” se cerró a los 14 días de la entrega."),
        advice=FOURTEEN_DAYS,
        button=REVIEW,
    )
    register(
        "agreement_cancelled",
        _("%(name)s canceló el acuerdo “%(title)s”."),
        advice=FOURTEEN_DAYS,
        button=SEE_AGREEMENT,
    )
    register(
        "agreement_disputed",
        _("%(name)s abrió una disputa en “%(title)s”. Puedes dar tu declaración."),
        subject=_("%(name)s abrió una disputa en “%(title)s”"),
        advice=_("La moderación lee lo que dicen las dos partes antes de decidir."),
        button=_("Dar mi declaración"),
    )
    register(
        "statement_added",
        _("%(name)s dio su declaración en la disputa de “%(title)s”."),
        advice=_("La moderación les avisará a ambas partes cuando decida."),
        button=SEE_AGREEMENT,
    )
    register("agreement_resolved", _("Resolvimos la disputa de “%(title)s”."), button=SEE_AGREEMENT)
    register(
        "party_left",
        _("La propuesta “%(title)s” quedó sin efecto: la otra persona borró su cuenta."),
        subject=_("La propuesta “%(title)s” quedó sin efecto"),
        button=SEE_AGREEMENT,
    )


def _register_reviews() -> None:
    register(
        "review_waiting",
        _("%(name)s ya escribió su reseña de “%(title)s”. Escribe la tuya para ver ambas."),
        subject=_("%(name)s ya escribió su reseña de “%(title)s”"),
        advice=_("Ninguna se ve hasta que estén las dos o pasen los 14 días."),
        button=REVIEW,
    )
    register(
        "review_published",
        _("%(name)s te dejó una reseña por “%(title)s”."),
        advice=_("Puedes responder una vez, en público."),
        button=_("Leer la reseña"),
    )
    register("review_replied", _("%(name)s respondió a tu reseña de “%(title)s”."), button=_("Leer la respuesta"))
    register(
        "review_removed",
        _("Retiramos una reseña de “%(title)s”. Razón: %(reason)s"),
        subject=_("Retiramos una reseña de “%(title)s”"),
        button=SEE_AGREEMENT,
    )
