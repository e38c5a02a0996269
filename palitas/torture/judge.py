"""What a round has written, and whether it may have."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db.models import Max, Model, QuerySet

from accounts.models import Profile
from agreements.actions.counters import suspects
from agreements.enums import Status
from agreements.models import Agreement, AgreementEvent, Contact, DisputeStatement, Message, Review
from notices import kinds
from notices.models import Notice, OutboxMail
from palitas.torture.processes import FOUND
from palitas.torture.races import Race

# Where the names of the outcomes stand: in a column, or the rows have one name together.
COLUMNS: dict[type[Model], str] = {AgreementEvent: "transition", Notice: "kind"}
NAMES: dict[type[Model], str] = {
    Contact: "contact",
    Message: "message",
    Review: "review",
    DisputeStatement: "statement",
}


@dataclass
class Score:
    """The figures of one race."""

    attempts: int = 0
    wins: int = 0
    refusals: int = 0
    other: int = 0
    wrong: list[str] = field(default_factory=list)


class Ledger:
    """Remembers what there is, to tell what a round adds."""

    def __init__(self) -> None:
        models: list[type[Model]] = [*COLUMNS, *NAMES, OutboxMail]
        self._last = {model: self._newest(model) for model in models}

    def _newest(self, model: type[Model]) -> int:
        newest: int | None = model._default_manager.aggregate(newest=Max("pk"))["newest"]
        return newest or 0

    def written(self) -> Counter[str]:
        """Return the names of what has been written since."""
        names: Counter[str] = Counter()
        for model, column in COLUMNS.items():
            names.update(self._new(model).values_list(column, flat=True))
        for model, name in NAMES.items():
            names[name] += self._new(model).count()
        return +names

    def mails(self) -> int:
        """Return how many mails to people have been written since; those to the moderators are not counted."""
        return self._new(OutboxMail).exclude(recipient=settings.CONTACT_EMAIL).count()

    def _new(self, model: type[Model]) -> QuerySet[Any]:
        return model._default_manager.filter(pk__gt=self._last[model])


def judge(race: Race, statuses: Sequence[int], ledger: Ledger, score: Score) -> None:
    """Add one round to ``score``, with a sentence for each thing that may not be."""
    written = ledger.written()
    wins = sum(written[name] for name in race.counts)
    redirects = sum(status == FOUND for status in statuses)
    refused = sum(status in race.refusals for status in statuses)
    score.attempts += len(statuses)
    score.wins += wins
    score.refusals += len(statuses) - wins if race.losers_are_led else refused
    others = [status for status in statuses if status != FOUND and status not in race.refusals]
    score.other += len(others)
    if others:
        score.wrong.append(f"{race.name}: answered with {sorted(set(others))}")
    times = race.times(len(statuses))
    allowed = [Counter(outcome.split() * times) for outcome in race.outcomes]
    if written not in allowed:
        score.wrong.append(f"{race.name}: wrote {dict(written)}")
    if wins != redirects and not race.losers_are_led:
        score.wrong.append(f"{race.name}: {redirects} were told that it is done, {wins} things were done")
    told = sum(written[kind.name] for kind in kinds.registered())
    if (mails := ledger.mails()) != told:
        score.wrong.append(f"{race.name}: {mails} mails for {told} notices")


def contradictions() -> list[str]:
    """Return what may never be, whatever was done."""
    return [*_broken_trails(), *_idle_amendments(), *_wrong_counters()]


def _broken_trails() -> Iterable[str]:
    """The events of an agreement follow one another, and the last one leads to its status."""
    events: dict[int, list[tuple[str, str]]] = {}
    rows = AgreementEvent.objects.order_by("pk").values_list("agreement", "from_status", "to_status")
    for agreement, before, after in rows:
        events.setdefault(agreement, []).append((before, after))
    for pk, status in Agreement.objects.values_list("pk", "status"):
        trail = events[pk]
        if trail[-1][1] != status or any(one[1] != other[0] for one, other in pairwise(trail)):
            yield f"agreement {pk} is {status} after {trail}"


def _idle_amendments() -> Iterable[str]:
    idle = Agreement.objects.filter(status=Status.PENDING, amends__isnull=False).exclude(amends__status=Status.ACTIVE)
    for pk in idle.values_list("pk", flat=True):
        yield f"amendment {pk} waits although what it changes is not in force"


def _wrong_counters() -> Iterable[str]:
    people = list(Profile.objects.values_list("user", flat=True))
    for pk in suspects(people):
        yield f"the figures of person {pk} are not true"
