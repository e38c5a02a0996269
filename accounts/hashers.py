"""Passwords that were hashed by the former site."""

from django.contrib.auth.hashers import BCryptPasswordHasher

# All that bcrypt looks at; its library raises for anything longer since version 5.
MAX_BCRYPT_BYTES = 72


class FormerSiteHasher(BCryptPasswordHasher):
    """Plain bcrypt, for accounts that came from the former site. The first login replaces the hash by a new one.

    It comes last in ``PASSWORD_HASHERS``, so nothing is hashed with it anew.
    """

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether the password is right. One that is too long for bcrypt is wrong, after the same time."""
        fits = len(password.encode()) <= MAX_BCRYPT_BYTES
        is_right: bool = super().verify(password if fits else "", encoded)
        return fits and is_right
