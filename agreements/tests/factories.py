"""Contacts, agreements and what belongs to them, for tests."""

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from agreements.enums import DELIVERED_LIFETIME, PENDING_LIFETIME, REVIEW_WINDOW, Party, Status
from agreements.models import Agreement, AgreementEvent, Contact, Message, MessagePhoto, Review, ReviewPhoto
from services.tests.factories import PictureFactory, PromotionFactory

HOUR = timedelta(hours=1)


class ContactFactory(DjangoModelFactory):
    """Somebody wrote about a promotion, and its owner has answered, unless ``owner_wrote_at`` is None."""

    class Meta:
        model = Contact

    listing = factory.SubFactory(PromotionFactory)
    opener = factory.SubFactory(UserFactory)
    owner = factory.SelfAttribute("listing.owner")
    kind = factory.SelfAttribute("listing.kind")
    created_at = factory.LazyFunction(timezone.now)
    last_activity_at = factory.SelfAttribute("created_at")
    owner_wrote_at = factory.SelfAttribute("created_at")


class MessageFactory(DjangoModelFactory):
    """A line of the one who opened the contact."""

    class Meta:
        model = Message
        skip_postgeneration_save = True

    contact = factory.SubFactory(ContactFactory)
    author = factory.SelfAttribute("contact.opener")
    body = "¿Puedes venir el martes?"
    created_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def photo_count(self, create, extracted, **_fields):
        for position in range(extracted or 0) if create else ():
            picture = PictureFactory(owner=self.author, claimed=True)
            MessagePhoto.objects.create(message=self, picture=picture, position=position)


class AgreementFactory(DjangoModelFactory):
    """A proposal that waits for an answer, with the event of its beginning; traits take it further.

    ``created_at`` is when it was proposed; the later times follow, an hour apart.
    """

    class Meta:
        model = Agreement
        skip_postgeneration_save = True

    class Params:
        accepted = factory.Trait(
            status=Status.ACTIVE, accepted_at=factory.LazyAttribute(lambda self: self.created_at + HOUR)
        )
        active = factory.Trait(accepted=True)
        delivered = factory.Trait(
            accepted=True,
            status=Status.DELIVERED,
            delivered_at=factory.LazyAttribute(lambda self: self.created_at + 2 * HOUR),
            closes_at=factory.LazyAttribute(lambda self: self.delivered_at + DELIVERED_LIFETIME),
        )
        ended = factory.Trait(
            accepted=True,
            ended_at=factory.LazyAttribute(lambda self: self.created_at + 3 * HOUR),
            review_until=factory.LazyAttribute(lambda self: self.ended_at + REVIEW_WINDOW),
        )
        closed = factory.Trait(ended=True, status=Status.CLOSED)
        cancelled = factory.Trait(ended=True, status=Status.CANCELLED)
        disputed = factory.Trait(accepted=True, status=Status.DISPUTED)
        superseded = factory.Trait(accepted=True, status=Status.SUPERSEDED)
        rejected = factory.Trait(status=Status.REJECTED)
        withdrawn = factory.Trait(status=Status.WITHDRAWN)
        expired = factory.Trait(status=Status.EXPIRED)

    contact = factory.SubFactory(ContactFactory)
    version = factory.LazyAttribute(lambda self: self.contact.agreements.count() + 1)
    provider = factory.LazyAttribute(lambda self: self.contact.provider)
    client = factory.LazyAttribute(lambda self: self.contact.client)
    price = 1500
    terms = factory.LazyFunction(lambda: ["Destapar la tubería del baño.", "Limpiar al terminar."])
    listing_title = factory.SelfAttribute("contact.listing.title")
    service_name = factory.SelfAttribute("contact.listing.service.name_es")
    provider_name = factory.LazyAttribute(lambda self: self.provider.get_full_name())
    client_name = factory.LazyAttribute(lambda self: self.client.get_full_name())
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda self: self.created_at + PENDING_LIFETIME)

    @factory.post_generation
    def event(self, create, extracted, **_fields):
        if create and extracted is not False:
            AgreementEvent.objects.create(
                agreement=self,
                transition="propose",
                party=Party.PROVIDER,
                actor=self.provider,
                to_status=Status.PENDING,
                created_at=self.created_at,
            )


class ReviewFactory(DjangoModelFactory):
    """What the client says of the provider of a closed agreement; everybody can read it, unless it is ``hidden``."""

    class Meta:
        model = Review
        skip_postgeneration_save = True

    class Params:
        hidden = factory.Trait(published_at=None)
        removed = factory.Trait(removed_at=factory.LazyFunction(timezone.now), removed_reason="Insulta.")
        replied = factory.Trait(reply="Gracias por la confianza.", replied_at=factory.LazyFunction(timezone.now))

    agreement = factory.SubFactory(AgreementFactory, closed=True)
    author = factory.SelfAttribute("agreement.client")
    subject = factory.LazyAttribute(lambda self: self.agreement.other_party(self.author))
    rating = 5
    body = "Llegó a la hora y dejó todo limpio."
    created_at = factory.LazyFunction(timezone.now)
    published_at = factory.SelfAttribute("created_at")

    @factory.post_generation
    def photo_count(self, create, extracted, **_fields):
        for position in range(extracted or 0) if create else ():
            picture = PictureFactory(owner=self.author, claimed=True)
            ReviewPhoto.objects.create(review=self, picture=picture, position=position)

    @factory.post_generation
    def agreement_row(self, create, _extracted, **_fields):
        if create:
            written = Review.objects.filter(agreement=self.agreement).count()
            self.agreement.reviews_written, self.agreement.reviews_published_at = written, self.published_at
            self.agreement.save(update_fields=["reviews_written", "reviews_published_at"])
