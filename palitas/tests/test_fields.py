"""What fields tell the browser."""

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from accounts.forms import SignupForm
from services.forms import DollarsField


class SampleForm(forms.Form):
    email = forms.EmailField()
    price = DollarsField(error_messages={"required": 'Escribe el "precio".'})
    code = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))
    day = forms.DateField(required=False, error_messages={"past": "Esa fecha ya pasó."})


def drawn(expression: str) -> str:
    return Template(f"{{% load fields %}}{{{{ {expression} }}}}").render(Context({"form": SampleForm()}))


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        (
            "email",
            ' data-required="Este campo es obligatorio."'
            ' data-invalid="Escribe un correo válido, como nombre@ejemplo.com."',
        ),
        (
            "price",
            ' data-required="Escribe el &quot;precio&quot;."'
            ' data-invalid="Escribe dólares enteros, sin centavos: por ejemplo 40 o 1,500."',
        ),
        ("code", ' data-required="Este campo es obligatorio."'),
        (
            "day",
            ' data-required="Este campo es obligatorio." data-invalid="Escribe una fecha válida."'
            ' data-past="Esa fecha ya pasó."',
        ),
    ],
)
def test_sentences_are_the_ones_of_the_server(name, attributes):
    assert drawn(f"form.{name}|sentences") == attributes


def test_sentences_are_in_the_language_of_the_page():
    with translation.override("en"):
        assert drawn("form.code|sentences") == ' data-required="This field is required."'


def test_control_helps_the_keyboard_of_a_phone():
    assert drawn("form.code|control") == (
        '<input type="text" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false"'
        ' enterkeyhint="done" required id="id_code">'
    )
    assert 'inputmode="numeric"' in drawn("form.price|control")


def test_control_knows_the_fields_of_sign_up(db):
    template = Template("{% load fields %}{% for field in form %}{{ field|control }}{% endfor %}")
    drawn_form = template.render(Context({"form": SignupForm()}))
    assert "placeholder" not in drawn_form
    assert drawn_form.count('autocapitalize="words"') == 2
    assert drawn_form.count('inputmode="email"') == 1
    assert drawn_form.count('inputmode="tel"') == 1
    assert drawn_form.count('autocomplete="new-password"') == 2
