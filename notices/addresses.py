"""The same page in another language: Spanish pages have no prefix, others have their language's."""

from django.conf import settings
from django.utils.translation import get_language_from_path


def without_language(path: str) -> str:
    """Return the Spanish address of the page at ``path``."""
    language = get_language_from_path(path)
    return path.removeprefix(f"/{language}") if language else path


def in_language(path: str, language: str) -> str:
    """Return the address of the page at ``path`` for a reader of ``language``.

    ``reverse`` would need the page's name; what is kept of a notice is its path.
    """
    path = without_language(path)
    return path if language == settings.LANGUAGE_CODE else f"/{language}{path}"
