"""The printed flyer of a profile, as a page and as a PDF, for whoever may see the profile."""

from dataclasses import replace

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from palitas.sharing import flyer as sheet
from palitas.sharing.drawing import PhotoUnreadable
from palitas.sharing.kept import flyer_key, kept


@login_not_required
@require_safe
def flyer(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Show the flyer as a page that prints on one sheet of letter size."""
    person = _person(request, pk)
    if slug != person.slug:
        return redirect("flyer", pk, person.slug)
    context = {
        "person": person,
        "profile": person.profile,
        "flyer": sheet.flyer_of(person),
        "strips": range(sheet.STRIPS),
        "pdf_url": reverse("flyer_pdf", args=[pk, slug]),
    }
    return render(request, "pages/flyer.html", context)


@login_not_required
@require_safe
def flyer_pdf(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Answer with the flyer as a PDF."""
    person = _person(request, pk)
    if slug != person.slug:
        return redirect("flyer_pdf", pk, person.slug)
    content = sheet.flyer_of(person)
    try:
        document = kept(flyer_key(pk), content.version, lambda: sheet.render(content))
    except PhotoUnreadable:
        document = sheet.render(replace(content, photo=""))
    headers = {"Content-Disposition": f'inline; filename="palitaspr-{person.slug}.pdf"'}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


def _person(request: HttpRequest, pk: int) -> User:
    people = User.objects.visible_to(request.user).select_related("profile__picture")
    return get_object_or_404(people, pk=pk)
