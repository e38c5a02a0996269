"""Every page of admin for every role, and what its lists cost."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import GalleryPhoto, Profile, User
from agreements.models import Agreement, Review, ReviewPhoto
from moderation.models import Report
from moderation.tests.rows import MAKERS, PAGES
from notices.models import Notice, OutboxMail
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.models import Photo, Picture, Service, Town

# Django's own templates read variables that nobody sets.
pytestmark = pytest.mark.ignore_template_errors

# Shown on the page of their owner, not on pages of their own.
INLINE = {GalleryPhoto, Photo, ReviewPhoto}


def addresses(model: type[Model], pk: object) -> list[str]:
    prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    return [
        reverse(f"{prefix}_changelist"),
        reverse(f"{prefix}_add"),
        reverse(f"{prefix}_change", args=[pk]),
        reverse(f"{prefix}_delete", args=[pk]),
    ]


def test_every_registered_model_is_in_the_table():
    assert set(admin.site._registry) == set(PAGES) == set(MAKERS)


def test_every_model_of_ours_has_its_place_in_admin():
    ours = {"accounts", "moderation", "notices", "services", "promotions", "requests_app"}
    # A model without permissions is nobody's to look at: switched-off mail, views by day.
    models = {
        model for label in ours for model in apps.get_app_config(label).get_models() if model._meta.default_permissions
    }
    concrete = {proxy._meta.concrete_model for proxy in PAGES if proxy._meta.proxy}
    assert models - set(PAGES) - INLINE == concrete


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_pages_for_staff(model, moderator, superuser, login):
    row = MAKERS[model]()
    for user, expected in zip((moderator, superuser), PAGES[model], strict=True):
        browser = login(user)
        assert tuple(browser.get(address).status_code for address in addresses(model, row.pk)) == expected


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("who", ["anonymous", "unverified", "member", "suspended"])
def test_pages_for_everybody_else(model, who, db, request, client, login):
    row = MAKERS[model]()
    browser = client if who == "anonymous" else login(request.getfixturevalue(who))
    for address in addresses(model, row.pk):
        response = browser.get(address)
        assert (response.status_code, response.url.split("?")[0]) in [(302, "/cuenta/login/"), (302, "/admin/login/")]


# Typed by hand: what a list costs beyond what every page of a logged-in person does.
LIST_QUERIES = {
    EmailAddress: 2,
    Authenticator: 2,
    Profile: 2,
    User: 2,
    Agreement: 2,
    Review: 2,
    Report: 2,
    LogEntry: 5,
    Group: 3,
    Notice: 2,
    OutboxMail: 2,
    Promotion: 5,
    ServiceRequest: 5,
    Picture: 2,
    Service: 3,
    Town: 2,
}


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_lists_make_the_same_queries_with_1_3_and_20_rows(model, superuser, login):
    browser = login(superuser)
    browser.get(reverse("admin:jsi18n"))  # The first page of a session writes more than the next.
    with CaptureQueriesContext(connection) as of_every_page:
        browser.get(reverse("admin:jsi18n"))
    costs = []
    made = 0
    for rows in (1, 3, 20):
        for _row in range(made, rows):
            MAKERS[model]()
        made = rows
        with CaptureQueriesContext(connection) as of_this_page:
            assert browser.get(addresses(model, 0)[0]).status_code == 200
        costs.append(len(of_this_page) - len(of_every_page))
    assert costs == [LIST_QUERIES[model]] * 3
