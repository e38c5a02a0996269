"""Every pattern of the site as every role: no refusal of the content policy, no error, nothing for axe to find."""

import pytest
from django.contrib import admin

from moderation.tests.rows import PAGES
from palitas.tests.crawl_scene import ADDRESSES, Scene, make_people, make_scene
from palitas.tests.crawl_walks import add_passkey, walk_everywhere
from palitas.tests.crawler import Crawl, routes

REFUSED = 403
# On one engine only: what a browser sees does not depend on it.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite,
    pytest.mark.django_db(transaction=True),
    pytest.mark.ignore_template_errors,  # Django's own admin pages read variables that nobody sets.
]

NOT_REACHED = {
    "admin/(?P<url>.*)$": "answers what is no page of admin",
    "admin/agreements/agreement/<path:object_id>/history/": "left to the log's own page",
} | {
    f"admin/{model._meta.label_lower.replace('.', '/')}/{page}": "refused to everybody: the site alone writes the row"
    for model, (_moderator, (_list, may_add, _change, may_delete)) in PAGES.items()
    for page, status in (("add/", may_add), ("<path:object_id>/delete/", may_delete))
    if status == REFUSED
}


def admin_addresses(route: str, scene: Scene) -> list[str]:
    """Return the addresses of a page about one row of admin: that row's, or a step's with the row chosen."""
    for model in admin.site._registry:
        prefix = f"admin/{model._meta.label_lower.replace('.', '/')}/"
        if route.startswith(prefix):
            step = route.removeprefix(prefix)
            pk = scene.names[prefix]
            return [f"/{route}?id={pk}"] if step else [f"/{route}"]
    return [f"/{route}"]


def addresses_of(route: str, scene: Scene) -> list[str]:
    if route in ADDRESSES:
        return [address.format(**scene.names) for address in ADDRESSES[route]]
    if route.startswith("admin/(?P<app_label>"):
        return ["/admin/services/"]
    if route.startswith("admin/") and "<path:object_id>" in route:
        prefix = route.partition("<path")[0]
        return [f"/{route}".replace("<path:object_id>", str(scene.names[prefix]))]
    if route.startswith("admin/"):
        return admin_addresses(route, scene)
    return [] if "<" in route else [f"/{route}"]


def test_an_empty_site(open_tab, db, record_property):
    scene = Scene(make_people(), {})
    crawl = Crawl(open_tab, {role: scene.people[role] for role in ("anonymous", "client", "superuser")})
    for route in routes():
        if "<" not in route and not route.startswith("admin/"):
            crawl.ask_everybody(f"/{route}")
    record_property("summary", f"Crawl of an empty site: {crawl.summary()}")
    assert crawl.wrong == []


@pytest.mark.parametrize("part", ["site", "admin"])
def test_every_pattern_as_every_role(part, open_tab, db, record_property, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600  # on a slow machine the crawl takes longer than allauth's patience
    scene = make_scene()
    crawl = Crawl(open_tab, scene.people)
    scene.names["passkey"] = add_passkey(crawl, "moderator")
    patterns = [route for route in routes() if route.startswith("admin/") == (part == "admin")]
    unknown = []
    for route in patterns:
        addresses = addresses_of(route, scene)
        if not addresses and route not in NOT_REACHED:
            unknown.append(route)
        for address in addresses:
            crawl.ask_everybody(address)
    if part == "site":
        walk_everywhere(crawl, scene.people)
    crawl.press_everything()
    record_property("summary", f"Crawl of {part}: {crawl.summary()}")
    assert sorted(set(crawl.wrong)) == []
    assert unknown == [], "give these an address in ADDRESSES of crawl_scene.py, with rows that make it answer"
    missing = [route for route in patterns if route not in crawl.reached | set(NOT_REACHED)]
    assert missing == [], "nobody got more than a refusal from these: add a row or a role to crawl_scene.py"
