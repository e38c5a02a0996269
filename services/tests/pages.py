"""The pages of both kinds of listing, for the tests of what they share."""

from dataclasses import dataclass
from typing import Any

import pytest
from bs4 import BeautifulSoup

from services.enums import Kind
from services.tests.factories import PromotionFactory, ServiceFactory, ServiceRequestFactory, TownFactory


@dataclass(frozen=True)
class KindPages:
    kind: Kind
    path: str
    factory: Any

    def action(self, listing, name: str) -> str:
        return f"{self.path}{listing.pk}/{name}/"

    def detail(self, listing) -> str:
        return f"{self.path}{listing.pk}-{listing.slug}/"


PAGES = [
    pytest.param(KindPages(Kind.PROMOTION, "/promociones/", PromotionFactory), id="promotion"),
    pytest.param(KindPages(Kind.REQUEST, "/solicitudes/", ServiceRequestFactory), id="request"),
]


def good_data(**changes):
    """Return what a browser sends for a complete listing."""
    ServiceFactory()
    TownFactory()
    data = {
        "service": "plomeria",
        "title": "Destapes en Ponce",
        "description": "Reparo liqueos.",
        "towns": ["ponce"],
        "price_min": "$40",
        "price_max": "1,500",
        **changes,
    }
    return {name: value for name, value in data.items() if value is not None}


def errors_of(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    page = BeautifulSoup(response.content, "html.parser")
    shown = {}
    for box in page.select(".field-invalid"):
        field = box.select_one("input[type=file]") or box.select_one("[name]")
        shown[field["name"]] = [error.get_text() for error in box.select(".errorlist li")]
    return shown
