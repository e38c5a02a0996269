"""Signing up, and changing what the account says of its owner."""

from allauth.account.views import SignupView as AllauthSignupView
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import PersonForm, SignupForm
from accounts.permissions import require_member


class SignupView(AllauthSignupView):
    """allauth's sign-up, in one transaction: account, address, profile and mail are written together or not at all."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            # Somebody signed up with this address since the form looked for it: answer as for any known address.
            form.account_already_exists = True
            with transaction.atomic():
                return super().form_valid(form)


@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name, telephone and language."""
    require_member(request.user)
    form = PersonForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Guardamos tus datos."))
        return redirect("account_person")
    return render(request, "accounts/person_edit.html", {"form": form})
