"""Put together the sprite of icons from the files of lucide-static."""

import json
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

SPRITE = settings.BASE_DIR / "static" / "icons" / "sprite.svg"
CATALOG = settings.BASE_DIR / "services" / "data" / "services.json"

# What the pages themselves use; the icons of the services are read from the catalogue.
UI_ICONS = """
    archive arrow-down arrow-left arrow-right arrow-up badge-check bell bookmark briefcase calendar camera check
    chevron-left chevron-right circle-alert circle-check circle-help clock copy download ellipsis eye eye-off
    file-text flag hand-heart handshake house image inbox info key-round layout-dashboard lightbulb link list lock
    log-in log-out mail map map-pin megaphone menu message-circle pause pencil phone plus printer qr-code search
    send settings share-2 shield-check shield-alert smartphone square-pen star tag trash-2 triangle-alert undo-2
    upload user user-round users wallet wifi-off wrench x
"""

STAR = "m12 2 3.1 6.3 6.9 1-5 4.9 1.2 6.8-6.2-3.3L5.8 21 7 14.2 2 9.3l6.9-1z"
# Five filled stars in a row, of which the component shows a part.
STARS = (
    '<symbol id="stars" viewBox="0 0 120 24">'
    + "".join(f'<path transform="translate({24 * n})" d="{STAR}"/>' for n in range(5))
    + "</symbol>"
)


def drawing_of(svg: str) -> str:
    """Return what is inside the ``<svg>`` element of an icon's file, on one line."""
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    return re.sub(r"\s*/>", "/>", re.sub(r">\s+<", "><", inner.strip()))


def service_icons() -> set[str]:
    """Return the names of the icons that the catalogue's data file uses."""
    return {service["icon"] for service in json.loads(CATALOG.read_text(encoding="utf-8"))}


class Command(BaseCommand):
    help = "Writes static/icons/sprite.svg from the folder of icons of the npm package lucide-static."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder package/icons of lucide-static")

    def handle(self, *_args: Any, **options: Any) -> None:
        names = sorted({*UI_ICONS.split(), *service_icons()})
        files = {name: options["folder"] / f"{name}.svg" for name in names}
        missing = [name for name, file in files.items() if not file.is_file()]
        if missing:
            raise CommandError(f"lucide has no icon called {', '.join(missing)}.")
        symbols = [
            f'<symbol id="{name}" viewBox="0 0 24 24">{drawing_of(file.read_text(encoding="utf-8"))}</symbol>'
            for name, file in files.items()
        ]
        SPRITE.write_text(
            "\n".join(
                [
                    '<svg xmlns="http://www.w3.org/2000/svg">',
                    "<!-- Lucide, ISC licence: see lucide-LICENSE.txt. Made by manage.py build_icons. -->",
                    *symbols,
                    STARS,
                    "</svg>\n",
                ]
            ),
            encoding="utf-8",
        )
        self.stdout.write(f"{len(names)} icons")
