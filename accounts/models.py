"""People: the account that logs in and the profile that others see."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.validators import validate_links

MAX_GALLERY_PHOTOS = 20
# The name of everybody whose account was erased, also where a name was copied.
FORMER_MEMBER = gettext_noop("Miembro anterior")


def shown_name(name: str) -> str:
    """Return a copied name as pages show it: a former member's is words of the page's language."""
    return gettext(FORMER_MEMBER) if name == FORMER_MEMBER else name


class UserQuerySet(models.QuerySet["User"]):
    def in_good_standing(self) -> "UserQuerySet":
        """Return the accounts whose listings others may see: neither closed nor suspended."""
        return self.filter(is_active=True, suspended_at=None)

    def visible_to(self, user: Any) -> "UserQuerySet":
        """Return the people whose profile ``user`` may open: those in good standing, and oneself."""
        return self.filter(Q(is_active=True, suspended_at=None) | Q(pk=user.pk))

    def suspend(self, *, now: datetime, reason: str) -> int:
        """Suspend those who are not suspended yet; returns how many."""
        return self.filter(suspended_at=None).update(suspended_at=now, suspended_reason=reason)

    def reinstate(self) -> int:
        """Lift the suspension; returns for how many."""
        return self.exclude(suspended_at=None).update(suspended_at=None, suspended_reason="")


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account with its empty profile.

        Raises:
            ValueError: without an e-mail address.
        """
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        Profile.objects.get_or_create(user=user)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account that passes every permission check of admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One person. The same account publishes promotions and requests; the e-mail address is the login."""

    email = models.EmailField(
        _("correo electrónico"),
        max_length=254,
        unique=True,
        error_messages={"unique": _("Ya hay una cuenta con este correo.")},
    )
    first_name = models.CharField(_("nombre"), max_length=60)
    last_name = models.CharField(_("apellidos"), max_length=80, blank=True)
    phone = PhoneNumberField(_("teléfono"), blank=True)
    language = models.CharField(
        _("idioma de los correos"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    is_staff = models.BooleanField(_("puede entrar a administración"), default=False)
    is_active = models.BooleanField(_("activa"), default=True)
    suspended_at = models.DateTimeField(_("suspendida desde"), null=True, blank=True, editable=False)
    suspended_reason = models.CharField(_("razón de la suspensión"), max_length=500, blank=True, editable=False)
    date_joined = models.DateTimeField(_("miembro desde"), default=timezone.now, editable=False)
    # From then on the row only holds together what others keep: see ``accounts.personal_data.erasure``.
    erased_at = models.DateTimeField(_("borrada"), null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name"]

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        constraints = [
            # Kept in lower case, so that the unique index ignores case on every engine.
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(is_active=False),
                name="user_erased_stays_closed",
                violation_error_message=_("Esta persona borró su cuenta: no se puede abrir otra vez."),
            ),
        ]
        indexes = [models.Index(fields=["erased_at"], name="user_erased", condition=Q(erased_at__isnull=False))]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        if self.erased_at:
            return gettext(FORMER_MEMBER)
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return gettext(FORMER_MEMBER) if self.erased_at else self.first_name

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    @cached_property
    def has_verified_email(self) -> bool:
        """Whether the person has proved to read the account's e-mail (allauth keeps the proof)."""
        return bool(self.emailaddress_set.filter(verified=True).exists())  # type: ignore[attr-defined]

    @property
    def slug(self) -> str:
        return slugify(self.get_full_name()) or "miembro"

    def get_absolute_url(self) -> str:
        return reverse("profile_detail", args=[self.pk, self.slug])


class Profile(models.Model):
    """What others see of a person. Figures are copies kept by the rooms above, so that a page reads one row."""

    user = models.OneToOneField(User, models.CASCADE, related_name="profile", verbose_name=_("persona"))
    headline = models.CharField(_("a qué te dedicas"), max_length=120, blank=True)
    bio = models.TextField(_("sobre ti"), blank=True, validators=[MaxLengthValidator(2000)])
    base_town = models.ForeignKey(
        "services.Town", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("tu pueblo")
    )
    links = models.JSONField(_("enlaces"), default=list, blank=True, validators=[validate_links])
    picture = models.OneToOneField(
        "services.Picture", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("foto")
    )
    cover = models.OneToOneField(
        "services.Picture", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("portada")
    )
    payment_qr = models.OneToOneField(
        "services.Picture", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("QR de pago")
    )
    palitas_count = models.PositiveIntegerField(_("palitas"), default=0, editable=False)
    reviews_count = models.PositiveIntegerField(_("reseñas"), default=0, editable=False)
    rating_average = models.DecimalField(
        _("promedio"), max_digits=3, decimal_places=2, null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("perfil")
        verbose_name_plural = _("perfiles")

    def __str__(self) -> str:
        return str(self.user)

    def picture_ids(self) -> set[UUID]:
        """Return the ids of all pictures that the profile uses."""
        single = {pk for pk in (self.picture_id, self.cover_id, self.payment_qr_id) if pk}
        return single | set(self.gallery.values_list("picture_id", flat=True))


class GalleryPhoto(models.Model):
    """One of the up to twenty pictures of a person's work."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="gallery", verbose_name=_("perfil"))
    picture = models.OneToOneField("services.Picture", models.CASCADE, related_name="+", verbose_name=_("foto"))
    position = models.PositiveSmallIntegerField(_("posición"), default=0)
    alt = models.CharField(_("descripción"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("foto de la galería")
        verbose_name_plural = _("fotos de la galería")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.alt or f"{self.profile} {self.position}"
