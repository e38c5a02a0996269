"""The table of transitions as a page of the documentation."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import translation

from agreements.enums import LIVE, PAYABLE, REVIEWABLE, Party, Status
from agreements.transitions import TRANSITIONS, Note, Transition

HEAD = """# The states of an agreement

Written by `manage.py render_states` from the table in `agreements/transitions.py`; a test keeps the two together.

Whatever changes a status goes through one door, `move`: one conditional UPDATE that names the party and the status it
starts from, and one append-only event, in one transaction. Of two at once exactly one wins; the other is told where the
agreement stands (409). A step that belongs to somebody else is refused (403); to anybody but the two sides there is no
such agreement (404), superusers and moderators included.
"""
AFTERWORD = """
*Internal* rows have no button. An accepted amendment takes the place of the version in force (`supersede`); an
amendment that still waits when that version leaves the active state has nothing left to amend (`lapse`).

`accept` binds both people: once either account is closed it is refused (409).

While either side is suspended the clock stands still; when the suspension is lifted, deadlines move by the time for
which it stood.
"""
PARTIES = {
    Party.PROVIDER: "provider",
    Party.CLIENT: "client",
    Party.MODERATOR: "moderator, in admin",
    Party.CLOCK: "clock",
}
DAY = timedelta(days=1)


def render() -> str:
    """Return docs/states.md."""
    with translation.override(settings.LANGUAGE_CODE):
        parts = [HEAD, *_states(), "", *_diagram(), "", *_transitions(), AFTERWORD]
        return "\n".join(parts)


def _states() -> Iterator[str]:
    yield "| state | on screen | |"
    yield "| --- | --- | --- |"
    for status in Status:
        remarks = [
            words
            for words, statuses in (
                ("at most one in a contact", {Status.PENDING}),
                ("live: at most one in a contact", LIVE),
                ("the client sees the payment QR", PAYABLE),
                ("both sides may review for 14 days", REVIEWABLE),
            )
            if status in statuses
        ]
        yield f"| `{status.value}` | {status.label} | {'; '.join(remarks)} |"


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for row in TRANSITIONS.values():
        for source in _in_order(row) or ["[*]"]:
            yield f"    {source} --> {row.target.value}: {row.name}"
    for status in Status:
        if not any(status in row.sources for row in TRANSITIONS.values()):
            yield f"    {status.value} --> [*]"
    yield "```"


def _transitions() -> Iterator[str]:
    yield "| transition | from | to | who | note | clock |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in TRANSITIONS.values():
        name = f"`{row.name}`" + (" (internal)" if row.is_internal else "")
        sources = ", ".join(f"`{source}`" for source in _in_order(row)) or "–"
        who = ", ".join(words for party, words in PARTIES.items() if party in row.parties)
        note = {Note.NONE: "", Note.OPTIONAL: "optional", Note.REQUIRED: "required"}[row.note]
        yield f"| {name} | {sources} | `{row.target.value}` | {who} | {note} | {_clock(row)} |"


def _in_order(row: Transition) -> list[str]:
    return [status.value for status in Status if status in row.sources]


def _clock(row: Transition) -> str:
    if row.after is None:
        return ""
    reminders = " and ".join(_words(moment) for moment in row.reminders)
    return f"after {_words(row.after)}; reminder after {reminders}"


def _words(span: timedelta) -> str:
    # Three days are written as the design does: 72 hours.
    hours = span // timedelta(hours=1)
    return f"{span // DAY} days" if span > 3 * DAY else f"{hours} hours"
