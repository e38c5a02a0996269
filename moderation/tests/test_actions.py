from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import CHANGE, LogEntry

from accounts.models import User
from moderation import actions
from notices.models import Notice, OutboxMail
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.enums import Status
from services.models import Listing
from services.tests.factories import PromotionFactory, ServiceRequestFactory
from services.transitions import StatusMoved

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
REASON = "Es una cadena & no un servicio."


def log_lines() -> list[tuple]:
    entries = LogEntry.objects.order_by("pk").select_related("content_type")
    return [
        (
            entry.user,
            entry.content_type.model,
            entry.object_id,
            entry.object_repr,
            entry.action_flag,
            entry.change_message,
        )
        for entry in entries
    ]


@pytest.mark.parametrize(("factory", "model"), [(PromotionFactory, Promotion), (ServiceRequestFactory, ServiceRequest)])
def test_remove_listing_hides_logs_and_tells(factory, model, owner, moderator):
    listing = Listing.objects.get(pk=factory(owner=owner, title="Gane dinero ya").pk)
    actions.remove_listing(listing=listing, reason=REASON, by=moderator, now=NOW)

    stored = Listing.objects.get()
    assert (stored.status, stored.removed_from, stored.removed_reason) == (Status.REMOVED, Status.PUBLISHED, REASON)
    assert log_lines() == [
        (moderator, model._meta.model_name, str(listing.pk), "Gane dinero ya", CHANGE, f"Retirado. Razón: {REASON}")
    ]
    notice = Notice.objects.get()
    assert (notice.recipient, notice.path) == (owner, listing.get_absolute_url())
    assert notice.sentence == f"Retiramos tu anuncio “Gane dinero ya”. Razón: {REASON}"
    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.subject) == (owner.email, "Retiramos tu anuncio “Gane dinero ya”")
    assert f"Razón: {REASON}" in mail.text
    assert "Es una cadena &amp; no un servicio." in mail.html


def test_remove_listing_twice_is_refused_without_a_second_mail(moderator):
    listing = PromotionFactory()
    actions.remove_listing(listing=listing, reason=REASON, by=moderator, now=NOW)
    with pytest.raises(StatusMoved, match=r"^Este anuncio ya está retirado\.$"):
        actions.remove_listing(listing=listing, reason="Otra.", by=moderator, now=NOW)
    assert Listing.objects.get().removed_reason == REASON
    assert (LogEntry.objects.count(), Notice.objects.count(), OutboxMail.objects.count()) == (1, 1, 1)


def test_remove_deleted_listing_is_refused(moderator):
    listing = PromotionFactory(deleted=True)
    with pytest.raises(StatusMoved, match="borrado"):
        actions.remove_listing(listing=listing, reason=REASON, by=moderator, now=NOW)
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (0, 0)


def test_restore_listing_returns_to_the_status_before(owner, moderator):
    listing = PromotionFactory(owner=owner, title="Destapes", removed=True, removed_from=Status.PAUSED)
    actions.restore_listing(listing=listing, by=moderator, now=NOW)

    stored = Listing.objects.get()
    assert (stored.status, stored.removed_from, stored.removed_reason) == (Status.PAUSED, "", "")
    assert log_lines() == [(moderator, "promotion", str(listing.pk), "Destapes", CHANGE, "Restaurado.")]
    assert Notice.objects.get().sentence == "Tu anuncio “Destapes” está de vuelta."
    assert OutboxMail.objects.get().subject == "Tu anuncio “Destapes” está de vuelta"


def test_restore_listing_that_is_not_removed_is_refused(moderator):
    listing = PromotionFactory(paused=True)
    with pytest.raises(StatusMoved, match="ya está en pausa"):
        actions.restore_listing(listing=listing, by=moderator, now=NOW)
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (0, 0)


def test_suspend_person_hides_listings_logs_and_tells(owner, moderator):
    PromotionFactory(owner=owner)
    actions.suspend_person(person=owner, reason=REASON, by=moderator, now=NOW)

    stored = User.objects.get(pk=owner.pk)
    assert (stored.suspended_at, stored.suspended_reason) == (NOW, REASON)
    assert owner.is_suspended
    assert not Listing.objects.published().exists()
    assert log_lines() == [
        (moderator, "user", str(owner.pk), "Pilar Santiago", CHANGE, f"Cuenta suspendida. Razón: {REASON}")
    ]
    assert Notice.objects.get().sentence == f"Suspendimos tu cuenta. Razón: {REASON}"
    mail = OutboxMail.objects.get()
    assert (mail.recipient, mail.subject) == (owner.email, "Suspendimos tu cuenta")
    assert REASON in mail.text


def test_suspend_person_twice_is_refused_without_a_second_mail(suspended, moderator):
    since, reason = suspended.suspended_at, suspended.suspended_reason
    with pytest.raises(StatusMoved, match="ya está suspendida"):
        actions.suspend_person(person=suspended, reason=REASON, by=moderator, now=NOW)
    stored = User.objects.get(pk=suspended.pk)
    assert (stored.suspended_at, stored.suspended_reason) == (since, reason)
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (0, 0)


def test_reinstate_person_shows_listings_again(suspended, moderator):
    PromotionFactory(owner=suspended)
    actions.reinstate_person(person=suspended, by=moderator, now=NOW)
    assert not User.objects.get(pk=suspended.pk).is_suspended
    assert Listing.objects.published().count() == 1
    assert [line[-1] for line in log_lines()] == ["Suspensión levantada."]
    assert Notice.objects.get().sentence == "Tu cuenta ya no está suspendida."
    assert OutboxMail.objects.get().subject == "Tu cuenta ya no está suspendida"


def test_reinstate_person_in_good_standing_is_refused(member, moderator):
    with pytest.raises(StatusMoved, match="no está suspendida"):
        actions.reinstate_person(person=member, by=moderator, now=NOW)
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("by", "person"), [("moderator", "superuser"), ("moderator", "moderator"), ("superuser", "superuser")]
)
def test_suspension_stops_at_who_is_not_below(by, person, request):
    by, person = request.getfixturevalue(by), request.getfixturevalue(person)
    with pytest.raises(StatusMoved):
        actions.suspend_person(person=person, reason=REASON, by=by, now=NOW)
    assert not User.objects.exclude(suspended_at=None).exists()
    assert (LogEntry.objects.count(), OutboxMail.objects.count()) == (0, 0)


def test_nothing_happens_when_the_owner_cannot_be_told(moderator, monkeypatch):
    listing = PromotionFactory()

    def fail(**_words):
        raise RuntimeError

    monkeypatch.setattr(actions, "notify", fail)
    with pytest.raises(RuntimeError):
        actions.remove_listing(listing=listing, reason=REASON, by=moderator, now=NOW)
    assert Listing.objects.get().status == Status.PUBLISHED
    assert not LogEntry.objects.exists()


def test_mail_is_in_the_readers_language(owner, moderator):
    owner.language = "en"
    owner.save(update_fields=["language"])
    listing = PromotionFactory(owner=owner)
    actions.remove_listing(listing=listing, reason=REASON, by=moderator, now=NOW)
    assert f"/en{listing.get_absolute_url()}" in OutboxMail.objects.get().text
