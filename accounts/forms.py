"""Forms about oneself."""

from allauth.account.forms import BaseSignupForm as AllauthBaseSignupForm  # noqa: F401
