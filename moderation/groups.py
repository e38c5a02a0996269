"""The group *Moderadores*: the rights that keep the place clean, and not one more."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS

GROUP_NAME = "Moderadores"
PERMISSIONS = (
    "accounts.view_galleryphoto",
    "accounts.view_profile",
    "accounts.view_user",
    "admin.view_logentry",
    "agreements.moderate_agreement",
    "agreements.view_review",
    "agreements.view_reviewphoto",
    "moderation.moderate_listing",
    "moderation.moderate_person",
    "moderation.moderate_report",
    "moderation.moderate_review",
    "moderation.view_report",
    "notices.change_outboxmail",
    "notices.view_outboxmail",
    "promotions.view_promotion",
    "requests_app.view_servicerequest",
    "services.add_service",
    "services.change_service",
    "services.view_photo",
    "services.view_service",
    "services.view_town",
)


def ensure_moderators_group(*, using: str = DEFAULT_DB_ALIAS) -> Group:
    """Make the group, or bring it back to exactly ``PERMISSIONS``; its members stay.

    Raises:
        LookupError: when a permission is named that no model declares.
    """
    # Django creates an app's permissions when that app's turn comes after a migration; ours may come before.
    for label in sorted({name.split(".")[0] for name in PERMISSIONS}):
        create_permissions(installed_apps.get_app_config(label), verbosity=0, using=using)
    group, _created = Group.objects.using(using).get_or_create(name=GROUP_NAME)
    group.permissions.set(_permissions(PERMISSIONS, using))
    return group


def _permissions(names: Iterable[str], using: str) -> list[Permission]:
    wanted = set(names)
    codenames = {name.split(".")[1] for name in wanted}
    candidates = Permission.objects.using(using).filter(codename__in=codenames).select_related("content_type")
    found = {f"{one.content_type.app_label}.{one.codename}": one for one in candidates}
    if missing := wanted - set(found):
        raise LookupError(f"No model declares the permission {', '.join(sorted(missing))}.")
    return [found[name] for name in wanted]


def after_migrate(*, using: str, apps: Any = installed_apps, **_signal: object) -> None:
    """Make the group after ``migrate`` and ``flush``, unless the tables of groups are not there (yet)."""
    try:
        apps.get_model("auth", "Group")
    except LookupError:
        return
    ensure_moderators_group(using=using)
