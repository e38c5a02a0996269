"""Imports run one way, from the upper rooms of docs/architecture.md to the lower."""

import ast
from pathlib import Path

from django.conf import settings

# From the lowest to the highest; rooms of one line do not know each other.
LEVELS = [
    ["accounts"],
    ["notices"],
    ["services"],
    ["promotions", "requests_app"],
    ["agreements"],
    ["alerts", "moderation"],
    ["palitas"],
]
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}


def is_for_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imported_modules(path: Path, *, at_run_time: bool = False) -> set[str]:
    """Return the modules that a file imports; with ``at_run_time`` those under TYPE_CHECKING are left out."""
    modules = set()
    tree = ast.parse(path.read_text())
    if at_run_time:
        tree.body = [node for node in tree.body if not is_for_typing(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            modules.add(node.module)
    return modules


def forbidden_imports(path: Path, room: str) -> list[str]:
    return sorted(
        f"{path.relative_to(settings.BASE_DIR)} imports {module}"
        for module in imported_modules(path)
        if (other := module.split(".")[0]) in LEVEL_OF and other != room and LEVEL_OF[other] >= LEVEL_OF[room]
    )


def sources(room: str) -> list[Path]:
    return [
        path for path in Path(settings.BASE_DIR, room).rglob("*.py") if not {"tests", "migrations"} & set(path.parts)
    ]


def test_every_room_has_a_level():
    rooms = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/__init__.py")}
    assert rooms == set(LEVEL_OF)


def test_imports_run_from_upper_rooms_to_lower_rooms():
    assert [line for room in LEVEL_OF for path in sources(room) for line in forbidden_imports(path, room)] == []


def test_a_forbidden_import_would_be_found(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    path = tmp_path / "accounts.py"
    path.write_text("from services.models import Town\nimport notices.models\nfrom django.db import models\n")
    assert forbidden_imports(path, "accounts") == [
        "accounts.py imports notices.models",
        "accounts.py imports services.models",
    ]


# Inside a room a file imports only from the kinds named before it.
ORDER = ["enums", "validators", "permissions", "models", "transitions", "actions", "forms", "views", "urls", "admin"]


def test_files_inside_a_room_import_only_from_those_before_them():
    wrong = []
    for room in LEVEL_OF:
        for path in sources(room):
            if path.stem not in ORDER or path.parent.name != room:
                continue
            later = {f"{room}.{name}" for name in ORDER[ORDER.index(path.stem) + 1 :]}
            wrong += [
                f"{room}/{path.name} imports {module}" for module in imported_modules(path, at_run_time=True) & later
            ]
    assert wrong == []
