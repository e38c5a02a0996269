"""The statuses of a listing and the ways from one to the next.

Each way is one conditional UPDATE that names the party and the statuses it starts from. Of two at once exactly one
changes a row; the other raises ``StatusMoved``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext as _

from accounts.models import User
from services.enums import ArchiveReason, Status
from services.models import Listing, Picture


class StatusMoved(Exception):
    """The status has moved on, so that what was asked is no longer possible; the page answers 409.

    The first argument is a sentence for the person who asked. ``back_url`` is the page that shows how things stand now.
    """

    back_url: str = ""

    @property
    def sentence(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Transition:
    """A way from some statuses to another. ``target`` is None where the way leads back to the status before."""

    name: str
    sources: frozenset[Status]
    target: Status | None
    by_owner: bool = True

    def is_open_to(self, listing: Listing) -> bool:
        """Return whether the listing's status allows it; the party is asked of ``services.permissions``."""
        return Status(listing.status) in self.sources


PUBLISH = Transition("publish", frozenset({Status.DRAFT, Status.PAUSED, Status.ARCHIVED}), Status.PUBLISHED)
CONFIRM = Transition("confirm", frozenset({Status.PUBLISHED}), Status.PUBLISHED)
PAUSE = Transition("pause", frozenset({Status.PUBLISHED}), Status.PAUSED)
ARCHIVE = Transition("archive", frozenset({Status.DRAFT, Status.PUBLISHED, Status.PAUSED}), Status.ARCHIVED)
DELETE = Transition(
    "delete", frozenset({Status.DRAFT, Status.PUBLISHED, Status.PAUSED, Status.ARCHIVED}), Status.DELETED
)
REMOVE = Transition(
    "remove",
    frozenset({Status.DRAFT, Status.PUBLISHED, Status.PAUSED, Status.ARCHIVED}),
    Status.REMOVED,
    by_owner=False,
)
RESTORE = Transition("restore", frozenset({Status.REMOVED}), None, by_owner=False)

TRANSITIONS = {way.name: way for way in (PUBLISH, CONFIRM, PAUSE, ARCHIVE, DELETE, REMOVE, RESTORE)}
# What is left of a listing's words when it is deleted; its title and service are in conversations and agreements.
FORGOTTEN = {"description": "", "search_text": "", "price_min": None, "price_max": None, "needed_by": None}
# What the owner's form may change; a removed listing waits for the moderators as it is.
EDITABLE = frozenset({Status.DRAFT, Status.PUBLISHED, Status.PAUSED, Status.ARCHIVED})


def publish(*, listing: Listing, by: User, now: datetime) -> None:
    """Let everybody see the listing. One that was paused keeps its place among the newest.

    Whether it is complete is the caller's question: see ``services.actions.publish_listing``.

    Raises:
        PermissionDenied: ``by`` is not the owner.
        StatusMoved: it is not a draft, paused or archived.
    """
    published_at = Case(When(status=Status.PAUSED, then=F("published_at")), default=Value(now))
    changes = {"published_at": published_at, "confirmed_at": now, "asked_at": None, "archive_reason": ""}
    _move(listing, PUBLISH, now, by=by, status=Status.PUBLISHED, **changes)


def confirm(*, listing: Listing, by: User, now: datetime) -> None:
    """Say that a published promotion still holds, until it asks again. Raises as ``publish`` does."""
    _move(listing, CONFIRM, now, by=by, confirmed_at=now, asked_at=None)


def pause(*, listing: Listing, by: User, now: datetime) -> None:
    """Hide the listing until its owner publishes it again; raises as ``publish`` does."""
    _move(listing, PAUSE, now, by=by, status=Status.PAUSED)


def archive(*, listing: Listing, by: User, now: datetime) -> None:
    """Put the listing away; raises as ``publish`` does."""
    _move(listing, ARCHIVE, now, by=by, status=Status.ARCHIVED, archive_reason=ArchiveReason.OWNER)


@transaction.atomic
def delete(*, listing: Listing, by: User, now: datetime) -> None:
    """Delete the listing for good: no page, no photos, no words but the title, by which conversations know it.

    Raises as ``publish`` does.
    """
    _move(listing, DELETE, now, by=by, status=Status.DELETED, **FORGOTTEN)
    listing.towns.clear()
    Picture.objects.filter(photo__listing=listing).discard(now=now)
    listing.photos.all().delete()


def remove(*, listing: Listing, reason: str, now: datetime) -> None:
    """Take the listing off the site on behalf of the moderators; the caller tells the owner ``reason``.

    Raises:
        StatusMoved: it is removed or deleted already.
    """
    _move(listing, REMOVE, now, status=Status.REMOVED, removed_from=F("status"), removed_reason=reason)


def restore(*, listing: Listing, now: datetime) -> None:
    """Give a removed listing back the status it had before.

    Raises:
        StatusMoved: it is not removed.
    """
    _move(listing, RESTORE, now, status=F("removed_from"), removed_from="", removed_reason="")


def _move(listing: Listing, way: Transition, now: datetime, *, by: User | None = None, **changes: Any) -> None:
    rows = Listing.objects.filter(pk=listing.pk, status__in=way.sources)
    if way.by_owner:
        if by is None or listing.owner_id != by.pk:
            raise PermissionDenied(_("Solo quien publicó este anuncio puede cambiarlo."))
        rows = rows.filter(owner=by)
    if not rows.update(updated_at=now, **changes):
        raise status_moved(listing)
    listing.refresh_from_db(fields=["status", "updated_at", *changes])


def status_moved(listing: Listing) -> StatusMoved:
    """Return the error that says where the listing stands now."""
    status = Listing.objects.filter(pk=listing.pk).values_list("status", flat=True).first()
    sentences = {
        Status.DRAFT: _("Este anuncio es un borrador."),
        Status.PUBLISHED: _("Este anuncio ya está publicado."),
        Status.PAUSED: _("Este anuncio ya está en pausa."),
        Status.ARCHIVED: _("Este anuncio ya está archivado."),
        Status.REMOVED: _("La moderación retiró este anuncio. Escríbenos si crees que es un error."),
    }
    return StatusMoved(sentences.get(Status(status or Status.DELETED), _("Este anuncio ya fue borrado.")))
