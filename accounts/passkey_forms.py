"""allauth's forms about passkeys: with our labels, and refusing what cannot be read instead of falling over it."""

import json
from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse


class CredentialField(forms.Field):
    """What the browser's key says, in JSON. Anybody may send anything: logging in with a key needs no account."""

    widget = forms.HiddenInput

    def __init__(self, parse: Callable[[Any], Any]) -> None:
        super().__init__()
        self.parse = parse

    def to_python(self, value: Any) -> Any:
        """Return the credential, which allauth will parse again.

        Raises:
            ValidationError: it is no credential.
        """
        if not value:
            return None
        try:
            credential = json.loads(value)
            self.parse(credential)
        except Exception as error:  # two parsers fed with hostile text may raise anything; allauth expects some of it
            raise get_adapter().validation_error("incorrect_code") from error
        return credential


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(label=_("Nombre de la llave"), required=False)
    credential = CredentialField(RegistrationResponse.from_dict)


class EditPasskeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Nombre de la llave"))


class AuthenticatePasskeyForm(AuthenticateWebAuthnForm):
    credential = CredentialField(AuthenticationResponse.from_dict)


class LoginPasskeyForm(LoginWebAuthnForm):
    credential = CredentialField(AuthenticationResponse.from_dict)


class ReauthenticatePasskeyForm(ReauthenticateWebAuthnForm):
    credential = CredentialField(AuthenticationResponse.from_dict)
