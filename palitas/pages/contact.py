"""The contact form: what visitors write reaches the people behind the site by mail."""

from http import HTTPStatus
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from services.forms import PlainLineField, PlainTextField

MAX_SUBJECT = 150
MAX_MESSAGE = 5000


class ContactForm(forms.Form):
    """A message to the site. ``website`` is a trap: people do not see it, programs that fill in every field do."""

    name = PlainLineField(
        label=gettext_lazy("Tu nombre"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("Tu correo electrónico"),
        help_text=gettext_lazy("Ahí te contestamos."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    subject = PlainLineField(
        label=gettext_lazy("Asunto"),
        max_length=MAX_SUBJECT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    message = PlainTextField(
        label=gettext_lazy("Mensaje"), max_length=MAX_MESSAGE, widget=forms.Textarea(attrs={"rows": 8})
    )
    website = forms.CharField(
        label=gettext_lazy("Deja este espacio vacío"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def send(self) -> None:
        """Write the mail to the outbox; an answer to it goes to the visitor. A caught program is told it was sent."""
        data = self.cleaned_data
        if data["website"]:
            return
        EmailMessage(
            subject=f"[{settings.SITE_NAME}] {data['subject']}",
            body=f"{data['name']} <{data['email']}>\n\n{data['message']}",
            to=[settings.CONTACT_EMAIL],
            reply_to=[data["email"]],
        ).send()


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Show the form and mail what is sent with it, at most five times an hour from one address."""
    form = ContactForm(request.POST or None, initial=_known_of(request))
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        if ratelimit.consume(request, action="contact_form"):
            form.send()
            messages.success(request, _("Gracias por escribirnos. Te contestaremos por correo."))
            return redirect("contact")
        form.add_error(None, _("Has enviado muchos mensajes en poco tiempo. Espera una hora y trata otra vez."))
        status = HTTPStatus.TOO_MANY_REQUESTS
    return render(request, "pages/contact.html", {"form": form}, status=status)


def _known_of(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    return {"name": request.user.get_full_name(), "email": request.user.email}
