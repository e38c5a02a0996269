"""Reviews on the pages of agreements, listings and people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.core.exceptions import PermissionDenied
from django.template import Context
from django.utils import timezone

from accounts.models import User
from accounts.permissions import require_member
from agreements.actions.reviews import ReviewClosed, refuse_reply, refuse_review
from agreements.forms.reviews import ReplyForm, ReviewForm
from agreements.models import Agreement, Review

register = template.Library()

NEWEST = 5


@dataclass(frozen=True, slots=True)
class ReviewSection:
    """What an agreement's page shows of its two reviews to one of its parties.

    Attributes:
        own: the review that the reader wrote, which only they see until ``other`` appears.
        other: the review about the reader, once both are in or the window is over.
        form: for writing one's own while that is possible.
        reply_form: for answering ``other`` while that is possible.
        until: the end of the window; None while the agreement goes on, or when it never began.
        is_over: nobody can write any more, and what was written is public.
    """

    own: Review | None
    other: Review | None
    form: ReviewForm | None
    reply_form: ReplyForm | None
    until: datetime | None
    is_over: bool


@register.simple_tag(takes_context=True)
def review_section(context: Context, agreement: Agreement) -> ReviewSection:
    """Return the reviews of an agreement as the reader may see them; forms that came back are in the context."""
    request = context["request"]
    user = request.user
    reviews = list(Review.objects.filter(agreement=agreement).for_pages())
    own = next((review for review in reviews if review.author_id == user.pk), None)
    other = next((review for review in reviews if review.author_id != user.pk and review.published_at), None)
    form = context.get("review_form") or (ReviewForm(request=request) if _may_review(agreement, user) else None)
    reply_form = context.get("reply_form") or (ReplyForm() if other and _may_reply(other, user) else None)
    return ReviewSection(
        own=own,
        other=other,
        form=form,
        reply_form=reply_form,
        until=agreement.review_until,
        is_over=agreement.reviews_published_at is not None,
    )


def _may_review(agreement: Agreement, user: User) -> bool:
    try:
        require_member(user)
        refuse_review(agreement=agreement, by=user, now=timezone.now())
    except (PermissionDenied, ReviewClosed):
        return False
    return True


def _may_reply(review: Review, user: User) -> bool:
    try:
        require_member(user)
        refuse_reply(review=review, by=user)
    except (PermissionDenied, ReviewClosed):
        return False
    return True


@register.inclusion_tag("agreements/_newest_reviews.html", takes_context=True)
def newest_reviews(context: Context, owner: User) -> dict[str, Any]:
    """Show the newest reviews of a listing's owner, and the way to all of them."""
    reviews = Review.objects.public().filter(subject=owner).newest_first().for_pages()[:NEWEST]
    return {"owner": owner, "reviews": list(reviews), "request": context["request"]}
