"""The forms of a conversation: its first message, and those that follow."""

import uuid
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from agreements.actions.contacts import open_contact, write_message
from agreements.models import MAX_MESSAGE, MAX_MESSAGE_PHOTOS, Contact, Message
from services.enums import Area
from services.forms import PlainTextField
from services.models import Listing
from services.pictures.forms import PhotosField, PhotosFormMixin


class ClientKeyField(forms.UUIDField):
    """A key that the page has made; one that is no UUID is as good as none."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            return None


TOO_LONG = gettext_lazy("Un mensaje puede tener hasta 2,000 letras: este tiene %(show_value)d.")


class TrappedForm(forms.Form):
    """``website`` is a trap: people do not see it, programs that fill in every field do."""

    website = forms.CharField(
        label=gettext_lazy("Deja este espacio vacío"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    @property
    def is_caught(self) -> bool:
        """Whether a program filled in the form. It is told nothing of it."""
        return bool(self.data.get("website"))


class OpenContactForm(TrappedForm):
    """The first message about a listing."""

    body = PlainTextField(
        label=gettext_lazy("Tu mensaje"),
        max_length=MAX_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Escribe un mensaje."), "max_length": TOO_LONG},
    )

    def save(self, *, listing: Listing, opener: User) -> tuple[Contact, bool]:
        """Open the contact; see ``open_contact`` for what it returns and raises."""
        return open_contact(listing=listing, opener=opener, body=self.cleaned_data["body"], now=timezone.now())


class MessageForm(TrappedForm, PhotosFormMixin):
    """A message with up to four photos; one of the two is enough."""

    body = PlainTextField(
        label=gettext_lazy("Tu mensaje"),
        max_length=MAX_MESSAGE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": gettext_lazy("Escribe un mensaje")}),
        error_messages={"max_length": TOO_LONG},
    )
    photos = PhotosField(max_photos=MAX_MESSAGE_PHOTOS, has_alt=False, area=Area.PRIVATE)
    client_key = ClientKeyField(required=False)

    def __init__(
        self, *args: Any, request: HttpRequest, contact: Contact, initial: dict[str, Any] | None = None
    ) -> None:
        self.author = cast("User", request.user)
        self.contact = contact
        super().__init__(*args, request=request, initial=(initial or {}) | {"client_key": uuid.uuid4()})

    @property
    def is_sent_again(self) -> bool:
        """Whether this very message has arrived: the answer was lost, and the browser sent it a second time.

        Asked before validation, which would find the photos in use.
        """
        key = self.fields["client_key"].to_python(self.data.get("client_key"))
        body = self.fields["body"].to_python(self.data.get("body"))
        sent = Message.objects.filter(contact=self.contact, author=self.author, client_key=key, body=body)
        return key is not None and sent.exists()

    def clean(self) -> dict[str, Any]:
        """Refuse what says nothing; where another mistake stands, that one is enough."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("body") and not cleaned.get("photos"):
            self.add_error("body", _("Escribe un mensaje o añade una foto."))
        return cleaned

    def save(self) -> Message:
        """Write the message; see ``write_message`` for what it raises."""
        return write_message(
            contact=self.contact,
            author=self.author,
            body=self.cleaned_data["body"],
            pictures=[choice.picture for choice in self.cleaned_data["photos"]],
            client_key=self.cleaned_data["client_key"],
            now=timezone.now(),
        )
