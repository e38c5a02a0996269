"""Reviews: double-blind, written once, answered once, and the figures that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Avg, Count, F, Q
from django.utils.translation import gettext as _

from accounts.models import Profile, User
from agreements.actions.contacts import claim_pictures
from agreements.enums import Status
from agreements.models import Agreement, Review, ReviewPhoto
from notices.actions import notify
from promotions.models import Promotion
from services.models import Picture

MAX_REVIEW_PHOTOS = 4


class ReviewClosed(Exception):
    """The agreement cannot be reviewed now; the text is the sentence for the person."""


@transaction.atomic
def write_review(
    *, agreement: Agreement, by: User, rating: int, body: str, now: datetime, pictures: Sequence[Picture] = ()
) -> Review:
    """Write one side's review of the other; when both are in, both appear.

    Raises:
        ReviewClosed: before the agreement ended, after the 14 days, or a second time; with a sentence.
        ValidationError: more than four pictures.
    """
    if len(pictures) > MAX_REVIEW_PHOTOS:
        raise ValidationError(_("Una reseña lleva hasta 4 fotos."))
    # Writing to the agreement holds its row: of two reviews at once the second one sees that both are in.
    may_review = Agreement.objects.filter(pk=agreement.pk, review_until__gt=now, reviews_published_at=None)
    if not may_review.update(reviews_written=F("reviews_written") + 1):
        raise ReviewClosed(_closed_sentence(agreement))
    try:
        with transaction.atomic():
            review = Review.objects.create(
                agreement=agreement,
                author=by,
                subject=agreement.other_party(by),
                rating=rating,
                body=body.strip(),
                created_at=now,
            )
    except IntegrityError as error:
        raise ReviewClosed(_("Ya escribiste tu reseña de este acuerdo.")) from error
    claim_pictures(pictures, now=now)
    ReviewPhoto.objects.bulk_create(
        ReviewPhoto(review=review, picture=picture, position=position) for position, picture in enumerate(pictures)
    )
    if Review.objects.filter(agreement=agreement).count() == len(("provider", "client")):
        publish_reviews(agreement=agreement, now=now)
    else:
        _tell(review.subject, "review_waiting", agreement, review, now)
    return review


def _closed_sentence(agreement: Agreement) -> str:
    agreement.refresh_from_db()
    if agreement.review_until is None:
        return _("Podrás escribir una reseña cuando el acuerdo termine.")
    if agreement.reviews_published_at:
        return _("Las reseñas de este acuerdo ya están publicadas.")
    return _("Pasaron los 14 días para escribir una reseña.")


@transaction.atomic
def publish_reviews(*, agreement: Agreement, now: datetime) -> int:
    """Let the reviews of an agreement appear together; returns how many. Doing it twice changes nothing."""
    if not Agreement.objects.filter(pk=agreement.pk, reviews_published_at=None).update(reviews_published_at=now):
        return 0
    reviews = list(Review.objects.filter(agreement=agreement, published_at=None).select_related("subject", "author"))
    Review.objects.filter(pk__in=[review.pk for review in reviews]).update(published_at=now)
    # In the order of the keys, so that two publications never wait for each other.
    for review in sorted(reviews, key=lambda review: review.subject_id):
        recount(review.subject_id)
    for review in reviews:
        _tell(review.subject, "review_published", agreement, review, now)
    return len(reviews)


@transaction.atomic
def reply(*, review: Review, by: User, body: str, now: datetime) -> None:
    """The subject answers a published review, once, in public.

    Raises:
        PermissionDenied: somebody else, or a second reply; with a sentence.
    """
    if review.subject_id != by.pk:
        raise PermissionDenied(_("Solo la persona reseñada puede responder."))
    answered = Review.objects.public().filter(pk=review.pk, replied_at=None).update(reply=body.strip(), replied_at=now)
    if not answered:
        raise PermissionDenied(_("Esta reseña ya tiene tu respuesta."))
    _tell(review.author, "review_replied", review.agreement, review, now)


@transaction.atomic
def remove_review(*, review: Review, reason: str, now: datetime) -> bool:
    """A moderator takes a review away; author and subject are told. Returns False when it was away already."""
    removed = Review.objects.filter(pk=review.pk, removed_at=None).update(removed_at=now, removed_reason=reason)
    if not removed:
        return False
    recount(review.subject_id)
    for person in (review.author, review.subject):
        notify(
            recipient=person,
            kind="review_removed",
            context={"title": review.agreement.listing_title, "reason": reason},
            path=review.agreement.get_absolute_url(),
            now=now,
        )
    return True


def _tell(recipient: User, kind: str, agreement: Agreement, review: Review, now: datetime) -> None:
    name = agreement.provider_name if review.author_id == agreement.provider_id else agreement.client_name
    if recipient.pk == review.author_id:
        name = agreement.client_name if name == agreement.provider_name else agreement.provider_name
    notify(
        recipient=recipient,
        kind=kind,
        context={"name": name, "title": agreement.listing_title},
        path=agreement.get_absolute_url(),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Counters:
    """The figures of a profile that are kept as copies."""

    palitas_count: int
    reviews_count: int
    rating_average: Decimal | None


def true_counters(user_id: int) -> Counters:
    """Compute a person's figures from agreements and reviews."""
    palitas = Agreement.objects.filter(provider=user_id, status=Status.CLOSED).count()
    public = Q(published_at__isnull=False, removed_at=None)
    figures = Review.objects.filter(public, subject=user_id).aggregate(count=Count("pk"), average=Avg("rating"))
    average = figures["average"]
    return Counters(
        palitas_count=palitas,
        reviews_count=figures["count"],
        rating_average=None if average is None else Decimal(average).quantize(Decimal("0.01")),
    )


@transaction.atomic
def recount(user_id: int) -> Counters:
    """Write a person's figures anew. The profile's row is held, so that two recounts follow one another."""
    Profile.objects.filter(user=user_id).update(reviews_count=F("reviews_count"))
    counters = true_counters(user_id)
    Profile.objects.filter(user=user_id).update(
        palitas_count=counters.palitas_count,
        reviews_count=counters.reviews_count,
        rating_average=counters.rating_average,
    )
    Promotion.objects.filter(owner=user_id).update(owner_rating=counters.rating_average or 0)
    return counters
