"""Everything that a refused request must leave as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.db import transaction

# Written on every visit, by whomever.
VISITS = {"sessions.Session", "usersessions.UserSession"}


def snapshot() -> dict[str, list]:
    """Return every row of every table, mail included, and every file."""
    rows = {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label not in VISITS and not model._meta.proxy and model._meta.managed
    }
    media = settings.MEDIA_ROOT
    return rows | {"files": sorted(str(path) for path in media.rglob("*")) if media.exists() else []}


@contextmanager
def rolled_back() -> Iterator[None]:
    """Forget what is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
