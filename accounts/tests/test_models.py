import pytest
from django.db import IntegrityError

from accounts.models import Profile, User


def test_create_user_lower_cases_email_and_makes_profile(db):
    user = User.objects.create_user("Ana@Example.COM", "x")
    assert user.email == "ana@example.com"
    assert Profile.objects.get().user == user


def test_email_in_capitals_is_refused_by_the_database(db):
    with pytest.raises(IntegrityError):
        User.objects.create(email="ANA@example.com", first_name="Ana")
