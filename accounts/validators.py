"""Checks of what people type about themselves."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

MAX_LINKS = 5
MAX_LINK_LENGTH = 200


def validate_links(links: list[str]) -> None:
    """Check a profile's links: at most five addresses of at most 200 characters, http or https.

    Raises:
        ValidationError: with a sentence naming the first address that will not do.
    """
    if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
        raise ValidationError(_("Escribe un enlace por línea."), code="invalid")
    if len(links) > MAX_LINKS:
        raise ValidationError(_("Puedes poner hasta %(max)d enlaces."), code="too_many", params={"max": MAX_LINKS})
    check = URLValidator(schemes=["http", "https"])
    for link in links:
        try:
            check(link)
        except ValidationError as error:
            message = _("“%(link)s” no es una dirección web. Ejemplo: https://instagram.com/tu-negocio")
            raise ValidationError(message, code="invalid", params={"link": link[:80]}) from error
        if len(link) > MAX_LINK_LENGTH or urlsplit(link).username:
            raise ValidationError(_("“%(link)s” es muy largo."), code="invalid", params={"link": link[:80]})
