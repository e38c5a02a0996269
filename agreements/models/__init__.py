"""What happens between two people: contact, messages, agreement, events, dispute, reviews."""

from agreements.models.agreement import (
    MAX_NOTE,
    MAX_PRICE,
    MAX_STATEMENT_PHOTOS,
    MAX_TERM,
    MAX_TERMS,
    Agreement,
    AgreementEvent,
    AgreementQuerySet,
    DisputeStatement,
    StatementPhoto,
    reviews_are_open,
)
from agreements.models.conversation import (
    MAX_MESSAGE,
    MAX_MESSAGE_PHOTOS,
    Block,
    BlockQuerySet,
    Contact,
    ContactQuerySet,
    Message,
    MessagePhoto,
)
from agreements.models.review import MAX_REVIEW, MAX_REVIEW_PHOTOS, STARS, Review, ReviewPhoto, ReviewQuerySet

__all__ = [
    "MAX_MESSAGE",
    "MAX_MESSAGE_PHOTOS",
    "MAX_NOTE",
    "MAX_PRICE",
    "MAX_REVIEW",
    "MAX_REVIEW_PHOTOS",
    "MAX_STATEMENT_PHOTOS",
    "MAX_TERM",
    "MAX_TERMS",
    "STARS",
    "Agreement",
    "AgreementEvent",
    "AgreementQuerySet",
    "Block",
    "BlockQuerySet",
    "Contact",
    "ContactQuerySet",
    "DisputeStatement",
    "Message",
    "MessagePhoto",
    "Review",
    "ReviewPhoto",
    "ReviewQuerySet",
    "StatementPhoto",
    "reviews_are_open",
]
