"""What a field tells the browser: the server's sentences for its mistakes, and how a phone's keyboard should help."""

from django import template
from django.forms import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# The codes of errors that static/js/forms.js recognises too.
SENTENCES = ("required", "invalid", "past")
# By what a field asks the browser to fill in, because half of these fields belong to allauth.
KEYBOARDS: dict[str, dict[str, str | bool]] = {
    "one-time-code": {"autocapitalize": "characters", "spellcheck": "false", "enterkeyhint": "done"},
    "email": {"autocapitalize": "none", "spellcheck": "false", "inputmode": "email"},
    "given-name": {"autocapitalize": "words", "spellcheck": "false"},
    "family-name": {"autocapitalize": "words", "spellcheck": "false"},
    "name": {"autocapitalize": "words", "spellcheck": "false"},
}


@register.filter
def sentences(field: BoundField) -> SafeString:
    """Return attributes with what the server would say of a field that is empty, wrong or too early."""
    said = {getattr(validator, "code", ""): getattr(validator, "message", "") for validator in field.field.validators}
    said |= field.field.error_messages
    return format_html_join("", ' data-{}="{}"', ((code, said[code]) for code in SENTENCES if code in said))


@register.filter
def control(field: BoundField) -> SafeString:
    """Return the field's input, with hints for the keyboard of a phone and without an echo of its label in it."""
    hints = KEYBOARDS.get(field.field.widget.attrs.get("autocomplete", ""), {})
    return field.as_widget(attrs={**hints, "placeholder": False})
