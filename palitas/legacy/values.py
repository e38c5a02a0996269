"""The rules for single values of the former site: what they become here, and what there is to say about it.

Each function takes a value as the former database has it, whatever its type, and a list to which it adds a remark for
the operator when something of the value is lost or changed. Remarks never repeat the value: reports travel.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import strip_tags
from django.utils.text import slugify

from accounts.models import User
from accounts.validators import MAX_LINKS, validate_links
from agreements.models import MAX_TERM, MAX_TERMS
from services.models.listing import MAX_PRICE
from services.validators import plain_line, plain_text

SEPARATOR = "|"
# What programs write where there is nothing.
NOTHING = frozenset({"", "null", "none", "undefined", "nan", "n/a", "na"})
TRUE = frozenset({"true", "t", "1", "yes", "y", "on"})

MARKUP = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
UNSEEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
LINE_BREAK = re.compile(r"<br\s*/?>|</(p|div|li|h[1-6])\s*>", re.IGNORECASE)

BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53}")
# Each step doubles the time of a login: 14 takes about a second.
MIN_COST, MAX_COST = 4, 14

AMOUNT = re.compile(r"-?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?|-?\.[0-9]+")
LEAST_STARS, MOST_STARS = Decimal("0.5"), Decimal(5)
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/|$|\?)", re.IGNORECASE)
MAX_FILE_NAME = 255

Remarks = list[str]


def text(value: Any) -> str:
    """Return any value as text without white space around it; nothing for NULL."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        value = bytes(value).decode(errors="replace")
    return "" if value is None else str(value).replace("\0", "").strip()


def key(value: Any) -> str:
    """Return a key of the former database as text."""
    return text(value)


def flag(value: Any) -> bool:
    """Return whether a value means yes."""
    return text(value).lower() in TRUE


def moment(value: Any) -> datetime | None:
    """Return a time; one without a zone is UTC, as the former site's servers wrote it. None when it cannot be read."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def words(value: Any, remarks: Remarks, *, name: str, limit: int, in_lines: bool = False) -> str:
    """Return what somebody wrote, without HTML, cut to ``limit`` letters at the end of a word.

    Args:
        name: of the column, for the remark.
        in_lines: keep the ends of lines.
    """
    written = text(value)
    if MARKUP.search(written):
        written = strip_tags(LINE_BREAK.sub("\n", UNSEEN.sub("", written)))
        remarks.append(f"HTML taken out of {name}")
    written = (plain_text if in_lines else plain_line)(unescape(written))
    if len(written) <= limit:
        return written
    remarks.append(f"{name} cut to {limit} letters")
    return cut(written, limit)


def cut(written: str, limit: int) -> str:
    """Return at most ``limit`` letters, ending with a whole word and an ellipsis."""
    if len(written) <= limit:
        return written
    head, following = written[: limit - 1], written[limit - 1]
    ends_in_a_word = not (head[-1:].isspace() or following.isspace())
    if ends_in_a_word and " " in head[limit // 2 :]:
        head = head.rsplit(None, 1)[0]
    return f"{head.rstrip()}…"


def email(value: Any) -> str:
    """Return the address in lower case, or nothing when it is none that mail could be sent to."""
    address = text(value).lower()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= (User._meta.get_field("email").max_length or 0) else ""


def password(value: Any, remarks: Remarks) -> str:
    """Return the hash as Django keeps it, or nothing when nobody could log in with it."""
    hashed = text(value)
    if hashed.startswith("\\x"):  # bytes that a text column was given
        try:
            hashed = bytes.fromhex(hashed[2:]).decode("ascii", errors="replace")
        except ValueError:
            hashed = ""
    match = BCRYPT.fullmatch(hashed)
    if match and MIN_COST <= int(match["cost"]) <= MAX_COST:
        return f"bcrypt${hashed}"
    remarks.append("the password is no bcrypt hash: the person chooses a new one by mail")
    return ""


def phone(value: Any, remarks: Remarks) -> str:
    """Return a telephone number in E.164, or nothing; without a country it is one of Puerto Rico."""
    typed = text(value)
    if typed.lower() in NOTHING:
        return ""
    try:
        number = phonenumbers.parse(typed, settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        remarks.append("the phone number is none")
        return ""
    if number.extension:
        remarks.append("the extension of the phone number is lost")
        number.extension = None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def amount(value: Any) -> Decimal | None:
    """Return the only number in a value, however it is written: 25, "$1,500.00", "25 dólares"."""
    found = AMOUNT.findall(text(value))
    if len(found) != 1:
        return None
    try:
        return Decimal(found[0].replace(",", ""))
    except InvalidOperation:
        return None


def price(value: Any, remarks: Remarks, *, name: str) -> int | None:
    """Return whole dollars, half a dollar up; None when there is no price or none that could be one."""
    if text(value).lower() in NOTHING:
        return None
    dollars = amount(value)
    if dollars is None or not 0 <= dollars <= MAX_PRICE:
        remarks.append(f"{name} is no price between $0 and ${MAX_PRICE:,}")
        return None
    whole = int(dollars.quantize(Decimal(1), ROUND_HALF_UP))
    if whole != dollars:
        remarks.append(f"{name} rounded to whole dollars")
    return whole


def price_range(low: Any, high: Any, remarks: Remarks) -> tuple[int | None, int | None]:
    """Return both prices in their order."""
    first, last = price(low, remarks, name="price_min"), price(high, remarks, name="price_max")
    if first is not None and last is not None and first > last:
        remarks.append("price_min was above price_max: exchanged")
        return last, first
    return first, last


def rating(value: Any) -> Decimal | None:
    """Return the number of stars, which may be a broken one; None when it comes to no 1 to 5 whole stars."""
    stars = amount(value)
    return stars if stars is not None and LEAST_STARS <= stars <= MOST_STARS else None


def whole_stars(stars: Decimal, remarks: Remarks) -> int:
    """Return 1 to 5 for what ``rating`` gives: half a star counts as one."""
    whole = int(stars.quantize(Decimal(1), ROUND_HALF_UP))
    if whole != stars:
        remarks.append("rating rounded to whole stars")
    return whole


def terms(value: Any, remarks: Remarks) -> list[str]:
    """Return the terms of an agreement, at most twenty of at most 300 letters; a longer one goes on in the next."""
    lines: list[str] = []
    for part in text(value).split(SEPARATOR):
        line = words(part, remarks, name="a term", limit=MAX_TERM * MAX_TERMS)
        pieces = _pieces(line, MAX_TERM)
        if len(pieces) > 1:
            remarks.append(f"a term of more than {MAX_TERM} letters became several")
        lines += pieces
    if len(lines) > MAX_TERMS:
        remarks.append(f"more than {MAX_TERMS} terms: the last ones share a line")
        lines = [*lines[: MAX_TERMS - 1], cut("; ".join(lines[MAX_TERMS - 1 :]), MAX_TERM)]
        if lines[-1].endswith("…"):
            remarks.append("the last terms are cut")
    return lines


def _pieces(line: str, limit: int) -> list[str]:
    pieces = []
    while len(line) > limit:
        head = line[: limit + 1].rsplit(" ", 1)[0][:limit]
        pieces.append(head)
        line = line[len(head) :].lstrip()
    return [*pieces, line] if line else pieces


def links(value: Any, remarks: Remarks) -> list[str]:
    """Return the web addresses of a profile, at most five; they come as JSON or as text with any separator."""
    found: list[str] = []
    for candidate in _link_texts(value):
        link = f"https://{candidate}" if DOMAIN.match(candidate) else candidate
        try:
            validate_links([link])
        except ValidationError:
            remarks.append("a link is no web address")
            continue
        if link not in found:
            found.append(link)
    if len(found) > MAX_LINKS:
        remarks.append(f"more than {MAX_LINKS} links")
    return found[:MAX_LINKS]


def _link_texts(value: Any) -> list[str]:
    if isinstance(value, str) and value.strip()[:1] in {"[", "{"}:
        try:
            value = json.loads(value)
        except ValueError:
            value = value.strip(" []{}")
    if isinstance(value, dict):
        value = list(value.values())
    parts: Iterable[Any] = value if isinstance(value, list) else re.split(r"[|,;\s]+", text(value))
    texts = (text(part).strip("\"'") for part in parts)
    return [part for part in texts if part.lower() not in NOTHING]


def picture_names(value: Any) -> list[str]:
    """Return the names in a list of pictures, each once, in order. What stands for "no picture" is none."""
    parts = value if isinstance(value, list) else text(value).split(SEPARATOR)
    names = (text(part) for part in parts)
    return list(dict.fromkeys(name for name in names if name.lower() not in NOTHING))


def picture_key(name: str, *, user: str, kind: str, row: str) -> str:
    """Return the key of a picture in the former storage; nothing when its name cannot be one.

    A name may be the whole key already, or its web address.
    """
    if "://" in name:
        name = urlsplit(name).path.lstrip("/") if len(name) <= 8 * MAX_FILE_NAME else ""
    parts = name.split("/") if "/" in name else ["users", user, kind, row, name]
    is_key = all(part and part not in {".", ".."} and len(part) <= MAX_FILE_NAME for part in parts)
    return "/".join(parts) if is_key and name.isprintable() and "\\" not in name else ""


def catalogue_key(name: Any) -> str:
    """Return a name of a service or a town without accents, capitals and signs, to find its counterpart by."""
    return slugify(plain_line(unescape(text(name))))
