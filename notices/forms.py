"""The form of the page of notices: which mail a person wants."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notices.kinds import MailCategory
from notices.preferences import set_wanted_categories, wanted_categories


class MailPreferencesForm(forms.Form):
    """A box for each category: ticked ones arrive by mail."""

    categories = forms.MultipleChoiceField(
        label=_("Recibir por correo"),
        choices=MailCategory.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Lo de tus acuerdos, tus reseñas, tus anuncios, tus denuncias y tu cuenta te llega siempre."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"categories": wanted_categories(user)}
        self._user = user

    def save(self) -> None:
        set_wanted_categories(user=self._user, wanted=self.cleaned_data["categories"])
