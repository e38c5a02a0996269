"""Makes a moderator: a new account, or one that its owner has already."""

import os
import secrets
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User
from moderation.groups import ensure_moderators_group

PASSWORD_VARIABLE = "MODERATOR_PASSWORD"  # noqa: S105  a name, not a password
GENERATED_BYTES = 15


class Command(BaseCommand):
    help = (
        "Make a moderator: create the account or promote the one with this e-mail. Safe to run twice. "
        f"The password comes from {PASSWORD_VARIABLE}, or is asked for with --ask-password; a new account without "
        "either gets one that is printed. An account with a confirmed e-mail keeps its password unless one is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--ask-password", action="store_true", help="ask for the password on the terminal")

    def handle(self, *_args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        password = getpass("Password: ") if options["ask_password"] else os.environ.get(PASSWORD_VARIABLE, "")
        try:
            validate_email(email)
            if password:
                validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        names = {name: options[name] for name in ("first_name", "last_name") if options[name]}
        generated = self._make(email, password, names)
        self.stdout.write(self.style.SUCCESS(f"{email} is a moderator."))
        if generated:
            self.stdout.write(f"Password: {generated}")

    @transaction.atomic
    def _make(self, email: str, password: str, names: dict[str, str]) -> str:
        """Write account, confirmed address and membership; returns the password if one had to be made up."""
        generated = ""
        user = User.objects.select_for_update().filter(email=email).first()
        if user is None:
            if "first_name" not in names:
                raise CommandError("A new account needs --first-name.")
            user = User.objects.create_user(email)
        if not user.is_active or user.is_suspended:
            raise CommandError(f"{email} is closed or suspended.")
        # Whoever signed up with an address and never confirmed it may be a stranger: that password does not count.
        if not password and not user.has_verified_email:
            password = generated = secrets.token_urlsafe(GENERATED_BYTES)
        if password:
            user.set_password(password)
        for name, value in names.items():
            setattr(user, name, value)
        user.is_staff = True
        user.save(update_fields=["password", "is_staff", *names])
        self._confirm(user)
        user.groups.add(ensure_moderators_group())
        return generated

    def _confirm(self, user: User) -> None:
        address, _created = EmailAddress.objects.get_or_create(user=user, email=user.email)
        address.verified = True
        address.save(update_fields=["verified"])
        address.set_as_primary()
