"""The public profile of a person, and the page on which they write it."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Profile, User
from accounts.permissions import require_member
from agreements.answer_time import answer_time_words
from agreements.models import Review
from palitas.pages.profile_form import ProfileForm
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.pictures.chosen import PicturesTaken
from services.pictures.forms import gone
from services.pictures.public import permanent_url
from services.structured import ISLAND, absolute, json_ld

PROMOTIONS_A_PAGE = 12
MAX_REQUESTS = 12
REVIEWS_A_PAGE = 10


@login_not_required
@require_safe
def profile_detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Show what a person says of themselves, what others say, and what they have published. Never how to reach them."""
    people = User.objects.visible_to(request.user).select_related(
        "profile__base_town", "profile__picture", "profile__cover"
    )
    person = get_object_or_404(people, pk=pk)
    if slug != person.slug:
        return redirect(person)
    promotions = Promotion.objects.published().filter(owner=person).newest_first().for_cards()
    requests = ServiceRequest.objects.published().filter(owner=person).newest_first().for_cards()
    reviews = Review.objects.public().filter(subject=person)
    profile = person.profile
    page = Paginator(promotions, PROMOTIONS_A_PAGE).get_page(request.GET.get("pagina"))
    reviews_page = Paginator(reviews.newest_first().for_pages(), REVIEWS_A_PAGE).get_page(request.GET.get("resenas"))
    context = {
        "person": person,
        "profile": profile,
        "gallery": profile.gallery.select_related("picture"),
        "links": [(link, link_label(link)) for link in profile.links],
        "page": page,
        "page_query": f"resenas={reviews_page.number}" if reviews_page.number > 1 else "",
        "requests": requests[:MAX_REQUESTS],
        "distribution": reviews.distribution(),
        "reviews": reviews_page,
        "reviews_query": f"pagina={page.number}" if page.number > 1 else "",
        "answer_time": answer_time_words(person),
    }
    context["json_ld"] = json_ld(person_data(profile, is_business=bool(page.paginator.count)))
    return render(request, "pages/profile_detail.html", context)


@login_not_required
@require_safe
def profile_short(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect from the address that is short enough to be typed; names change, so not for ever."""
    return redirect(get_object_or_404(User.objects.visible_to(request.user), pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
def profile_edit(request: HttpRequest) -> HttpResponse:
    """Show and take the form of one's own profile."""
    require_member(request.user)
    profiles = Profile.objects.select_related("user", "picture", "cover", "payment_qr")
    profile = get_object_or_404(profiles, user=request.user)
    if request.method == "POST":
        form = ProfileForm(request.POST, request.FILES, request=request, profile=profile)
        if _save(form):
            messages.success(request, _("Guardamos tu perfil."))
            return redirect(profile.user)
    else:
        form = ProfileForm(request=request, profile=profile)
    return render(request, "pages/profile_edit.html", {"form": form})


def link_label(link: str) -> str:
    """Return an address as people say it: without scheme, ``www.`` and last slash."""
    parts = urlsplit(link)
    return f"{parts.netloc.removeprefix('www.')}{parts.path}".rstrip("/")


def person_data(profile: Profile, *, is_business: bool) -> dict[str, Any]:
    """Return a profile as schema.org data; somebody who offers something is a business."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness" if is_business else "Person",
        "name": profile.user.get_full_name(),
        "url": absolute(profile.user.get_absolute_url()),
        "description": profile.headline or profile.bio,
        "sameAs": profile.links,
        "image": permanent_url(profile.picture) if profile.picture else "",
    }
    if profile.base_town:
        data["address"] = {
            "@type": "PostalAddress",
            "addressLocality": profile.base_town.name,
            "addressRegion": ISLAND,
            "addressCountry": "US",
        }
    if is_business and profile.reviews_count:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": str(profile.rating_average),
            "reviewCount": profile.reviews_count,
        }
    return {name: value for name, value in data.items() if value}


def _save(form: ProfileForm) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save()
    except PicturesTaken:
        form.add_error(None, gone())
        return False
    return True
