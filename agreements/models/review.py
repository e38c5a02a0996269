"""What one side says of the other after an agreement."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agreements.models.agreement import Agreement
from services.models import Picture

MAX_REVIEW = 1000
MAX_REVIEW_PHOTOS = 4
# From the best to the worst.
STARS = (5, 4, 3, 2, 1)


class ReviewQuerySet(models.QuerySet["Review"]):
    def public(self) -> "ReviewQuerySet":
        """Return what everybody may read: published together with the other side's, and not removed."""
        return self.filter(published_at__isnull=False, removed_at=None)

    def visible_to(self, user: Any) -> "ReviewQuerySet":
        """Return the public reviews and one's own."""
        public = Q(published_at__isnull=False, removed_at=None)
        return self.filter(public | Q(author=user)) if user.is_authenticated else self.filter(public)

    def newest_first(self) -> "ReviewQuerySet":
        return self.order_by("-published_at", "-pk")

    def for_pages(self) -> "ReviewQuerySet":
        """Load what a page shows of a review, in two queries whatever their number."""
        photos = models.Prefetch("photos", ReviewPhoto.objects.select_related("picture"))
        people = self.select_related("author__profile__picture", "subject")
        return people.select_related("agreement__contact__listing__service").prefetch_related(photos)

    def distribution(self) -> list[tuple[int, int]]:
        """Return how many reviews have 5 stars, 4 stars, and so on down to 1."""
        found = dict(self.order_by().values_list("rating").annotate(count=models.Count("pk")))
        return [(stars, found.get(stars, 0)) for stars in STARS]


class Review(models.Model):
    """What one side says of the other after an agreement. Hidden until both are in or the window ends; never edited."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="reviews", verbose_name=_("acuerdo"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews_written", verbose_name=_("autor")
    )
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews_received", verbose_name=_("sobre")
    )
    rating = models.PositiveSmallIntegerField(_("estrellas"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    body = models.TextField(_("reseña"), blank=True, validators=[MaxLengthValidator(MAX_REVIEW)])
    created_at = models.DateTimeField(_("escrita"))
    published_at = models.DateTimeField(_("publicada"), null=True, blank=True)
    reply = models.TextField(_("respuesta"), blank=True, validators=[MaxLengthValidator(MAX_REVIEW)])
    replied_at = models.DateTimeField(_("respondida"), null=True, blank=True)
    removed_at = models.DateTimeField(_("retirada"), null=True, blank=True)
    removed_reason = models.CharField(_("razón del retiro"), max_length=500, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("reseña")
        verbose_name_plural = _("reseñas")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "author"], name="review_one_per_side"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="review_rating_1_to_5"),
            models.CheckConstraint(condition=~Q(author=F("subject")), name="review_of_another"),
            models.CheckConstraint(
                condition=Q(reply="", replied_at=None) | (~Q(reply="") & Q(replied_at__isnull=False)),
                name="review_reply_has_time",
            ),
            models.CheckConstraint(
                condition=Q(removed_reason="", removed_at=None) | (~Q(removed_reason="") & Q(removed_at__isnull=False)),
                name="review_removed_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=False) | Q(replied_at=None, removed_at=None),
                name="review_hidden_is_left_alone",
            ),
        ]
        indexes = [models.Index(fields=["subject", "-published_at", "-id"], name="review_of_subject")]

    def __str__(self) -> str:
        return f"{self.rating}★ {self.subject}"

    @property
    def has_author_page(self) -> bool:
        """Whether everybody may open the author's profile."""
        return self.author.is_active and not self.author.is_suspended


class ReviewPhoto(models.Model):
    """A picture in a review."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="photos")
    picture = models.OneToOneField(Picture, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("foto de una reseña")
        verbose_name_plural = _("fotos de reseñas")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.review_id}/{self.position}"
