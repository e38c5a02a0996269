"""Writes docs/states.md from the table of transitions."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from agreements.states import render

PAGE = Path(settings.BASE_DIR, "docs", "states.md")


class Command(BaseCommand):
    help = "Write docs/states.md from the table in agreements/transitions.py."

    def handle(self, *_args: Any, **_options: Any) -> None:
        PAGE.write_text(render())
        self.stdout.write(f"{PAGE} is written.")
