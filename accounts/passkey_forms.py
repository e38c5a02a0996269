"""allauth's forms about passkeys, with the label that it leaves to Python's name of the field."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(label=_("Nombre de la llave"), required=False)


class EditPasskeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Nombre de la llave"))
