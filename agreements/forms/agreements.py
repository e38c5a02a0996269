"""The forms of an agreement: proposing it, the words that go with a step, a statement, the payment QR."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from agreements.actions.agreements import propose
from agreements.actions.payment import set_payment_qr
from agreements.enums import Status
from agreements.models import MAX_NOTE, MAX_STATEMENT_PHOTOS, MAX_TERM, MAX_TERMS, Agreement, Contact
from agreements.transitions import TRANSITIONS, Note
from services.enums import Area
from services.forms import DollarsField, PlainTextField
from services.pictures.chosen import ChosenPicture
from services.pictures.forms import PhotosField, PhotosFormMixin
from services.validators import plain_line


def _link_to_site_terms() -> str:
    return format_html('<a href="{}">{}</a>', reverse("terms"), _("Lee los términos de PalitasPR"))


class TermsField(PlainTextField):
    """Terms, one a line; empty lines do not count. Cleans to a list."""

    def to_python(self, value: Any) -> Any:
        return [line for line in map(plain_line, super().to_python(value).split("\n")) if line]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MAX_TERMS:
            raise ValidationError(
                _("Son %(number)d líneas y el límite es %(limit)d: junta algunas."),
                code="too_many",
                params={"number": len(value), "limit": MAX_TERMS},
            )
        for number, line in enumerate(value, start=1):
            if len(line) > MAX_TERM:
                raise ValidationError(
                    _("La línea %(number)d tiene %(length)d letras y el límite es %(limit)d: pártela en dos."),
                    code="too_long",
                    params={"number": number, "length": len(line), "limit": MAX_TERM},
                )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class DayInput(forms.DateInput):
    input_type = "date"


class ProposalForm(forms.Form):
    """Terms and a price for the other side to accept. A former version fills it in."""

    price = DollarsField(
        label=gettext_lazy("Precio"),
        help_text=gettext_lazy("Dólares enteros, por todo el trabajo. Se paga fuera del sitio."),
        error_messages={"required": gettext_lazy("Escribe el precio.")},
    )
    terms = TermsField(
        label=gettext_lazy("Términos"),
        help_text=gettext_lazy("Qué incluye, qué no y quién pone los materiales: una línea para cada cosa, hasta 20."),
        widget=forms.Textarea(attrs={"rows": 7, "data-lines": MAX_TERMS}),
        error_messages={"required": gettext_lazy("Escribe al menos un término: qué vas a hacer.")},
    )
    scheduled_for = forms.DateField(
        label=gettext_lazy("Fecha del trabajo"),
        required=False,
        # The browser's own field shows the date in the person's way and sends it in this one.
        widget=DayInput(format="%Y-%m-%d"),
        error_messages={
            "invalid": gettext_lazy("Escribe una fecha que exista."),
            "past": gettext_lazy("Esa fecha ya pasó."),
        },
    )
    accept_terms = forms.BooleanField(
        label=gettext_lazy("Acepto los términos de PalitasPR: el pago y el trabajo son entre nosotros"),
        help_text=lazy(_link_to_site_terms, str)(),
        error_messages={"required": gettext_lazy("Acepta los términos del sitio para enviar la propuesta.")},
    )

    def __init__(self, data: Any = None, *, contact: Contact, before: Agreement | None) -> None:
        names = ("price", "terms", "scheduled_for")
        super().__init__(data, initial={name: getattr(before, name) for name in names} if before else {})
        self.contact = contact
        self.fields["scheduled_for"].widget.attrs["min"] = timezone.localdate().isoformat()

    def clean_scheduled_for(self) -> Any:
        day = self.cleaned_data["scheduled_for"]
        if day and day < timezone.localdate():
            raise ValidationError(self.fields["scheduled_for"].error_messages["past"], code="past")
        return day

    def save(self, *, by: User) -> Agreement:
        """Propose; see the action for what it raises."""
        data = self.cleaned_data
        return propose(
            contact=self.contact,
            by=by,
            price=data["price"],
            terms=data["terms"],
            scheduled_for=data["scheduled_for"],
            now=timezone.now(),
        )


def note_field(*, required: bool) -> PlainTextField:
    """Return the field of the words that go with a step; the other side reads them."""
    return PlainTextField(
        label=gettext_lazy("Por qué"),
        max_length=MAX_NOTE,
        required=required,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Escribe por qué: la otra parte lo va a leer.")},
    )


class StepForm(forms.Form):
    """The words that go with one row of the table, if it takes any."""

    def __init__(self, data: Any = None, *, name: str) -> None:
        # Several of these stand on one page.
        super().__init__(data, auto_id=f"id_{name}_%s")
        row = TRANSITIONS[name]
        if row.note is not Note.NONE:
            self.fields["note"] = note_field(required=row.note is Note.REQUIRED)


class StatementForm(PhotosFormMixin):
    """What one side says of a dispute, with up to four photos."""

    note = PlainTextField(
        label=gettext_lazy("Qué pasó"),
        max_length=MAX_NOTE,
        help_text=gettext_lazy("La leen la otra parte y la moderación. No se puede cambiar después."),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Cuenta qué pasó: con eso decide la moderación.")},
    )
    photos = PhotosField(max_photos=MAX_STATEMENT_PHOTOS, area=Area.PRIVATE)


class PaymentForm(PhotosFormMixin):
    """The provider's payment QR, put where it is needed."""

    payment_qr = PhotosField(
        max_photos=1,
        has_alt=False,
        area=Area.PRIVATE,
        required=True,
        label=gettext_lazy("QR de ATH Móvil"),
        error_messages={"required": gettext_lazy("Escoge la foto de tu QR.")},
    )

    def __init__(self, *args: Any, request: HttpRequest) -> None:
        self.user = cast("User", request.user)
        current = self.user.profile.payment_qr
        super().__init__(*args, request=request, attached={"payment_qr": [ChosenPicture(current)] if current else []})

    def save(self) -> None:
        """Put the picture in place; see the action for what it raises."""
        set_payment_qr(user=self.user, photos=self.cleaned_data["payment_qr"], now=timezone.now())


class ResolutionForm(forms.Form):
    """What a moderator decides in a dispute, and why; both sides read it."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Cómo termina"),
        choices=[
            (Status.CLOSED, gettext_lazy("Cerrado: el trabajo se hizo. Cuenta como palita.")),
            (Status.CANCELLED, gettext_lazy("Cancelado: el trabajo no se hizo como se acordó.")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Escoge cómo termina.")},
    )
    finding = PlainTextField(
        label=gettext_lazy("Determinación"),
        max_length=MAX_NOTE,
        help_text=gettext_lazy("Las dos partes la leen tal como la escribes."),
        widget=forms.Textarea(attrs={"rows": 6, "cols": 80, "class": "vLargeTextField"}),
        error_messages={"required": gettext_lazy("Escribe la determinación: las dos partes la van a leer.")},
    )
