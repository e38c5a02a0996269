import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db.models.signals import post_migrate

from moderation import groups
from moderation.groups import GROUP_NAME, after_migrate, ensure_moderators_group

# Typed by hand: what a moderator may do is decided here, not in the code under test.
EXPECTED = {
    ("accounts", "view_galleryphoto"),
    ("accounts", "view_profile"),
    ("accounts", "view_user"),
    ("admin", "view_logentry"),
    ("agreements", "moderate_agreement"),
    ("agreements", "view_review"),
    ("agreements", "view_reviewphoto"),
    ("moderation", "moderate_listing"),
    ("moderation", "moderate_person"),
    ("moderation", "moderate_report"),
    ("moderation", "moderate_review"),
    ("moderation", "view_report"),
    ("notices", "change_outboxmail"),
    ("notices", "view_outboxmail"),
    ("promotions", "view_promotion"),
    ("requests_app", "view_servicerequest"),
    ("services", "add_service"),
    ("services", "change_service"),
    ("services", "view_photo"),
    ("services", "view_service"),
    ("services", "view_town"),
}


def permissions_of_group() -> set[tuple[str, str]]:
    rows = Group.objects.get(name=GROUP_NAME).permissions.values_list("content_type__app_label", "codename")
    return set(rows)


def test_migrate_makes_the_group_with_exactly_its_permissions(db):
    assert permissions_of_group() == EXPECTED


def test_flush_makes_the_group_again(transactional_db):
    Group.objects.all().delete()
    call_command("flush", interactive=False, verbosity=0)
    assert permissions_of_group() == EXPECTED


def test_group_is_complete_when_its_turn_comes_before_other_apps_have_permissions(db):
    Group.objects.all().delete()
    Permission.objects.all().delete()
    ContentType.objects.all().delete()
    ContentType.objects.clear_cache()
    config = apps.get_app_config("moderation")
    post_migrate.send(
        sender=config, app_config=config, apps=apps, using="default", verbosity=0, interactive=False, plan=[]
    )
    assert permissions_of_group() == EXPECTED


def test_migrating_to_before_groups_exist_makes_nothing(db):
    Group.objects.all().delete()
    after_migrate(using="default", apps=Apps())
    assert not Group.objects.exists()


def test_group_is_brought_back_to_its_permissions_and_keeps_its_members(moderator):
    group = Group.objects.get(name=GROUP_NAME)
    group.permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    assert ensure_moderators_group() == group
    assert permissions_of_group() == EXPECTED
    assert list(group.user_set.all()) == [moderator]


def test_permission_that_no_model_declares_is_an_error(db, monkeypatch):
    monkeypatch.setattr(groups, "PERMISSIONS", ("services.view_town", "services.paint_town"))
    with pytest.raises(LookupError, match=r"services\.paint_town"):
        ensure_moderators_group()
