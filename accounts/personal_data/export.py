"""The download of everything that is one's own: ``datos.json`` and the photos, in a zip.

The archive grows on the disk and is read row by row and piece by piece, so that its size does not matter to the
process that makes it.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from accounts.models import User
from accounts.personal_data.registry import Section, StoredFile, registered

logger = logging.getLogger(__name__)

DATA_NAME = "datos.json"
INDENT = "  "


def make_archive(*, user: User, now: datetime) -> IO[bytes]:
    """Return an open temporary file, at its beginning, that is gone when it is closed.

    Raises:
        ConnectionError: the files are away for now; without them it would pass for complete.
    """
    archive = TemporaryFile()  # noqa: SIM115 - the caller reads and closes it
    try:
        with ZipFile(archive, "w") as target:
            with target.open(_entry(DATA_NAME, ZIP_DEFLATED, now), "w") as data:
                for piece in _json_pieces(user):
                    data.write(piece.encode())
            for keeper in registered():
                for file in keeper.files(user):
                    _add(target, file, now)
    except BaseException:
        archive.close()
        raise
    archive.seek(0)
    return archive


def _entry(name: str, compression: int, now: datetime) -> ZipInfo:
    entry = ZipInfo(name, timezone.localtime(now).timetuple()[:6])
    entry.compress_type = compression
    return entry


def _add(target: ZipFile, file: StoredFile, now: datetime) -> None:
    try:
        source = file.open()
    except ConnectionError:  # The next would wait as long.
        raise
    except OSError:
        # One lost file must not keep everything else from the person.
        logger.exception("%s is missing in a download of personal data.", file.name)
        return
    with source, target.open(_entry(file.name, ZIP_STORED, now), "w") as copy:
        shutil.copyfileobj(source, copy)


def _json_pieces(user: User) -> Iterator[str]:
    """Yield one JSON object with every section of every room, as ``json.dumps(…, indent=2)`` would write it."""
    lead = "{"
    for keeper in reversed(registered()):  # The account first, what came of it later.
        for name, section in keeper.sections(user).items():
            yield f"{lead}\n{INDENT}{_dumps(name, 1)}: "
            yield from _section_pieces(section)
            lead = ","
    yield "\n}\n"


def _section_pieces(section: Section) -> Iterator[str]:
    if isinstance(section, Mapping):
        yield _dumps(section, 1)
        return
    lead = "["
    for row in section:
        yield f"{lead}\n{INDENT * 2}{_dumps(row, 2)}"
        lead = ","
    yield "[]" if lead == "[" else f"\n{INDENT}]"


def _dumps(value: Any, level: int) -> str:
    """Write a value that stands ``level`` steps to the right; a line break inside a string is not a real one."""
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=INDENT)
    return text.replace("\n", "\n" + INDENT * level)
