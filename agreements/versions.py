"""The versions of an agreement and what changed from one to the next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agreements.models import Agreement


@dataclass(frozen=True, slots=True)
class Changes:
    """What one version says differently from the one before it.

    Attributes:
        price: before and after, or None where it is the same; ``scheduled_for`` likewise.
        added: terms that the version before did not have, in their order; ``removed`` likewise.
        is_reordered: the same terms in another order.
    """

    before: Agreement
    price: tuple[int, int] | None
    scheduled_for: tuple[date | None, date | None] | None
    added: list[str]
    removed: list[str]
    is_reordered: bool

    @property
    def is_empty(self) -> bool:
        return not (self.price or self.scheduled_for or self.added or self.removed or self.is_reordered)


@dataclass(frozen=True, slots=True)
class Version:
    """A line of the history; the first version has no changes."""

    agreement: Agreement
    changes: Changes | None


def history(agreements: Sequence[Agreement]) -> list[Version]:
    """Return the versions of one contact, newest first.

    An amendment is compared with the version that it would replace, any other with the one before it.
    """
    in_order = sorted(agreements, key=lambda agreement: agreement.version)
    by_pk = {agreement.pk: agreement for agreement in in_order}
    versions = []
    for place, agreement in enumerate(in_order):
        before = by_pk.get(agreement.amends_id or 0) or (in_order[place - 1] if place else None)
        versions.append(Version(agreement, compare(before, agreement) if before else None))
    return versions[::-1]


def compare(before: Agreement, after: Agreement) -> Changes:
    """Return what ``after`` says differently from ``before``. A term that stands twice counts twice."""
    added, removed = _minus(after.terms, before.terms), _minus(before.terms, after.terms)
    dates = (before.scheduled_for, after.scheduled_for)
    return Changes(
        before=before,
        price=None if before.price == after.price else (before.price, after.price),
        scheduled_for=None if dates[0] == dates[1] else dates,
        added=added,
        removed=removed,
        is_reordered=not added and not removed and before.terms != after.terms,
    )


def _minus(terms: Sequence[str], others: Sequence[str]) -> list[str]:
    left = Counter(others)
    found = []
    for term in terms:
        if left[term]:
            left[term] -= 1
        else:
            found.append(term)
    return found
