"""What carries the moderators' rights. Listings and people belong to lower rooms, which know nothing of moderators."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from services.models import Listing


class ModeratedListing(Listing):
    """Any listing, as moderators meet it."""

    class Meta:
        proxy = True
        verbose_name = _("anuncio moderado")
        verbose_name_plural = _("anuncios moderados")
        default_permissions = ()
        permissions = [("moderate_listing", _("Puede retirar y restaurar anuncios"))]


class ModeratedPerson(User):
    """Any member, as moderators meet them."""

    class Meta:
        proxy = True
        verbose_name = _("persona moderada")
        verbose_name_plural = _("personas moderadas")
        default_permissions = ()
        permissions = [("moderate_person", _("Puede suspender a una persona y levantar la suspensión"))]
