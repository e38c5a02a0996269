"""Forms about oneself."""

from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.widgets import RegionalPhoneNumberWidget

from accounts.actions import update_person
from accounts.models import User

INVALID_PHONE = _("Escribe un teléfono de diez dígitos, como 787-555-0134.")


def phone_field() -> PhoneNumberField:
    """Return the field for a telephone number: typed and shown as in Puerto Rico, cleaned to E.164."""
    return PhoneNumberField(
        label=_("Teléfono"),
        region=settings.PHONENUMBER_DEFAULT_REGION,
        help_text=_("Por ejemplo 787-555-0134. Nunca sale en tu perfil."),
        widget=RegionalPhoneNumberWidget(
            region=settings.PHONENUMBER_DEFAULT_REGION, attrs={"autocomplete": "tel", "inputmode": "tel"}
        ),
        error_messages={"invalid": INVALID_PHONE},
    )


class SignupForm(AllauthSignupForm):
    """An account for one person, who is client and provider alike."""

    first_name = forms.CharField(
        label=_("Nombre"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Apellidos"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    phone = phone_field()

    field_order = ["email", "first_name", "last_name", "phone", "password1", "password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "password1", "password2"):
            self.fields[name].widget.attrs.pop("placeholder", None)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Create the account; for an e-mail that has one, only write to its owner, in the same time.

        Hashing is what takes time in a sign-up. Without it the answer for a known e-mail would come 260 ms sooner and
        so tell strangers who has an account.
        """
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class PersonForm(forms.ModelForm):
    """Name, telephone and language of the account that is logged in."""

    phone = phone_field()

    class Meta:
        model = User
        fields = ["first_name", "last_name", "phone", "language"]

    def save(self, commit: bool = True) -> User:  # noqa: ARG002 - Django's signature
        return update_person(user=self.instance, **self.cleaned_data)
