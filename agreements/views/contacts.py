"""Opening a contact from a listing, the inbox, and the conversation."""

from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import is_member, require_member
from agreements import drafts
from agreements.actions import contacts as actions
from agreements.enums import LIVE, OPEN, Status
from agreements.forms.contacts import MessageForm, OpenContactForm
from agreements.models import Agreement, Block, Contact, Message, MessagePhoto
from agreements.permissions import is_provider_side
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.fragments import nothing_new, render_page, wants_fragment
from services.models import Listing
from services.permissions import can_view, is_owner
from services.reading import is_read
from services.validators import plain_text

CONTACTS_A_PAGE = 20
MESSAGES_A_PAGE = 50
MAX_DIGITS = 19  # of the number of a row
RECEIVED, SENT = "recibidos", "enviados"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_promotion(request: HttpRequest, pk: int) -> HttpResponse:
    return _open(request, Promotion, pk)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_request(request: HttpRequest, pk: int) -> HttpResponse:
    return _open(request, ServiceRequest, pk)


def _open(request: HttpRequest, model: type[Listing], pk: int) -> HttpResponse:
    """Show and take the form of the first message; who has written already is led to the conversation."""
    mine = Contact.objects.filter(listing__in=model.objects.filter(pk=pk), opener=request.user.pk)
    if contact := mine.first():
        return _return_to(request, contact)
    listing = get_object_or_404(model.objects.visible_to(request.user).select_related("service", "owner"), pk=pk)
    if not request.user.is_authenticated and request.method == "POST":
        return _ask_to_log_in(request, listing)
    if request.user.is_authenticated:
        _refuse_opening(request.user, listing)
    form = OpenContactForm(request.POST or None, initial={"body": drafts.find(request.session, pk)})
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_caught:
            return redirect(listing)
        try:
            if form.is_valid():
                contact, is_new = form.save(listing=listing, opener=cast("User", request.user))
                if not is_new:
                    return _return_to(request, contact)
                drafts.drop(request.session, pk)
                messages.success(request, _("Enviamos tu mensaje. La conversación sigue aquí."))
                return redirect(contact)
        except actions.LimitReached as limit:
            form.add_error(None, str(limit))
            status = HTTPStatus.TOO_MANY_REQUESTS
    context = {"form": form, "listing": listing, "is_visitor": not request.user.is_authenticated}
    return render(request, "agreements/contact_open.html", context, status=status)


def _return_to(request: HttpRequest, contact: Contact) -> HttpResponse:
    """Lead to the contact that there is. What was typed meanwhile waits in its message box, unless it was sent."""
    user = cast("User", request.user)
    if request.method == "POST":
        require_member(user)
        drafts.keep(request.session, contact.listing_id, request.POST.get("body", ""))
    if draft := drafts.find(request.session, contact.listing_id):
        if contact.messages.filter(author=user, body=plain_text(draft)).exists():
            drafts.drop(request.session, contact.listing_id)
        else:
            messages.info(request, _("Ya tenían una conversación sobre este anuncio. Tu texto está abajo, sin enviar."))
    return redirect(contact)


def _ask_to_log_in(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Lead a visitor through the login back to the form; the text waits in the session."""
    if OpenContactForm(request.POST).is_caught:
        return redirect(listing)
    drafts.keep(request.session, listing.pk, request.POST.get("body", ""))
    messages.info(request, _("Entra o crea tu cuenta para enviar el mensaje: guardamos lo que escribiste."))
    return redirect_to_login(request.path)


def _refuse_opening(user: User, listing: Listing) -> None:
    if is_owner.test(user, listing):
        raise PermissionDenied(actions.own_listing())
    require_member(user)
    actions.refuse_blocked(user, listing.owner)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show one's contacts, the latest activity first.

    ``?lado=recibidos`` (about one's own listings) or ``enviados``; ``&ocultos=1`` shows those hidden there.
    """
    side = SENT if request.GET.get("lado") == SENT else RECEIVED
    hidden = request.GET.get("ocultos") == "1"
    find = Contact.objects.sent_by if side == SENT else Contact.objects.received_by
    contacts = find(request.user, hidden=hidden).newest_first().for_rows()
    page = Paginator(contacts, CONTACTS_A_PAGE).get_page(request.GET.get("pagina"))
    tabs = Contact.objects.tabs_of(request.user)
    rows = [
        {"contact": contact, "other": contact.other_side(request.user), "unread": contact.is_unread_by(request.user)}
        for contact in page
    ]
    context = {
        "page": page,
        "rows": rows,
        "side": side,
        "unread": {"received": tabs["received_unread"], "sent": tabs["sent_unread"]},
        "is_hidden_list": hidden,
        "hidden_count": tabs["sent_hidden" if side == SENT else "received_hidden"],
        "query": f"lado={side}&ocultos=1" if hidden else f"lado={side}",
    }
    return render(request, "agreements/contact_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a conversation, which marks it as read, and take a message.

    To htmx it answers with what is new since ``desde``, the last message shown, or 204.
    """
    own = Contact.objects.of(request.user).with_people().with_status().with_news(request.user)
    contact = get_object_or_404(own.select_related("listing__owner"), pk=pk)
    user = cast("User", request.user)
    status = HTTPStatus.OK
    if request.method == "POST":
        if refusal := _refusal(contact, user):
            raise PermissionDenied(refusal)
        form, status = _take_message(request, contact)
        if not form.is_bound and not wants_fragment(request):
            return redirect(contact)
    else:
        if is_read(request) and contact.is_unread_by(user):
            actions.mark_read(contact=contact, by=user, now=timezone.now())
        if wants_fragment(request) and _shows_all(request, contact):
            return nothing_new()
        refusal = _refusal(contact, user)
        initial = {"body": drafts.find(request.session, contact.listing_id)}
        form = MessageForm(request=request, contact=contact, initial=initial)
    since = _number((request.POST or request.GET).get("desde", "")) if wants_fragment(request) else None
    context = _page(contact, user, before=request.GET.get("antes", ""), since=since)
    context |= {"form": form, "refusal": refusal, "is_posted": request.method == "POST"}
    return render_page(request, "agreements/contact_detail.html", context, partial="novedades", status=status)


def _take_message(request: HttpRequest, contact: Contact) -> tuple[MessageForm, HTTPStatus]:
    """Take a message; returns a fresh form, or the one that was sent with what is wrong in it."""
    form = MessageForm(request.POST, request.FILES, request=request, contact=contact)
    try:
        if not (form.is_caught or form.is_sent_again or _send(form)):
            return form, HTTPStatus.OK
    except actions.LimitReached as limit:
        form.add_error(None, str(limit))
        return form, HTTPStatus.TOO_MANY_REQUESTS
    if not form.is_caught:
        drafts.drop(request.session, contact.listing_id)
    return MessageForm(request=request, contact=contact), HTTPStatus.OK


def _shows_all(request: HttpRequest, contact: Contact) -> bool:
    """Whether the page that asks has the newest message, how the agreements stand, and the right dots."""
    dots = f"{contact.unread_in_contacts:d}{contact.unread_in_notices:d}"  # type: ignore[attr-defined]
    known = (str(contact.newest_message_id), _standing(contact), dots)  # type: ignore[attr-defined]
    return known == tuple(request.GET.get(name, "") for name in ("desde", "estado", "puntos"))


def _standing(contact: Contact) -> str:
    return f"{contact.status}-{contact.newest_event_id}"  # type: ignore[attr-defined]


def _number(typed: str) -> int:
    """Return the number of a message as it came in the address, or 0, which no message has."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < MAX_DIGITS else 0


def _send(form: MessageForm) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save()
    except ValidationError as error:
        form.add_error("photos", error)
    return form.is_valid()


def _refusal(contact: Contact, user: User) -> str:
    """Return why ``user`` cannot write in the contact now, or an empty string."""
    try:
        require_member(user)
        actions.refuse_silenced(contact, user)
    except PermissionDenied as error:
        return str(error)
    return ""


def _page(contact: Contact, user: User, *, before: str, since: int | None) -> dict[str, Any]:
    other = contact.other_side(user)
    shown, has_earlier = _messages(contact, before, since)
    agreements = list(Agreement.objects.filter(contact=contact).order_by("-version"))
    blockers = set(Block.objects.between(user, other).values_list("blocker", flat=True))
    statuses = {agreement.status for agreement in agreements}
    may_propose = (is_provider_side & is_member).test(user, contact) and other.is_active
    return {
        "contact": contact,
        "other": other,
        "shown_messages": shown,
        "earlier": shown[0] if has_earlier else None,
        "shows_listing": can_view.test(user, contact.listing),
        # Each sees how to reach the other once both have written; a block ends it.
        "shows_details": contact.both_wrote and other.is_active and not blockers,
        "has_blocked": user.pk in blockers,
        "agreements": agreements,
        "can_hide": not statuses & LIVE,
        "is_hidden": contact.is_hidden_from(user),
        "can_propose": may_propose and not statuses & (OPEN - {Status.ACTIVE}),
        "is_amendable": Status.ACTIVE in statuses,
        "is_live": not before,
        "newest": max([message.pk for message in shown], default=since or 0),
        "standing": _standing(contact),
    }


def _messages(contact: Contact, before: str, since: int | None) -> tuple[list[Message], bool]:
    """Return up to fifty messages, oldest first, and whether there are earlier ones.

    Args:
        before: the number of a message of this contact, of which the fifty before are wanted; else the newest are.
        since: only those after the message of this number.
    """
    found = Message.objects.filter(contact=contact, pk__gt=since or 0).order_by("-created_at", "-pk")
    if (number := _number(before)) and (limit := found.filter(pk=number).first()):
        found = found.filter(Q(created_at__lt=limit.created_at) | Q(created_at=limit.created_at, pk__lt=limit.pk))
    photos = Prefetch("photos", MessagePhoto.objects.select_related("picture"))
    latest = list(found.prefetch_related(photos)[: MESSAGES_A_PAGE + 1])
    return list(reversed(latest[:MESSAGES_A_PAGE])), len(latest) > MESSAGES_A_PAGE


@require_POST
def contact_hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a contact out of one's inbox."""
    contact, user = _own(request, pk)
    actions.hide(contact=contact, by=user, now=timezone.now())
    messages.success(request, _("Ocultamos la conversación. Vuelve si alguien escribe en ella."))
    return redirect(_tab_of(contact, user))


@require_POST
def contact_unhide(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a contact back to one's inbox."""
    contact, user = _own(request, pk)
    actions.unhide(contact=contact, by=user)
    messages.success(request, _("La conversación está otra vez en tus contactos."))
    return redirect(_tab_of(contact, user))


def _tab_of(contact: Contact, user: User) -> str:
    return f"{reverse('agreements:inbox')}?lado={SENT if contact.opener_id == user.pk else RECEIVED}"


@require_POST
def contact_block(request: HttpRequest, pk: int) -> HttpResponse:
    """Block the other person of a contact."""
    contact, user = _own(request, pk)
    actions.block(contact=contact, by=user)
    name = contact.other_side(user).get_short_name()
    messages.success(request, _("Bloqueaste a %(name)s: no pueden escribirse.") % {"name": name})
    return redirect(contact)


@require_POST
def contact_unblock(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift one's own block of the other person of a contact."""
    contact, user = _own(request, pk)
    actions.unblock(contact=contact, by=user)
    name = contact.other_side(user).get_short_name()
    messages.success(request, _("Desbloqueaste a %(name)s.") % {"name": name})
    return redirect(contact)


def _own(request: HttpRequest, pk: int) -> tuple[Contact, User]:
    """Fetch and authorise: 404 for strangers, 403 with a sentence for a side that may not act."""
    contact = get_object_or_404(Contact.objects.of(request.user).select_related("opener", "owner"), pk=pk)
    require_member(request.user)
    return contact, cast("User", request.user)
