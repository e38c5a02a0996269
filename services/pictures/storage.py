"""Where pictures are kept. Addresses are signed and end by themselves, on disk as on S3."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage

URL_LIFETIME = timedelta(hours=6)
SALT = "services.pictures"
SIGNATURE_PARAMETER = "firma"


def signature_is_valid(key: str, signature: str) -> bool:
    """Return whether ``signature`` was made for ``key`` at most six hours ago."""
    try:
        return signing.TimestampSigner(salt=SALT).unsign(signature, max_age=URL_LIFETIME) == key
    except signing.BadSignature:
        return False
