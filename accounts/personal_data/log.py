"""What admin's log says about rows whose person has gone."""

from collections.abc import Collection

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.models import FORMER_MEMBER


def forget_in_log(model: type[Model], keys: Collection[object], *, with_words: bool = True) -> None:
    """Take people's names, and the moderators' words, out of the lines about these rows.

    Who did it and when stays: that is what the log answers for.

    Args:
        model: a concrete model; lines about its proxies are found too.
        with_words: False where the words do not tell of the person.
    """
    faces = [face for face in apps.get_models() if face._meta.concrete_model is model]
    types = ContentType.objects.get_for_models(*faces, for_concrete_models=False).values()
    lines = LogEntry.objects.filter(content_type__in=types, object_id__in=[str(key) for key in keys])
    changes = {"change_message": ""} if with_words else {}
    lines.update(object_repr=FORMER_MEMBER, **changes)
