"""People for tests."""

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Profile, User

PASSWORD = "bizcocho-de-guayaba-7"


class UserFactory(DjangoModelFactory):
    """A member with a confirmed e-mail address, unless a trait says otherwise."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        unverified = factory.Trait(verified=False)
        suspended = factory.Trait(suspended_at=factory.LazyFunction(timezone.now), suspended_reason="Anuncios falsos.")
        superuser = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda n: f"persona{n}@example.com")
    first_name = "Marisol"
    last_name = factory.Sequence(lambda n: f"Rivera {n}")
    phone = "+17875550134"
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def profile(self, create, _extracted, **fields):
        if create:
            Profile.objects.update_or_create(user=self, defaults=fields)

    @factory.post_generation
    def verified(self, create, extracted, **_fields):
        if create:
            is_verified = extracted is not False
            EmailAddress.objects.create(user=self, email=self.email, primary=True, verified=is_verified)
