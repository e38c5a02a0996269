"""``reviews``: public on the former site, so they are public here."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from agreements.enums import Status
from agreements.models import MAX_REVIEW, MAX_REVIEW_PHOTOS, Agreement, Review
from palitas.legacy import values
from palitas.legacy.ledger import BATCH, Entry, Step, find, waiting_pictures
from palitas.legacy.people import present
from palitas.legacy.source import Row


class Reviews(Step):
    table = "reviews"

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        authors = find("users", (row["user_id"] for row in rows), present())
        agreements = find("tasks", (row["task_id"] for row in rows), Agreement.objects.all())
        written = set(Review.objects.filter(agreement__in=agreements.values()).values_list("agreement", "author"))
        entries: list[Entry] = []
        reviews = []
        for row in rows:
            entry = self.entry(row)
            entries.append(entry)
            agreement = agreements.get(values.key(row["task_id"]))
            author = authors.get(values.key(row["user_id"]))
            stars = values.rating(row["rating"])
            if stars is None:
                entry.remarks.append("its rating is none between 1 and 5")
            elif agreement is None:
                entry.remarks.append("its task was left, or is none")
            elif author is None or agreement.party_of(author) is None:
                entry.remarks.append("its author is neither side of the task")
            elif agreement.status != Status.CLOSED:
                entry.remarks.append("its task was not closed")
            elif (agreement.pk, author.pk) in written:
                entry.remarks.append("the same person reviewed this task before")
            else:
                entry.target = self._review(row, stars, agreement, author.pk, entry.remarks)
                written.add((agreement.pk, author.pk))
                reviews.append(entry.target)
            entries += waiting_pictures(
                entry, row["pictures"], column="pictures", user=row["user_id"], limit=MAX_REVIEW_PHOTOS
            )
        self._write(reviews)
        return entries

    def _review(self, row: Row, stars: Decimal, agreement: Agreement, author: int, remarks: list[str]) -> Review:
        at = self.made_at(row)
        return Review(
            agreement=agreement,
            author_id=author,
            subject_id=agreement.client_id if author == agreement.provider_id else agreement.provider_id,
            rating=values.whole_stars(stars, remarks),
            body=values.words(row["description"], remarks, name="description", limit=MAX_REVIEW, in_lines=True),
            created_at=at,
            published_at=at,
        )

    @staticmethod
    def _write(reviews: Sequence[Review]) -> None:
        Review.objects.bulk_create(reviews, batch_size=BATCH)
        agreements = {review.agreement_id: review.agreement for review in reviews}
        for review in reviews:
            agreement = agreements[review.agreement_id]
            agreement.reviews_written += 1
            if agreement.reviews_published_at is None or review.created_at < agreement.reviews_published_at:
                agreement.reviews_published_at = review.created_at
        Agreement.objects.bulk_update(
            agreements.values(), ["reviews_written", "reviews_published_at"], batch_size=BATCH
        )
