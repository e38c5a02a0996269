"""Reviewing the other side of an agreement, and answering a review. Both forms are on the agreement's page."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import require_member
from agreements.actions import reviews as actions
from agreements.forms.reviews import ReplyForm, ReviewForm
from agreements.models import Agreement, AgreementQuerySet, Review
from agreements.views.agreement_page import page_context


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a review. After a login the browser comes back with GET: it is led to the page."""
    agreement = get_object_or_404(_agreements(request), pk=pk)
    if request.method != "POST":
        return redirect(agreement)
    require_member(request.user)
    actions.refuse_review(agreement=agreement, by=cast("User", request.user), now=timezone.now())
    form = ReviewForm(request.POST, request.FILES, request=request)
    if not _save(form, agreement):
        return _page(request, agreement, review_form=form)
    agreement.refresh_from_db()
    if agreement.reviews_published_at:
        messages.success(request, _("¡Gracias! Ya se ven las dos reseñas."))
    else:
        messages.success(request, _("¡Gracias! Tu reseña se verá cuando esté también la otra, o en 14 días."))
    return redirect(agreement)


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the public answer to a review from the person whom it is about."""
    review = get_object_or_404(Review.objects.visible_to(request.user).select_related("author", "subject"), pk=pk)
    if request.method != "POST":
        return redirect(get_object_or_404(_agreements(request), pk=review.agreement_id))
    require_member(request.user)
    user = cast("User", request.user)
    actions.refuse_reply(review=review, by=user)
    agreement = _agreements(request).get(pk=review.agreement_id)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, agreement, reply_form=form)
    actions.reply(review=review, by=user, body=form.cleaned_data["body"], now=timezone.now())
    messages.success(request, _("Publicamos tu respuesta."))
    return redirect(agreement)


def _agreements(request: HttpRequest) -> AgreementQuerySet:
    """Return the agreements of which one is a party, with what their page needs: to others there are none."""
    return Agreement.objects.of(request.user).with_people().select_related("provider__profile__payment_qr")


def _save(form: ReviewForm, agreement: Agreement) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save(agreement=agreement)
    except ValidationError as error:
        form.add_error("photos", error)
        return False
    return True


def _page(request: HttpRequest, agreement: Agreement, **forms: ReviewForm | ReplyForm) -> HttpResponse:
    """Show the agreement's page with a form that came back."""
    context = page_context(request, agreement, cast("User", request.user)) | forms
    return render(request, "agreements/agreement_detail.html", context)
