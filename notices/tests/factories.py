"""Mail and notices for tests."""

import factory
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from notices.models import Notice, OutboxMail


class OutboxMailFactory(DjangoModelFactory):
    """A mail that waits, unless a trait says otherwise."""

    class Meta:
        model = OutboxMail

    class Params:
        secret = factory.Trait(is_secret=True, priority=0)

    recipient = factory.Sequence(lambda n: f"persona{n}@example.com")
    sender = "PalitasPR <hola@palitaspr.example>"
    subject = factory.Sequence(lambda n: f"Asunto {n}")
    text = "Tu código: 123-456"


class NoticeFactory(DjangoModelFactory):
    class Meta:
        model = Notice

    recipient = factory.SubFactory(UserFactory)
    kind = "listing_removed"
    data = factory.LazyFunction(lambda: {"title": "Destapes", "reason": "No es un servicio."})
    path = "/promociones/1-destapes/"
