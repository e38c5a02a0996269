"""``python -m palitas.torture.mail_worker``: the real worker, with short waits and a name that the mail server sees."""

import os
import signal
from datetime import timedelta

import django

django.setup()

from django.core.mail.utils import DNS_NAME  # noqa: E402

from notices import delivery, worker  # noqa: E402
from palitas.torture.mail_server import worker_name  # noqa: E402

# Longer than a mail takes even on a busy machine: a lease that ends before would let two workers send the same mail.
LEASE = timedelta(seconds=10)
PAUSE_SECONDS = 0.2


def main() -> None:
    delivery.LEASE = LEASE
    delivery.BACKOFF = (timedelta(milliseconds=300),) * len(delivery.BACKOFF) * 2
    worker.PAUSE_SECONDS = PAUSE_SECONDS
    worker.MAIL_OUTAGE_PAUSE_SECONDS = PAUSE_SECONDS
    DNS_NAME._fqdn = worker_name(os.getpid())
    running = worker.Worker()
    signal.signal(signal.SIGTERM, lambda *_: running.stop())
    running.run()


if __name__ == "__main__":
    main()
