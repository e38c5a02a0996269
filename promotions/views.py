"""Pages of promotions: what ``services.listing_views`` does for every listing, with this app's words."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from promotions.forms import PromotionForm
from promotions.models import Promotion
from services import listing_views
from services.transitions import ARCHIVE, DELETE, PAUSE


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    return listing_views.create(request, PromotionForm, "promotions/promotion_form.html")


@login_not_required
@require_safe
def short(request: HttpRequest, pk: int) -> HttpResponse:
    return listing_views.short(request, Promotion, pk)


@login_not_required
@require_safe
def detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    return listing_views.detail(request, Promotion, pk, slug, "promotions/promotion_detail.html")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    return listing_views.edit(request, Promotion, pk, PromotionForm, "promotions/promotion_form.html")


@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    return listing_views.publish(request, Promotion, pk)


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    return listing_views.move(request, Promotion, pk, PAUSE)


@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    return listing_views.confirm_and_move(request, Promotion, pk, ARCHIVE, "promotions/promotion_archive.html")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    return listing_views.confirm_and_move(request, Promotion, pk, DELETE, "promotions/promotion_delete.html")
