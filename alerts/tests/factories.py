"""Saved searches for tests."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from alerts.models import SavedSearch
from services.enums import Kind
from services.tests.factories import ServiceFactory


class SavedSearchFactory(DjangoModelFactory):
    """Somebody wants to hear of promotions of plumbing, anywhere."""

    class Meta:
        model = SavedSearch

    user = factory.SubFactory(UserFactory)
    kind = Kind.PROMOTION
    service = factory.SubFactory(ServiceFactory)
    created_at = factory.LazyFunction(timezone.now)
