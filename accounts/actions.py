"""Changes that a person makes to their own account."""

from django.db import transaction
from phonenumber_field.phonenumber import PhoneNumber

from accounts.models import User


@transaction.atomic
def update_person(*, user: User, first_name: str, last_name: str, phone: PhoneNumber, language: str) -> User:
    """Change what a person says of themselves, and the language of the mail they get.

    Args:
        language: one of ``settings.LANGUAGES``.
    """
    user.first_name = first_name
    user.last_name = last_name
    user.phone = phone
    user.language = language
    user.save(update_fields=["first_name", "last_name", "phone", "language"])
    return user
