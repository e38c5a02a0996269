"""The sentence of each kind of notice. It is put together when it is read, in the reader's language."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "listing_removed": _("Retiramos tu anuncio “%(title)s”. Razón: %(reason)s"),
    "listing_restored": _("Tu anuncio “%(title)s” está de vuelta."),
    "account_suspended": _("Suspendimos tu cuenta. Razón: %(reason)s"),
    "account_reinstated": _("Tu cuenta ya no está suspendida."),
}


def sentence(kind: str, data: Mapping[str, object]) -> str:
    """Return the sentence of ``kind`` about ``data``.

    Raises:
        KeyError: when the kind is unknown or ``data`` lacks what its sentence names.
    """
    return str(SENTENCES[kind]) % data
