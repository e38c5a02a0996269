"""``manage.py seed_catalog``: put services and towns into the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from services.catalog_data import load_catalog


class Command(BaseCommand):
    help = (
        "Load the services and the 78 towns from services/data. Safe to run at every release: what is there already "
        "is not written again, and services edited in admin keep what the moderators wrote."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="also set names, icons, synonyms and order of existing services back to those of the data file",
        )

    def handle(self, *_args: Any, overwrite: bool, **_options: Any) -> None:
        load = load_catalog(overwrite=overwrite)
        self.stdout.write(
            f"Catalogue: {load.services_created} services created, {load.services_changed} changed; "
            f"{load.towns_created} towns created, {load.towns_changed} changed; "
            f"{load.neighbors_changed} neighbours changed."
        )
