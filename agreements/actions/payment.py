"""The QR with which a provider is paid outside the site."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Profile, User
from services.models import Picture
from services.pictures.chosen import ChosenPicture, take


@transaction.atomic
def set_payment_qr(*, user: User, photos: Sequence[ChosenPicture], now: datetime) -> None:
    """Put a picture in the place of a person's payment QR; the former one is discarded.

    Args:
        photos: the one picture; none takes the QR away.

    Raises:
        PicturesTaken: another form has used the picture.
    """
    # Held, so that of two forms sent at once the second knows which picture the first has put there.
    profile = Profile.objects.select_for_update().get(user=user)
    before = {profile.payment_qr_id} if profile.payment_qr_id else set()
    chosen = {choice.picture.pk for choice in photos}
    take(chosen=photos, attached=before, now=now)
    profile.payment_qr_id = next(iter(chosen), None)
    profile.save(update_fields=["payment_qr"])
    Picture.objects.filter(pk__in=before - chosen).discard(now=now)
