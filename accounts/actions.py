"""Changes that a person makes to their own account."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from phonenumber_field.phonenumber import PhoneNumber

from accounts.models import GalleryPhoto, Profile, User


@dataclass(frozen=True)
class ProfilePictures:
    """The ids of the pictures that a profile uses; the gallery in its order, each with its description."""

    picture: UUID | None = None
    cover: UUID | None = None
    payment_qr: UUID | None = None
    gallery: Sequence[tuple[UUID, str]] = ()

    def ids(self) -> set[UUID]:
        single = {pk for pk in (self.picture, self.cover, self.payment_qr) if pk}
        return single | {pk for pk, _alt in self.gallery}


@transaction.atomic
def update_person(*, user: User, first_name: str, last_name: str, phone: PhoneNumber, language: str) -> User:
    """Change what a person says of themselves, and the language of the mail they get.

    Args:
        language: one of ``settings.LANGUAGES``.
    """
    user.first_name = first_name
    user.last_name = last_name
    user.phone = phone
    user.language = language
    user.save(update_fields=["first_name", "last_name", "phone", "language"])
    return user


@transaction.atomic
def update_profile(
    *, profile: Profile, headline: str, bio: str, base_town_id: int | None, links: list[str], pictures: ProfilePictures
) -> Profile:
    """Change what others see of a person.

    Pictures belong to a room above: whoever calls this claims the new ones and discards those no longer used, in the
    same transaction.
    """
    profile.headline = headline
    profile.bio = bio
    profile.base_town_id = base_town_id
    profile.links = links
    profile.picture_id = pictures.picture
    profile.cover_id = pictures.cover
    profile.payment_qr_id = pictures.payment_qr
    profile.save(update_fields=["headline", "bio", "base_town", "links", "picture", "cover", "payment_qr"])
    profile.gallery.all().delete()
    GalleryPhoto.objects.bulk_create(
        GalleryPhoto(profile=profile, picture_id=pk, position=position, alt=alt)
        for position, (pk, alt) in enumerate(pictures.gallery)
    )
    return profile
