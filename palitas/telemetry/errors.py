"""What is said of an error, in logs and to Sentry: where in the code, and nothing that tells of people."""

import re
from typing import Any

# PostgreSQL repeats the values of the row: "DETAIL:  Key (email)=(ana@example.com) already exists."
DETAILS = re.compile(r"^(?:DETAIL|CONTEXT|LINE \d+): .*(?:\n[ \t]*\^)?\n?", re.MULTILINE)


def without_details(text: str) -> str:
    """Return the text of an exception, or of its traceback, without the values of rows."""
    return DETAILS.sub("", text)


def without_personal_data(event: Any, _hint: dict[str, Any]) -> Any:
    """Return an event of Sentry with no more of its request than the method: addresses hold names and searches.

    For ``before_send``; the parts of an event are in Sentry's "Event Payloads".
    """
    if "request" in event:
        event["request"] = {"method": event["request"].get("method", "")}
    event.pop("breadcrumbs", None)
    event.pop("extra", None)  # sys.argv among it: addresses and passwords that a command was given
    event.pop("user", None)
    for error in event.get("exception", {}).get("values", ()):
        error["value"] = without_details(error.get("value") or "")
    return event
