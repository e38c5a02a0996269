"""The form in which members point something out to the moderators."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.enums import ReportReason
from moderation.models import MAX_REPORT
from services.forms import PlainTextField


class ReportForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("Qué pasa"),
        choices=ReportReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Escoge una razón.")},
    )
    body = PlainTextField(
        label=gettext_lazy("Cuéntanos más"),
        max_length=MAX_REPORT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Solo lo lee la moderación."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for words where the reason has none."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("reason") == ReportReason.OTHER and not self.errors and not cleaned.get("body"):
            self.add_error("body", _("Cuéntanos qué pasa."))
        return cleaned
