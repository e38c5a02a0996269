"""Which pictures everybody may see, and their addresses that never end."""

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import GalleryPhoto, Profile, User
from services.models import Listing, Picture
from services.models.picture import WIDTHS


def public_pictures() -> QuerySet[Picture]:
    """Return the pictures of published listings, and of the profiles of people in good standing.

    The QR of a payment is none of them, nor are the photos of messages, disputes and reviews.
    """
    people = User.objects.in_good_standing()
    shown = OuterRef("pk")
    return Picture.objects.filter(
        Exists(Listing.objects.published().filter(photos__picture=shown))
        | Exists(Profile.objects.filter(Q(picture=shown) | Q(cover=shown), user__in=people))
        | Exists(GalleryPhoto.objects.filter(picture=shown, profile__user__in=people)),
        discarded_at=None,
        missing_at=None,
    )


def permanent_url(picture: Picture, width: int = WIDTHS[-1]) -> str:
    """Return a whole address of ours that leads to ``picture`` for as long as everybody may see it."""
    return settings.SITE_URL + reverse("permanent_picture", args=[picture.pk, width])
