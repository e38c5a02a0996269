"""What any kind of notice may be told about."""

import re

from notices import kinds

KNOWN = {
    "name": "Ana Díaz",
    "title": "Uñas & más",
    "price": "1,500",
    "reason": "No es un <servicio>.",
    "note": "Primera línea\nsegunda <b>línea</b>",
}


def sample_of(kind: str) -> dict[str, str]:
    """Return a context with all that the words of a kind name."""
    found = kinds.get(kind)
    words = "".join(map(str, (found.sentence, found.subject, found.advice, found.button)))
    return dict.fromkeys(re.findall(r"%\((\w+)\)", words), "algo") | KNOWN
