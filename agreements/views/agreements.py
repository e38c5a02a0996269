"""Proposing an agreement, its page, its PDF, and the steps that its two sides take."""

from collections.abc import Callable
from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import require_member
from agreements.actions import agreements as actions
from agreements.actions import disputes
from agreements.enums import Party
from agreements.forms.agreements import PaymentForm, ProposalForm, StatementForm
from agreements.models import Agreement, Contact
from agreements.pdf import document
from agreements.transitions import StatusMoved, WrongParty, require_available
from agreements.views.agreement_page import page_context, step_form
from notices.addresses import without_language
from notices.models import Notice
from services.pictures.chosen import PicturesTaken
from services.pictures.forms import gone
from services.reading import is_read

STEPS: dict[str, Callable[..., Agreement]] = {
    "accept": actions.accept,
    "reject": actions.reject,
    "withdraw": actions.withdraw,
    "deliver": actions.deliver,
    "close": actions.close,
    "cancel": actions.cancel,
    "dispute": disputes.dispute,
}


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and take the form of a proposal; the latest version of the contact fills it in."""
    contacts = Contact.objects.of(request.user).select_related("listing__service", "opener", "owner")
    contact = get_object_or_404(contacts, pk=pk)
    require_member(request.user)
    user = cast("User", request.user)
    in_force = actions.require_proposable(contact, user)
    before = Agreement.objects.filter(contact=contact).order_by("-version").first()
    form = ProposalForm(request.POST if request.method == "POST" else None, contact=contact, before=before)
    if form.is_valid():
        agreement = form.save(by=user)
        messages.success(request, _("Enviamos tu propuesta. Tiene 72 horas para contestar."))
        return redirect(agreement)
    context = {"form": form, "contact": contact, "before": before, "in_force": in_force, "client": contact.client}
    return render(request, "agreements/agreement_form.html", context)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an agreement to its two sides, and mark the notices that lead here as read."""
    agreement, user = _own(request, pk)
    page = without_language(agreement.get_absolute_url())
    if is_read(request):
        Notice.objects.of(user).filter(path=page).mark_read(now=timezone.now())
    return _page(request, agreement)


@require_safe
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an agreement as a document to its two sides."""
    agreement, _user = _own(request, pk)
    name = f"palitaspr-{agreement.contact_id}-{agreement.version}.pdf"
    return HttpResponse(
        document.render(agreement, now=timezone.now()),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take one row of the table. After a login the browser comes back with GET: it is led to the page."""
    agreement, user = _own(request, pk)
    if request.method != "POST":
        return redirect(agreement)
    require_member(user)
    require_available(agreement, agreement.party_of(user), name)
    form = step_form(request, name)
    if form.is_valid():
        try:
            STEPS[name](agreement=agreement, by=user, now=timezone.now(), **form.cleaned_data)
        except PicturesTaken:
            form.add_error("photos", gone())
        else:
            messages.success(request, _taken(name))
            return redirect(agreement)
    return _page(request, agreement, **{name: form})


@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the statement of a side in a dispute."""
    agreement, user = _own(request, pk)
    if request.method != "POST":
        return redirect(agreement)
    require_member(user)
    disputes.require_statement(agreement, user)
    form = StatementForm(request.POST, request.FILES, request=request)
    if form.is_valid():
        try:
            disputes.add_statement(agreement=agreement, by=user, now=timezone.now(), **form.cleaned_data)
        except PicturesTaken:
            form.add_error("photos", gone())
        else:
            messages.success(request, _("Recibimos tu declaración."))
            return redirect(agreement)
    return _page(request, agreement, statement=form)


@require_http_methods(["GET", "HEAD", "POST"])
def payment_qr(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the provider's payment QR where the client is waiting for it."""
    agreement, user = _own(request, pk)
    if request.method != "POST":
        return redirect(agreement)
    require_member(user)
    if agreement.party_of(user) != Party.PROVIDER:
        raise WrongParty
    if not agreement.shows_payment_qr:
        raise StatusMoved(agreement)
    form = PaymentForm(request.POST, request.FILES, request=request)
    if form.is_valid():
        try:
            form.save()
        except PicturesTaken:
            form.add_error("payment_qr", gone())
        else:
            messages.success(request, _("Guardamos tu QR. Lo verá quien tenga contigo un acuerdo entregado."))
            return redirect(agreement)
    return _page(request, agreement, payment=form)


def _own(request: HttpRequest, pk: int) -> tuple[Agreement, User]:
    """Fetch and authorise: to anybody but its two sides there is no such agreement."""
    agreements = Agreement.objects.of(request.user).with_people().select_related("provider__profile__payment_qr")
    return get_object_or_404(agreements, pk=pk), cast("User", request.user)


def _page(request: HttpRequest, agreement: Agreement, **bound: forms.Form) -> HttpResponse:
    context = page_context(request, agreement, cast("User", request.user), bound)
    return render(request, "agreements/agreement_detail.html", context)


def _taken(name: str) -> str:
    sentences = {
        "accept": _("Aceptaste el acuerdo."),
        "reject": _("Rechazaste la propuesta."),
        "withdraw": _("Retiraste la propuesta."),
        "deliver": _("Lo marcaste como entregado. Le avisamos a la otra parte."),
        "close": _("Cerraste el acuerdo. ¡Gracias! Ahora puedes escribir una reseña."),
        "cancel": _("Cancelaste el acuerdo."),
        "dispute": _("Abriste una disputa. La moderación la va a leer."),
    }
    return sentences[name]
