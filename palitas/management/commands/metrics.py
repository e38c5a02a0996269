"""``manage.py metrics``: gives out figures for Prometheus."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import start_http_server

from palitas.telemetry.metrics import registry

# The figures tell how the business goes: a scraper on the machine, or one that tunnels to it, may read them.
LOOPBACK = "127.0.0.1"


class Command(BaseCommand):
    help = "Serve figures for Prometheus on a loopback address, until it is ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9100)

    def handle(self, *_args: Any, port: int, **_options: Any) -> None:
        try:
            _server, thread = start_http_server(port, LOOPBACK, registry(settings.METRICS_DIR))
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error.strerror}.") from error
        self.stdout.write(f"http://{LOOPBACK}:{port}/metrics")
        self.stdout.flush()
        thread.join()
