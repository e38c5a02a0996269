"""The catalogue: the trades that people look for and the 78 towns."""

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class ServiceQuerySet(models.QuerySet["Service"]):
    def active(self) -> "ServiceQuerySet":
        """Return the services that new listings may use."""
        return self.filter(is_active=True)


class Service(models.Model):
    """A trade in the catalogue."""

    name_es = models.CharField(_("nombre en español"), max_length=60, unique=True)
    name_en = models.CharField(_("nombre en inglés"), max_length=60)
    slug = models.SlugField(_("dirección"), max_length=60, unique=True)
    icon = models.SlugField(_("icono"), max_length=40, help_text=_("Nombre de un icono del sitio."))
    group = models.SlugField(_("grupo"), max_length=20)
    keywords = models.TextField(
        _("sinónimos"),
        blank=True,
        help_text=_("Uno por línea, como la gente los escribe, en español y en inglés."),
    )
    is_active = models.BooleanField(_("activo"), default=True)
    order = models.PositiveSmallIntegerField(_("orden"), default=0)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("servicio")
        verbose_name_plural = _("servicios")
        ordering = ["order", "name_es"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("service_detail", args=[self.slug])

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if (get_language() or "").startswith("en") else self.name_es

    @property
    def keyword_list(self) -> list[str]:
        return [line.strip() for line in self.keywords.splitlines() if line.strip()]


class Town(models.Model):
    """One of the 78 municipios. Centre in degrees; outline in the view box of ``services.towns``."""

    name = models.CharField(_("nombre"), max_length=40, unique=True)
    slug = models.SlugField(_("dirección"), max_length=40, unique=True)
    fips = models.CharField(_("código FIPS"), max_length=5, unique=True)
    latitude = models.DecimalField(_("latitud"), max_digits=7, decimal_places=4)
    longitude = models.DecimalField(_("longitud"), max_digits=7, decimal_places=4)
    svg_path = models.TextField(_("contorno"))
    neighbors = models.ManyToManyField("self", verbose_name=_("pueblos vecinos"), blank=True)

    class Meta:
        verbose_name = _("pueblo")
        verbose_name_plural = _("pueblos")
        # Without its accent "Añasco" sorts where a reader looks for it, on every engine.
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("town_detail", args=[self.slug])
