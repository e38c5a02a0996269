"""How gunicorn serves the site: ``gunicorn -c deploy/gunicorn.conf.py palitas.wsgi`` in the project's folder.

Every number that may need another value on another machine is a variable of ``.env.example``. The rest is here, with
its reason. nginx stands in front (``deploy/nginx``): it takes requests in whole before gunicorn sees them, and hands
answers to slow phones, so that no thread waits for anybody's connection.
"""

import fcntl
import os
import sys
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from palitas.environment import Environment

env_file = os.environ.get("ENV_FILE", ".env")
env = Environment(Path(__file__).resolve().parent.parent / env_file if env_file else None)

bind = env.words("WEB_BIND", ("127.0.0.1:8000",))
worker_class = "gthread"
# Those that this process may use, which in a container are fewer than the machine has.
cores = len(os.sched_getaffinity(0))
workers = env.integer("WEB_WORKERS", max(2, cores), minimum=1)
# Threads wait for the database and for S3; each may need a connection of its process's pool (DATABASE_POOL_SIZE).
threads = env.integer("WEB_THREADS", 4, minimum=1)
backlog = 512

# A worker that has been silent for so long is killed. Threads that work do not silence it.
timeout = 60
# After SIGTERM or SIGHUP: what was begun is finished. An upload of eight photos takes some ten seconds.
graceful_timeout = 30
# Longer than nginx keeps a connection that nobody uses (15 s), so that it is never gunicorn that hangs up first.
keepalive = 20
# Against memory that is never given back. The jitter keeps workers from all ending at once.
max_requests = env.integer("WEB_MAX_REQUESTS", 20_000)
max_requests_jitter = max_requests // 10

# nginx passes on lines of up to 8 kB; browsers send some twenty fields.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
# Who may say that a visitor came by https: nginx on this machine.
forwarded_allow_ips = "127.0.0.1,::1"

# Each worker loads the code itself, so that SIGHUP puts a new release in place.
preload_app = False
# A heartbeat is a change of a file; on a disk it could wait for others' writes, and the worker be killed for it.
worker_tmp_dir = "/dev/shm"  # noqa: S108 # nosec B108
# Two gunicorns on a machine would want the same socket, and signals do what it does.
control_socket_disable = True
# The application writes a line for each request, without addresses: see docs/operations.md.
accesslog = None
errorlog = "-"
loglevel = "info"
proc_name = "palitas"
if env.one_of("LOG_FORMAT", ("json", "line"), "line" if env.text("ENVIRONMENT") == "development" else "json") == "json":
    # What gunicorn says of itself, as the application says what it does.
    logconfig_dict = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "palitas.telemetry.logs.LineFormatter",
                "format": "{levelname}{name}{message}",
                "style": "{",
                "timestamp": True,
                "rename_fields": {"levelname": "level", "name": "logger"},
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {"gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }

metrics_dir = env.text("METRICS_DIR")


def post_fork(_server, worker):
    """Have the worker count in files of its own, which nobody else has now and the next one goes on with.

    prometheus-client names files by the number of the process: each worker that ends, and they end after so many
    requests, would leave some that are read at every scrape for ever, and to delete them would make counters go back.
    Here there are as many as there were workers at once. The kernel frees a place when its worker ends, however.
    """
    if not metrics_dir:
        return
    folder = Path(metrics_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for place in count():
        lock = (folder / f"{place}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        break
    worker.metrics_lock = lock  # open for as long as the worker lives
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics_dir
    from prometheus_client import values  # noqa: PLC0415 - it reads the variable when it is imported

    values.ValueClass = values.MultiProcessValue(lambda: f"place{place}")
