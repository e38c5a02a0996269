"""Static files as production serves them."""

from pathlib import PurePath

import rjsmin
from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN_SCRIPTS = "js"


def compact(script: str) -> str:
    """Return a script without its comments and indentation; names and lines that matter stay."""
    return str(rjsmin.jsmin(script))


class SiteStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage; our own scripts lose what only their authors read, a fifth of their weight on the wire."""

    def _save(self, name: str, content: File) -> str:
        path = PurePath(name)
        # Vendored files stay as they were published; those of Django's admin are not ours either.
        if path.parent == PurePath(OWN_SCRIPTS) and path.suffix == ".js":
            content.seek(0)  # it was read once already, for the hash in the name
            content = ContentFile(compact(content.read().decode()).encode())
        return str(super()._save(name, content))
