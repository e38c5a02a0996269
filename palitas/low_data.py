"""The mode of few data: a page without pictures, own font and scripts, for who pays by the megabyte or waits for it.

It is on when the browser says ``Save-Data: on``, or when the person has switched it on. What the person says, in a
cookie, counts for more than what the browser says.
"""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

COOKIE = "datos"
FEW, ALL = "pocos", "todos"
PICTURES_PARAMETER = "fotos"
# What the answer depends on, for every cache between us and the reader.
VARY = ("Cookie", "Save-Data")


def is_on(request: HttpRequest) -> bool:
    """Return whether the reader wants few data."""
    choice = request.COOKIES.get(COOKIE)
    if choice in (FEW, ALL):
        return choice == FEW
    return request.headers.get("Save-Data", "").strip().lower() == "on"


def shows_pictures(request: HttpRequest) -> bool:
    """Return whether this page has its pictures: with few data only after they were asked for, by ``?fotos=1``."""
    return not is_on(request) or request.GET.get(PICTURES_PARAMETER) == "1"


def patch_vary(response: HttpResponse) -> None:
    """Tell caches that a page differs by mode."""
    patch_vary_headers(response, VARY)
