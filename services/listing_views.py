"""What the pages of promotions and of requests have in common. Each app calls these with its own model and words."""

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import is_member
from services import transitions
from services.actions import publish_listing
from services.audience import note_view
from services.enums import Kind
from services.forms import ListingForm
from services.models import Listing
from services.models.listing import URL_NAMESPACES
from services.permissions import can_change, is_owner, is_public, refusal, require
from services.pictures.chosen import PicturesTaken
from services.pictures.forms import gone
from services.structured import json_ld, listing_data
from services.transitions import ARCHIVE, DELETE, PAUSE, PUBLISH, Transition
from services.validators import plain_line

AnyListing = TypeVar("AnyListing", bound=Listing)

ACTS = {PAUSE: transitions.pause, ARCHIVE: transitions.archive, DELETE: transitions.delete}


def create(request: HttpRequest, form_class: type[ListingForm], template: str) -> HttpResponse:
    """Show and take the form of a new listing. ``?servicio=&pueblo=&q=`` fill it in."""
    require(request.user, is_member)
    if request.method == "POST":
        form = form_class(request.POST, request.FILES, request=request)
    else:
        form = form_class(request=request, initial=_initial(request))
    if request.method == "POST" and (listing := _save(form)):
        messages.success(request, _saved(listing))
        return redirect(listing)
    return render(request, template, {"form": form, "listing": None})


def edit(
    request: HttpRequest, model: type[AnyListing], pk: int, form_class: type[ListingForm], template: str
) -> HttpResponse:
    """Show and take the form of a listing that there is."""
    listing, _owner = _changeable(request, model, pk)
    if listing.status not in transitions.EDITABLE:
        raise transitions.status_moved(listing)
    if request.method == "POST":
        form = form_class(request.POST, request.FILES, request=request, listing=listing)
        if _save(form):
            messages.success(request, _saved(listing))
            return redirect(listing)
    else:
        form = form_class(request=request, listing=listing)
    return render(request, template, {"form": form, "listing": listing})


def short(request: HttpRequest, model: type[AnyListing], pk: int) -> HttpResponse:
    """Redirect to the address with the title in it; it changes with the title, so not for ever."""
    return redirect(get_object_or_404(model.objects.visible_to(request.user), pk=pk))


def detail(request: HttpRequest, model: type[AnyListing], pk: int, slug: str, template: str) -> HttpResponse:
    """Show a listing to those who may see it."""
    listing = get_object_or_404(_for_page(model.objects.visible_to(request.user)), pk=pk)
    if slug != listing.slug:
        return redirect(listing)
    note_view(request, listing)
    context = {
        "listing": listing,
        "photos": listing.photos.all(),
        "trail": _trail(listing),
        "json_ld": json_ld(listing_data(listing)),
        "is_public": is_public.test(request.user, listing),
        "is_own": is_owner.test(request.user, listing),
    }
    if context["is_own"]:
        may_change = can_change.test(request.user, listing)
        context["actions"] = owner_actions(listing) if may_change else []
        context["refusal"] = "" if may_change else refusal(request.user)
    return render(request, template, context)


def publish(request: HttpRequest, model: type[AnyListing], pk: int) -> HttpResponse:
    """Publish; an incomplete listing sends its owner to the form, told what is missing."""
    listing, owner = _changeable(request, model, pk)
    try:
        publish_listing(listing=listing, by=owner, now=timezone.now())
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
        return redirect(listing.action_url("edit"))
    messages.success(request, _saved(listing))
    return redirect(listing)


def move(request: HttpRequest, model: type[AnyListing], pk: int, way: Transition) -> HttpResponse:
    """Take a listing along one of its owner's ways; a deleted one has no page to return to."""
    listing, owner = _changeable(request, model, pk)
    ACTS[way](listing=listing, by=owner, now=timezone.now())
    messages.success(request, _moved(way))
    return redirect("dashboard") if way is DELETE else redirect(listing)


def confirm_and_move(
    request: HttpRequest, model: type[AnyListing], pk: int, way: Transition, template: str
) -> HttpResponse:
    """Ask before a way that hides or ends a listing; then take it."""
    if request.method == "POST":
        return move(request, model, pk, way)
    listing, _owner = _changeable(request, model, pk)
    if not way.is_open_to(listing):
        raise transitions.status_moved(listing)
    return render(request, template, {"listing": listing})


@dataclass(frozen=True)
class OwnerAction:
    """A button of the owner: a link to a page, which may be one that asks first, or a form that posts at once."""

    name: str
    label: str
    url: str
    is_post: bool = False

    @property
    def asks(self) -> bool:
        """Whether the page only asks, so that a dialog can show it."""
        return self.name in {ARCHIVE.name, DELETE.name}


def owner_actions(listing: Listing) -> list[OwnerAction]:
    """Return what its owner can do with a listing in its status."""
    edit_action = OwnerAction("edit", _("Editar"), listing.action_url("edit"))
    actions = [edit_action] if listing.status in transitions.EDITABLE else []
    labels = {PUBLISH: _("Publicar"), PAUSE: _("Pausar"), ARCHIVE: _("Archivar"), DELETE: _("Borrar")}
    if listing.answer_by:
        actions.insert(0, OwnerAction("publish", _("Sigue disponible"), listing.action_url("publish"), is_post=True))
    return actions + [
        OwnerAction(way.name, label, listing.action_url(way.name), is_post=way in {PUBLISH, PAUSE})
        for way, label in labels.items()
        if way.is_open_to(listing)
    ]


def _trail(listing: Listing) -> list[tuple[str, str]]:
    places = {Kind.PROMOTION: _("Promociones"), Kind.REQUEST: _("Solicitudes")}
    search_url = reverse(f"{URL_NAMESPACES[Kind(listing.kind)]}:search")
    service = listing.service
    return [
        (places[Kind(listing.kind)], search_url),
        (service.name, f"{search_url}?{urlencode({'servicio': service.slug})}"),
        (listing.title, ""),
    ]


def _for_page(listings: QuerySet[AnyListing]) -> QuerySet[AnyListing]:
    return listings.select_related("service", "owner__profile__picture").prefetch_related("towns", "photos__picture")


def _changeable(request: HttpRequest, model: type[AnyListing], pk: int) -> tuple[AnyListing, User]:
    """Fetch and authorise: 404 for what one may not see, 403 with a sentence for what one may not change."""
    listing: AnyListing = get_object_or_404(
        model.objects.visible_to(request.user).select_related("service", "owner"), pk=pk
    )
    return listing, require(request.user, can_change, listing)


def _initial(request: HttpRequest) -> dict[str, object]:
    return {
        "service": request.GET.get("servicio", ""),
        "towns": request.GET.getlist("pueblo"),
        "title": plain_line(request.GET.get("q", "")),
    }


def _save(form: ListingForm) -> Listing | None:
    if not form.is_valid():
        return None
    try:
        return form.save()
    except PicturesTaken:
        form.add_error("photos", gone())
        return None


def _saved(listing: Listing) -> str:
    if listing.is_published:
        return _("Publicado. Todos lo pueden ver.")
    return _("Guardado. Nadie más lo ve hasta que lo publiques.")


def _moved(way: Transition) -> str:
    sentences = {
        PAUSE: _("En pausa: nadie más lo ve hasta que lo publiques otra vez."),
        ARCHIVE: _("Archivado. Lo puedes publicar otra vez cuando quieras."),
        DELETE: _("Borrado."),
    }
    return sentences[way]
