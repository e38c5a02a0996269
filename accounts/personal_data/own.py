"""What this room keeps: the account, the profile, and what allauth knows of both."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from accounts.models import FORMER_MEMBER, Profile, User
from accounts.personal_data.log import forget_in_log
from accounts.personal_data.registry import Keeper, Section, photo_name


def sections(user: User) -> dict[str, Section]:
    """Return account, profile, gallery, addresses, second factors and sessions."""
    return {
        "cuenta": {
            "nombre": user.first_name,
            "apellidos": user.last_name,
            "correo": user.email,
            "telefono": str(user.phone),
            "idioma_de_los_correos": user.language,
            "miembro_desde": user.date_joined,
            "ultima_entrada": user.last_login,
            "suspendida_desde": user.suspended_at,
            "razon_de_la_suspension": user.suspended_reason,
        },
        "perfil": _profile(user.profile),
        "galeria": _gallery(user.profile),
        "correos": [
            {"correo": address.email, "confirmado": address.verified, "principal": address.primary}
            for address in EmailAddress.objects.filter(user=user).order_by("pk")
        ],
        "segundos_pasos": [
            {"clase": factor.get_type_display(), "desde": factor.created_at, "usado": factor.last_used_at}
            for factor in Authenticator.objects.filter(user=user).order_by("pk")
        ],
        "sesiones": [
            {"direccion_ip": session.ip, "navegador": session.user_agent, "desde": session.created_at}
            for session in UserSession.objects.filter(user=user).order_by("pk")
        ],
    }


def _profile(profile: Profile) -> dict[str, Any]:
    return {
        "a_que_te_dedicas": profile.headline,
        "sobre_ti": profile.bio,
        "pueblo": profile.base_town.name if profile.base_town else None,
        "enlaces": profile.links,
        "foto": _photo(profile.picture_id),
        "portada": _photo(profile.cover_id),
        "qr_de_pago": _photo(profile.payment_qr_id),
        "palitas": profile.palitas_count,
        "resenas": profile.reviews_count,
        "promedio": profile.rating_average,
    }


def _photo(picture_id: UUID | None) -> str | None:
    return photo_name(picture_id) if picture_id else None


def _gallery(profile: Profile) -> Iterator[dict[str, Any]]:
    for photo in profile.gallery.all():
        yield {"foto": photo_name(photo.picture_id), "descripcion": photo.alt}


def erase(user: User, now: datetime) -> None:
    """Leave a row that nobody can log in with and that names nobody; the figures that reviews made stay."""
    forget_in_log(User, [user.pk])
    forget_in_log(Profile, [user.profile.pk])
    for session in UserSession.objects.filter(user=user):
        session.end()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.profile.gallery.all().delete()
    Profile.objects.filter(user=user).update(
        headline="", bio="", base_town=None, links=[], picture=None, cover=None, payment_qr=None
    )
    user.groups.clear()
    user.user_permissions.clear()
    _leave_tombstone(user, now)


def _leave_tombstone(user: User, now: datetime) -> None:
    changes = {
        "email": f"borrado-{user.pk}@palitaspr.invalid",  # RFC 2606: no mail can ever be sent there.
        "first_name": FORMER_MEMBER,
        "last_name": "",
        "phone": "",
        "last_login": None,
        "is_active": False,
        "suspended_at": None,
        "suspended_reason": "",
        "erased_at": user.erased_at or now,
    }
    for name, value in changes.items():
        setattr(user, name, value)
    if user.has_usable_password():  # The other kind is drawn anew each time.
        user.set_unusable_password()
    user.save(update_fields=["password", *changes])


KEEPER = Keeper("accounts", sections=sections, erase=erase)
