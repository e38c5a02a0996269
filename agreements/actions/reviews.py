"""Reviews: double-blind, written once, answered once."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from agreements.actions.contacts import claim_pictures, touch
from agreements.actions.counters import recount
from agreements.enums import OPEN, Status
from agreements.models import MAX_REVIEW_PHOTOS, Agreement, Review, ReviewPhoto, reviews_are_open
from agreements.permissions import is_review_subject
from notices.actions import notify
from services.models import Picture
from services.transitions import StatusMoved

# Provider and client.
SIDES = 2


class ReviewClosed(StatusMoved):
    """What was asked of a review is not possible (any more); the page answers 409 with the sentence."""

    def __init__(self, agreement: Agreement, sentence: str) -> None:
        super().__init__(sentence)
        self.back_url = agreement.get_absolute_url()


def refuse_review(*, agreement: Agreement, by: User, now: datetime) -> None:
    """Do nothing when ``by``, a party, may review the agreement now.

    Raises:
        ReviewClosed: before the agreement ended, after the 14 days, or a second time; with a sentence.
    """
    if sentence := _refusal(agreement, by, now):
        raise ReviewClosed(agreement, sentence)


def _refusal(agreement: Agreement, by: User, now: datetime) -> str:
    if Review.objects.filter(agreement=agreement, author=by).exists():
        return _("Ya escribiste tu reseña de este acuerdo.")
    if agreement.review_until is None:
        if agreement.status in OPEN:
            return _("Podrás escribir una reseña cuando el acuerdo termine.")
        if agreement.status == Status.SUPERSEDED:
            return _("Otra versión reemplazó este acuerdo: la reseña va en ella.")
        return _("Este acuerdo no llegó a hacerse: no lleva reseñas.")
    is_over = agreement.review_until <= now and not agreement.clock_stands_still
    if is_over or agreement.reviews_published_at:
        return _("Pasaron los 14 días para escribir una reseña.")
    return ""


@transaction.atomic
def write_review(
    *, agreement: Agreement, by: User, rating: int, body: str, now: datetime, pictures: Sequence[Picture] = ()
) -> Review:
    """Write one side's review of the other; when both are in, both appear.

    Args:
        by: a party of the agreement.
        rating: 1 to 5 stars.
        pictures: up to four unclaimed pictures of ``by``.

    Raises:
        PermissionDenied: somebody who is no party.
        ReviewClosed: see ``refuse_review``.
        ValidationError: pictures that cannot be used.
    """
    if agreement.party_of(by) is None:
        raise PermissionDenied(_("Este acuerdo es de otras personas."))
    if len(pictures) > MAX_REVIEW_PHOTOS:
        raise ValidationError(_("Una reseña lleva hasta 4 fotos."))
    # Writing to the agreement holds its row: of two reviews at once the second one sees that both are in.
    open_for_reviews = Agreement.objects.filter(reviews_are_open(now), pk=agreement.pk)
    if not open_for_reviews.update(reviews_written=F("reviews_written") + 1):
        agreement.refresh_from_db()
        refuse_review(agreement=agreement, by=by, now=now)
    review = _add(Review(agreement=agreement, author=by, rating=rating, body=body.strip(), created_at=now), by)
    claim_pictures(pictures, now=now)
    ReviewPhoto.objects.bulk_create(
        ReviewPhoto(review=review, picture=picture, position=position) for position, picture in enumerate(pictures)
    )
    if Review.objects.filter(agreement=agreement).count() == SIDES:
        publish_reviews(agreement=agreement, now=now)
    else:
        touch(agreement.contact, by=by, now=now)
        _tell(agreement, review.subject, "review_waiting", now=now)
    return review


def _add(review: Review, by: User) -> Review:
    review.subject = review.agreement.other_party(by)
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError as error:
        raise ReviewClosed(review.agreement, _("Ya escribiste tu reseña de este acuerdo.")) from error
    return review


@transaction.atomic
def publish_reviews(*, agreement: Agreement, now: datetime) -> int:
    """Let the reviews of an agreement appear together; returns how many. Doing it twice changes nothing."""
    if not Agreement.objects.filter(pk=agreement.pk, reviews_published_at=None).update(reviews_published_at=now):
        return 0
    hidden = Review.objects.filter(agreement=agreement, published_at=None)
    reviews = list(hidden.select_related("author", "subject").order_by("subject"))
    hidden.update(published_at=now)
    # Profiles in the order of their keys, then the contact, as whoever closes an agreement does: nobody who holds one
    # of these rows waits for somebody who waits for it.
    for review in reviews:
        recount(review.subject_id)
    for review in reviews:
        touch(agreement.contact, by=review.author, now=now)
        _tell(agreement, review.subject, "review_published", now=now)
    return len(reviews)


@transaction.atomic
def reply(*, review: Review, by: User, body: str, now: datetime) -> None:
    """The subject answers a published review, once, in public.

    Raises:
        PermissionDenied: somebody else; with a sentence.
        ReviewClosed: a second reply, or a review that was removed; with a sentence.
    """
    refuse_reply(review=review, by=by)
    unanswered = Review.objects.public().filter(pk=review.pk, subject=by, replied_at=None)
    if not unanswered.update(reply=body.strip(), replied_at=now):
        review.refresh_from_db()
        refuse_reply(review=review, by=by)
    touch(review.agreement.contact, by=by, now=now)
    _tell(review.agreement, review.author, "review_replied", now=now)


def refuse_reply(*, review: Review, by: User) -> None:
    """Do nothing when ``by`` may answer the review now; raises as ``reply`` does."""
    if not is_review_subject.test(by, review):
        raise PermissionDenied(_("Solo la persona reseñada puede responder."))
    if review.removed_at:
        raise ReviewClosed(review.agreement, _("La moderación retiró esta reseña."))
    if review.replied_at:
        raise ReviewClosed(review.agreement, _("Esta reseña ya tiene tu respuesta."))


@transaction.atomic
def remove_review(*, review: Review, reason: str, now: datetime) -> None:
    """Take a published review away on behalf of the moderators; author and subject are told why.

    Raises:
        StatusMoved: it is removed already, or not published yet.
    """
    if not Review.objects.public().filter(pk=review.pk).update(removed_at=now, removed_reason=reason):
        raise StatusMoved(_("Esta reseña ya está retirada."))
    review.refresh_from_db(fields=["removed_at", "removed_reason"])
    recount(review.subject_id)
    for person in (review.author, review.subject):
        _tell(review.agreement, person, "review_removed", now=now, reason=reason)


def _tell(agreement: Agreement, recipient: User, kind: str, *, now: datetime, **words: str) -> None:
    """Tell a party what the other one, or a moderator, did with a review."""
    notify(
        recipient=recipient,
        kind=kind,
        context={"name": agreement.other_name(recipient), "title": agreement.listing_title, **words},
        path=agreement.get_absolute_url(),
        now=now,
    )
