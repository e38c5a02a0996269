"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "palitas.settings")

site = get_wsgi_application()


def readable_content_type(content_type: str) -> str:
    """Return what a request says of its body, or nothing when Django cannot read that or it is not UTF-8.

    Django looks the encoding up before any middleware runs and takes every codec that Python has, among them those
    that make no text ("hex"). Every browser sends the encoding of the page, and ours are all UTF-8.
    """
    try:
        _kind, parameters = parse_header_parameters(content_type)
    except ValueError:
        return ""
    return content_type if parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8"} else ""


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request."""
    environ["CONTENT_TYPE"] = readable_content_type(environ.get("CONTENT_TYPE", ""))
    return site(environ, start_response)
