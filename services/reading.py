"""Whether somebody is reading a page, or it is only being put aside."""

from django.http import HttpRequest


def is_read(request: HttpRequest) -> bool:
    """Return whether a person looks at the page: one that is fetched ahead leaves things unread."""
    asked = (request.headers.get("Purpose"), request.headers.get("Sec-Purpose", "").split(";")[0])
    return "prefetch" not in asked
