"""Periodic work. Each room registers its own in ``AppConfig.ready``; the worker runs it.

A job must be safe to repeat and to run in several workers at once: it is a conditional UPDATE or DELETE of what is due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

JobFunction = Callable[[datetime], int]


@dataclass(frozen=True)
class Job:
    """A function that does what is due at a moment and returns how much it did."""

    name: str
    function: JobFunction
    every: timedelta


_jobs: dict[str, Job] = {}


def register(name: str, function: JobFunction, *, every: timedelta = MINUTE) -> None:
    """Have the worker call ``function(now)`` at its start and ``every`` so often.

    Raises:
        ValueError: when another function has that name.
    """
    if name in _jobs and _jobs[name].function != function:
        raise ValueError(f"There is another job called {name!r}.")
    _jobs[name] = Job(name, function, every)


def registered() -> tuple[Job, ...]:
    """Return all jobs, in the order in which they were registered."""
    return tuple(_jobs.values())
