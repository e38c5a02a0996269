"""What tests about the former site share."""

import os

import pytest

from palitas.tests import former_site
from services.catalog_data import load_catalog


@pytest.fixture(scope="session")
def empty_site():
    with former_site.database(former_site.server(), f"palitas_former_{os.getpid()}") as url:
        yield url


@pytest.fixture
def whole_catalogue(db):
    load_catalog()


@pytest.fixture
def former(empty_site, whole_catalogue):
    """Pilar offers nails in Ponce, Carlos has written to her."""
    site = former_site.Former(empty_site)
    site.add("services", id="s1", name="Uñas")
    for number, name in enumerate(["Toda la isla", "Ponce", "Mayaguez"]):
        site.add("towns", id=number, name=name)
    site.user("pilar")
    site.user("carlos")
    site.promotion("p1")
    site.contact("c1")
    yield site
    site.connection.close()
