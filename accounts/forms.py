"""Forms about oneself."""

from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from accounts.actions import update_person
from accounts.models import User

NORTH_AMERICA = 1
# What the browser looks at before the form is sent; whether the number exists is asked here.
TEN_DIGITS = r"(?:\D*\d){10,}\D*"
INVALID_PHONE = _("Escribe un teléfono de diez dígitos, como 787-555-0134.")


class PhoneInput(forms.TextInput):
    """Shows a stored number as it is written here, and what was typed as it was typed."""

    input_type = "tel"

    def format_value(self, value: Any) -> str | None:
        is_local = isinstance(value, PhoneNumber) and value.country_code == NORTH_AMERICA
        return value.as_national if is_local else super().format_value(value)


def phone_field() -> PhoneNumberField:
    """Return the field for a telephone number: typed and shown as in Puerto Rico, cleaned to E.164."""
    return PhoneNumberField(
        label=_("Teléfono"),
        help_text=_("Por ejemplo 787-555-0134. Nunca sale en tu perfil."),
        widget=PhoneInput(attrs={"autocomplete": "tel", "inputmode": "tel", "pattern": TEN_DIGITS}),
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
        self.fields["password1"].help_text = _("Ocho letras o números por lo menos, que no sea fácil de adivinar.")

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

    # Asked at sign-up too; the model lets it be empty for accounts made by commands.
    last_name = forms.CharField(label=_("Apellidos"), max_length=80)
    phone = phone_field()

    class Meta:
        model = User
        fields = ["first_name", "last_name", "phone", "language"]

    def save(self, commit: bool = True) -> User:  # noqa: ARG002 - Django's signature
        return update_person(user=self.instance, **self.cleaned_data)


class ErasureForm(forms.Form):
    """The box without which no account is erased."""

    understood = forms.BooleanField(
        label=_("Entiendo que mi cuenta se borra ahora y no se puede recuperar."),
        error_messages={"required": _("Marca la casilla para borrar la cuenta.")},
    )
