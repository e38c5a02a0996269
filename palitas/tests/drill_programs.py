"""What the restore drill needs; Debian keeps PostgreSQL's own programs out of the path."""

import shutil
from pathlib import Path

from services.tests.s3_server import WEED


def programs() -> Path | None:
    """Return the folder with ``initdb``, of the newest version; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def missing_programs() -> list[str]:
    """Return the names of what ``make drill`` needs and this machine lacks."""
    there = {
        "PostgreSQL": programs(),
        "SeaweedFS": WEED.exists(),
        "openssl": shutil.which("openssl"),
        "pgBackRest": shutil.which("pgbackrest"),
    }
    return [name for name, found in there.items() if not found]
