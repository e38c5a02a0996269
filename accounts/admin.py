"""People and profiles in admin, and what allauth keeps about them.

The page of a person is ``PersonAdmin``; the room of the moderators registers it together with what they do there.
"""

from typing import Any, ClassVar

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.admin_base import BigTableAdmin, ReadOnly, admin_link, thumbnail
from accounts.models import GalleryPhoto, Profile, User

MIN_PHONE_DIGITS = 4

# allauth's own pages, registered by the imports above, show the secrets of second factors and search for a username.
admin.site.unregister([Authenticator, EmailAddress, UserSession])


class SuspendedFilter(admin.SimpleListFilter):
    title = _("suspensión")
    parameter_name = "suspendida"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [("si", _("Suspendidas")), ("no", _("Sin suspensión"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() in ("si", "no"):
            return queryset.filter(suspended_at__isnull=self.value() == "no")
        return None


class PersonAdmin(BigTableAdmin):
    """An account. Only superusers change one; the e-mail is its login, which its owner alone changes on the site."""

    list_display: tuple[str, ...] = (
        "email",
        "full_name",
        "phone",
        "is_verified",
        "standing",
        "is_staff",
        "date_joined",
    )
    list_filter = (SuspendedFilter, "is_active", "is_staff", ("date_joined", admin.DateFieldListFilter))
    search_fields = ("email", "first_name", "last_name", "phone")
    search_help_text = _("Correo completo, nombre, apellidos o teléfono.")
    filter_horizontal = ("groups",)
    readonly_fields: ClassVar[tuple[str, ...]] = (
        "email",
        "is_verified",
        "suspended_at",
        "suspended_reason",
        "date_joined",
        "last_login",
        "page",
    )
    fieldsets: ClassVar[tuple[Any, ...]] = (
        (None, {"fields": ("email", "is_verified", "first_name", "last_name", "phone", "language", "page")}),
        (_("Suspensión"), {"fields": ("suspended_at", "suspended_reason")}),
        (_("Acceso"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "date_joined", "last_login")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        verified = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
        people: QuerySet[User] = super().get_queryset(request)
        return people.annotate(verified=Exists(verified))

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Look for an e-mail by its index, for anything else in names and phone."""
        if "@" in search_term:
            return queryset.filter(email=search_term.strip().lower()), False
        for word in search_term.split():
            digits = "".join(letter for letter in word if letter.isdigit())
            by_phone = Q(phone__endswith=digits) if len(digits) >= MIN_PHONE_DIGITS else Q()
            queryset = queryset.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | by_phone)
        return queryset, False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """People sign up themselves; ``create_moderator`` and ``createsuperuser`` make staff."""
        return False

    def has_change_permission(self, request: HttpRequest, _obj: User | None = None) -> bool:
        """Whoever writes here could make superusers: the permission alone is not enough."""
        return request.user.is_superuser

    def has_delete_permission(self, _request: HttpRequest, _obj: User | None = None) -> bool:
        """An account is closed by its owner on the site, or deactivated here: a deleted row would leave its files."""
        return False

    @admin.display(description=_("nombre"))
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("correo confirmado"), boolean=True)
    def is_verified(self, user: Any) -> bool:
        return bool(user.verified)

    @admin.display(description=_("en regla"), boolean=True)
    def standing(self, user: User) -> bool:
        return user.is_active and not user.is_suspended

    @admin.display(description=_("perfil"))
    def page(self, user: User) -> str:
        return admin_link(reverse("admin:accounts_profile_change", args=[user.profile.pk]), _("Ver el perfil"))


class GalleryPhotoInline(ReadOnly, admin.TabularInline):
    model = GalleryPhoto
    fields = ("image", "alt", "position")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[GalleryPhoto]:
        return super().get_queryset(request).select_related("picture")

    @admin.display(description=_("foto"))
    def image(self, photo: GalleryPhoto) -> str:
        return thumbnail(photo.picture)


@admin.register(Profile)
class ProfileAdmin(ReadOnly, BigTableAdmin):
    """What a person says of themselves. Nobody rewrites it: whoever abuses it is suspended."""

    list_display = ("image", "user", "headline", "base_town", "palitas_count", "rating_average", "reviews_count")
    list_display_links = ("user",)
    list_select_related = ("user", "base_town", "picture")
    search_fields = ("user__email", "headline")
    search_help_text = _("Correo completo, o palabras de a qué se dedica.")
    fields = (
        "person",
        "headline",
        "bio",
        "base_town",
        "links",
        "image",
        "cover_image",
        "palitas_count",
        "rating_average",
        "reviews_count",
    )
    readonly_fields = fields
    inlines = (GalleryPhotoInline,)

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Profile], search_term: str
    ) -> tuple[QuerySet[Profile], bool]:
        if "@" in search_term:
            return queryset.filter(user__email=search_term.strip().lower()), False
        for word in search_term.split():
            queryset = queryset.filter(headline__icontains=word)
        return queryset, False

    @admin.display(description=_("persona"))
    def person(self, profile: Profile) -> str:
        return admin_link(reverse("admin:accounts_user_change", args=[profile.user_id]), profile.user)

    @admin.display(description=_("foto"))
    def image(self, profile: Profile) -> str:
        return thumbnail(profile.picture)

    @admin.display(description=_("portada"))
    def cover_image(self, profile: Profile) -> str:
        return thumbnail(profile.cover)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnly, BigTableAdmin):
    """Addresses and whether they are confirmed: their owners change them on the site."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    search_fields = ("=email",)
    search_help_text = _("Correo completo.")


@admin.register(Authenticator)
class AuthenticatorAdmin(BigTableAdmin):
    """Second factors, without their secrets. One is deleted when its owner has lost the device."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    exclude = ("data",)
    search_fields = ("=user__email",)
    search_help_text = _("Correo completo.")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Authenticator | None = None) -> bool:
        return False
