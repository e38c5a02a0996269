"""One view and one template for a page and for the part of it that htmx asks for."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_vary_headers


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page, and not a browser for the whole."""
    return request.headers.get("HX-Request") == "true"


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str, status: int = 200
) -> HttpResponse:
    """Render ``template``, or only its ``partial`` to htmx.

    Both have the same address, so each says that it depends on who asked, and the part is stored nowhere: the Back
    button would show it bare.
    """
    is_fragment = wants_fragment(request)
    name = f"{template}#{partial}" if is_fragment else template
    response = render(request, name, context | {"is_fragment": is_fragment}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    if is_fragment:
        add_never_cache_headers(response)
    return response


def nothing_new() -> HttpResponse:
    """Answer htmx that the page shows all there is: it leaves everything as it stands."""
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    add_never_cache_headers(response)
    return response
