"""What people are told of new listings: the sentence on the site, and the words of the mail."""

from django.utils.translation import gettext_lazy as _

from alerts import matching
from notices.kinds import MailCategory, register

SEE_REQUEST = _("Ver la solicitud")
NEW_REQUEST = _("Solicitud nueva: “%(title)s”")
ANSWER = _("Escríbele si te interesa: quien contesta primero suele quedarse con el trabajo.")


def register_all() -> None:
    """Make the kinds known; called when the application starts."""
    sentences = {
        matching.OFFERED_HERE: _("Solicitud nueva: “%(title)s”. Te avisamos porque ofreces %(service)s en %(town)s."),
        matching.OFFERED_NEARBY: _(
            "Solicitud nueva: “%(title)s”. Te avisamos porque ofreces %(service)s en %(town)s, al lado de %(near)s."
        ),
        matching.OFFERED_EVERYWHERE: _(
            "Solicitud nueva: “%(title)s”. Te avisamos porque ofreces %(service)s en toda la isla."
        ),
    }
    for kind, sentence in sentences.items():
        register(
            kind,
            sentence,
            subject=NEW_REQUEST,
            advice=ANSWER,
            button=SEE_REQUEST,
            category=MailCategory.MATCHING,
        )
    register(
        matching.FOUND,
        _("Se publicó “%(title)s”. Te avisamos porque guardaste la búsqueda %(search)s."),
        subject=_("Nuevo: “%(title)s”"),
        advice=_("Puedes pausar o borrar la búsqueda en Búsquedas guardadas."),
        button=_("Ver el anuncio"),
        category=MailCategory.SEARCHES,
    )
