"""Where pictures are kept, and the addresses that give them out. Addresses are signed and end by themselves."""

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlencode

from django.core import signing
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.urls import reverse

URL_LIFETIME = timedelta(hours=6)
# For this long the same file has the same address, so that browsers take it from their own cache.
URL_STABLE = URL_LIFETIME / 2
SALT = "services.pictures"
SIGNATURE_PARAMETER = "firma"


class SteadyTimestampSigner(signing.TimestampSigner):
    """Signs with the beginning of the running three hours instead of this second.

    The address of a file is then a function of the clock alone: every process gives out the same one, nothing needs
    to be remembered, and it stays good for three to six more hours.
    """

    def timestamp(self) -> str:
        stable = int(URL_STABLE.total_seconds())
        return signing.b62_encode(int(time.time()) // stable * stable)


def sign(key: str) -> str:
    """Return the signature that opens the file ``key`` until at most six hours from now."""
    return SteadyTimestampSigner(salt=SALT).sign(key).removeprefix(f"{key}:")


def signature_is_valid(key: str, signature: str) -> bool:
    """Return whether ``signature`` was made for ``key`` and has not ended."""
    try:
        SteadyTimestampSigner(salt=SALT).unsign(f"{key}:{signature}", max_age=URL_LIFETIME)
    except signing.BadSignature:
        return False
    return True


class SignedFileSystemStorage(FileSystemStorage):
    """Files under ``MEDIA_ROOT``; written whole or not at all, given out by ``services.pictures.views.media``."""

    def url(self, name: str | None) -> str:
        """Return the signed address of the file ``name``."""
        key = str(name)
        return f"{reverse('media', args=[key])}?{urlencode({SIGNATURE_PARAMETER: sign(key)})}"

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as temporary:
            unfinished = Path(temporary.name)
            try:
                for chunk in content.chunks():
                    temporary.write(chunk)
                temporary.flush()
                unfinished.chmod(self.file_permissions_mode or 0o644)
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
        return name

    def delete(self, name: str) -> None:
        """Delete the file, and its folder with the last one."""
        super().delete(name)
        with suppress(OSError):  # other files are left in it
            Path(self.path(name)).parent.rmdir()
