"""Pages of plain text. Each language has its own template, because whole pages read badly as translated fragments."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe


def plain_page(name: str) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of ``templates/pages/plain/<name>.html``, which includes the text of the reader's language."""

    @login_not_required
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        language = "en" if (get_language() or "").startswith("en") else "es"
        return render(request, f"pages/plain/{name}.html", {"text_template": f"pages/plain/{name}.{language}.html"})

    return view


about = plain_page("about")
faq = plain_page("faq")
terms = plain_page("terms")
privacy = plain_page("privacy")
