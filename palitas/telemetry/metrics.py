"""Figures for Prometheus: what web processes count, and what the database tells when it is asked.

Web processes count in files of ``METRICS_DIR``, which prometheus-client adds up over all of them; ``manage.py metrics``
gives everything out on a loopback address.
"""

import time
from collections.abc import Callable, Iterator

from django.db import Error, close_old_connections, connections
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from agreements.enums import Status
from agreements.models import Agreement
from notices.models import MailStatus, OutboxMail
from palitas import replica

LABELS = ("method", "route")
REQUESTS = Counter("palitas_requests", "Requests answered", (*LABELS, "status"))
SECONDS = Histogram(
    "palitas_request_seconds",
    "From the first line of the application to its answer",
    LABELS,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request.

    Args:
        route: the pattern of the address, never the address: there are as many of those as there are listings.
    """
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(method, route).observe(seconds)


class DatabaseCollector(Collector):
    """Asks the database at each scrape; while it is away the only figure is ``palitas_database_up 0``."""

    def describe(self) -> list[Metric]:
        """Name nothing beforehand, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(_figures())
        except Error:
            found = [_gauge("palitas_database_up", "Whether the database answers", 0)]
        finally:
            # As after a request: each scrape has a thread of its own, which would take its connection with it.
            close_old_connections()
        return iter(found)


def _figures() -> Iterator[Metric]:
    started = time.monotonic()
    yield _by_status("palitas_mails", "Mails of the outbox", OutboxMail.objects.values_list, MailStatus.values)
    waiting = OutboxMail.objects.filter(status=MailStatus.WAITING).aggregate(oldest=Min("created_at"))["oldest"]
    age = (timezone.now() - waiting).total_seconds() if waiting else 0
    yield _gauge("palitas_oldest_waiting_mail_seconds", "Age of the mail that waits longest", age)
    yield _by_status("palitas_agreements", "Agreements", Agreement.objects.values_list, Status.values)
    due = OutboxMail.objects.due(timezone.now()).count()
    yield _gauge("palitas_queue_length", "Mails that a worker could send now", due)
    yield _gauge("palitas_database_up", "Whether the database answers", 1)
    yield _gauge("palitas_database_seconds", "How long these figures took", time.monotonic() - started)
    if replica.ALIAS in connections:
        yield _gauge("palitas_replica_lag_seconds", "How far the replica is behind; +Inf when it is away", _lag())


def _lag() -> float:
    try:
        return replica.lag_seconds()
    except Error:
        return float("inf")


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _by_status(name: str, meaning: str, values_list: Callable, statuses: list[str]) -> GaugeMetricFamily:
    counts = dict(values_list("status").annotate(Count("pk")).order_by())
    family = GaugeMetricFamily(name, meaning, labels=["status"])
    for status in statuses:
        family.add_metric([status], counts.get(status, 0))
    return family


def registry(metrics_dir: str) -> CollectorRegistry:
    """Return what ``manage.py metrics`` gives out.

    Args:
        metrics_dir: where the web processes count; without it there are no figures about requests but this process's.
    """
    if not metrics_dir:
        REGISTRY.register(DatabaseCollector())
        return REGISTRY
    all_processes = CollectorRegistry()
    MultiProcessCollector(all_processes, path=metrics_dir)
    all_processes.register(DatabaseCollector())
    return all_processes
