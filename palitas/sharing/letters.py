"""Words that can be drawn: of what people type, the letters that our fonts have."""

import unicodedata
from functools import cache
from itertools import pairwise

from fontTools.ttLib import TTFont

from agreements.pdf.document import FONTS

# In letters; the widest of them fill half a line of the smallest title.
LONGEST_WORD = 16
BREAK = "\u200b"
# Between the parts of an emoji; they are drawn with what they join, or not at all.
JOINERS = frozenset("\u200d\ufe0f")


@cache
def known_letters() -> frozenset[int]:
    """Return the code points for which one of our fonts has a drawing."""
    known: set[int] = set()
    for path in FONTS.glob("*.ttf"):
        with TTFont(path, lazy=True) as font:
            known |= set(font.getBestCmap())
    return frozenset(known)


def drawable(text: str) -> str:
    """Return ``text`` on one line without what would come out as a box; a word too long for a line may be broken.

    Control characters and marks of direction go; so do letters of scripts that our fonts lack. Of a title in Arabic
    nothing is left: the caller has something else to say.
    """
    kept = ""
    for letter in unicodedata.normalize("NFC", text):
        if letter.isspace() or _is_drawn(letter) or (letter in JOINERS and _is_emoji(kept[-1:])):
            kept += letter if not letter.isspace() else " "
    return " ".join(map(_breakable, kept.split()))


def _is_drawn(letter: str) -> bool:
    return ord(letter) in known_letters() and unicodedata.category(letter) not in {"Cc", "Cf", "Co", "Mn"}


def _is_emoji(letter: str) -> bool:
    return letter != "" and (letter in JOINERS or unicodedata.category(letter) in {"So", "Sk"})


def _breakable(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    pairs = pairwise(f"{word} ")
    return "".join(one if _is_emoji(one) or _is_emoji(next_one) else one + BREAK for one, next_one in pairs)
