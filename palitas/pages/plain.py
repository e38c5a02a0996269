"""Pages of plain text. Each language has its own template, because whole pages read badly as translated fragments."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


def plain_page(template: str) -> Callable[[HttpRequest], HttpResponse]:
    """Return a public view that renders ``template``, which includes the text of the reader's language."""

    @login_not_required
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return render(request, template)

    return view


about = plain_page("pages/plain/about.html")
faq = plain_page("pages/plain/faq.html")
terms = plain_page("pages/plain/terms.html")
privacy = plain_page("pages/plain/privacy.html")
