"""A dispute: either side opens it, each side says its own, a moderator decides."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from agreements.actions.agreements import count_palita, ended, lapse_amendments, party_of, tell_both, tell_other
from agreements.enums import Party, Status
from agreements.models import MAX_STATEMENT_PHOTOS, Agreement, DisputeStatement, StatementPhoto
from agreements.transitions import StatusMoved, move
from services.pictures.chosen import ChosenPicture, take

OUTCOMES = {Status.CLOSED: "resolve_closed", Status.CANCELLED: "resolve_cancelled"}


@transaction.atomic
def dispute(
    *, agreement: Agreement, by: User, now: datetime, note: str, photos: Sequence[ChosenPicture] = ()
) -> Agreement:
    """Either side asks the moderators to decide, with its statement; the clock stands still.

    Raises:
        PicturesTaken: another form has used one of ``photos``.
    """
    party = party_of(agreement, by)
    # The clock would close what is delivered; until a moderator has decided nothing is due.
    move("dispute", agreement, party=party, actor=by, now=now, note=note)
    lapse_amendments(agreement, party=party, actor=by, now=now)
    _write_statement(agreement, by, note, photos, now)
    tell_other(agreement, by, "agreement_disputed", now=now)
    _tell_moderators(agreement)
    return agreement


@transaction.atomic
def add_statement(
    *, agreement: Agreement, by: User, now: datetime, note: str, photos: Sequence[ChosenPicture] = ()
) -> DisputeStatement:
    """The other side of a dispute says its own, once.

    Raises:
        StatusMoved: the agreement is not disputed (any more).
        PermissionDenied: this side has said its own already, or is none; with a sentence.
        PicturesTaken: another form has used one of ``photos``.
    """
    require_statement(agreement, by)
    # Written to hold its row: no moderator decides before this statement is seen.
    if not Agreement.objects.filter(pk=agreement.pk, status=Status.DISPUTED).update(status=Status.DISPUTED):
        raise StatusMoved(agreement)
    try:
        with transaction.atomic():
            statement = _write_statement(agreement, by, note, photos, now)
    except IntegrityError as error:
        raise PermissionDenied(_("Ya diste tu declaración.")) from error
    tell_other(agreement, by, "statement_added", now=now)
    return statement


def require_statement(agreement: Agreement, by: User) -> None:
    """Do nothing when ``by`` may give a statement now; raises as ``add_statement`` does."""
    party_of(agreement, by)
    if agreement.status != Status.DISPUTED:
        raise StatusMoved(agreement)
    if agreement.statements.filter(author=by).exists():
        raise PermissionDenied(_("Ya diste tu declaración."))


@transaction.atomic
def resolve(*, agreement: Agreement, by: User, now: datetime, outcome: Status, finding: str) -> Agreement:
    """A moderator decides: closed (the palita counts) or cancelled; both sides are told the finding.

    Raises:
        PermissionDenied: the moderator is one of the sides; with a sentence.
        StatusMoved: another moderator was faster.
    """
    if agreement.party_of(by):
        raise PermissionDenied(_("Eres parte de este acuerdo: que lo resuelva otra persona de moderación."))
    name = OUTCOMES[outcome]
    move(name, agreement, party=Party.MODERATOR, actor=by, now=now, note=finding, finding=finding, **ended(now))
    if outcome == Status.CLOSED:
        count_palita(agreement)
    tell_both(agreement, "agreement_resolved", now=now, note=finding)
    return agreement


def _write_statement(
    agreement: Agreement, by: User, body: str, photos: Sequence[ChosenPicture], now: datetime
) -> DisputeStatement:
    if len(photos) > MAX_STATEMENT_PHOTOS:
        raise ValidationError(_("Una declaración lleva hasta 4 fotos."))
    statement = DisputeStatement.objects.create(agreement=agreement, author=by, body=body, created_at=now)
    take(chosen=photos, attached=(), now=now)
    StatementPhoto.objects.bulk_create(
        StatementPhoto(statement=statement, picture=choice.picture, position=position, alt=choice.alt)
        for position, choice in enumerate(photos)
    )
    return statement


def _tell_moderators(agreement: Agreement) -> None:
    page = settings.SITE_URL + reverse("admin:agreements_agreement_change", args=[agreement.pk])
    with translation.override(settings.LANGUAGE_CODE):
        EmailMessage(
            subject=_("Disputa en el acuerdo %(id)s") % {"id": agreement.pk},
            body=_("Hay una disputa que espera por la moderación.") + f"\n\n{agreement.listing_title}\n{page}\n",
            to=[settings.CONTACT_EMAIL],
        ).send()
