"""What the suspension of a person means for the agreements they are part of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agreements.actions.clock import close_delivered, expire_pending
from agreements.enums import Status
from agreements.models import Agreement, Contact
from agreements.tests.factories import AgreementFactory, ContactFactory
from moderation import actions
from notices.models import Notice
from services.tests.factories import PromotionFactory

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def agreement_of(owner, member, created_at, **traits) -> Agreement:
    contact = ContactFactory(listing=PromotionFactory(owner=owner, title="Destapes"), opener=member)
    return AgreementFactory(contact=contact, created_at=created_at, **traits)


def told_of_agreements() -> list[tuple]:
    notices = Notice.objects.filter(kind__startswith="party_").order_by("pk").select_related("recipient")
    return [(notice.recipient, notice.kind, notice.path) for notice in notices]


@pytest.mark.parametrize("who", ["owner", "member"])
def test_other_side_of_each_open_agreement_is_told(owner, member, moderator, who):
    now = timezone.now()
    opened = [
        agreement_of(owner, member, now - DAY, **({trait: True} if trait else {}))
        for trait in ("", "active", "delivered", "disputed")
    ]
    for trait in ("closed", "cancelled", "rejected", "withdrawn", "expired", "superseded"):
        agreement_of(owner, member, now - DAY, **{trait: True})
    AgreementFactory()
    Contact.objects.update(owner_unread=False, opener_unread=False)
    person, other = (owner, member) if who == "owner" else (member, owner)
    actions.suspend_person(person=person, reason="Estafas.", by=moderator, now=now)

    assert told_of_agreements() == [(other, "party_suspended", one.get_absolute_url()) for one in opened]
    sentence = Notice.objects.filter(kind="party_suspended").first().sentence
    assert sentence == f"La cuenta de {person.get_full_name()} está suspendida. El acuerdo “Destapes” espera."
    assert "Estafas." not in sentence
    contacts = Contact.objects.filter(agreements__in=opened)
    assert contacts.unread_by(other).count() == 4
    assert contacts.unread_by(person).count() == 0
    assert Contact.objects.unread_by(other).count() == 4


@pytest.mark.parametrize("who", ["owner", "member"])
def test_clocks_stand_still_and_go_on_for_what_was_left(owner, member, moderator, who):
    start = timezone.now()
    pending = agreement_of(owner, member, start)
    delivered = agreement_of(owner, member, start - 3 * HOUR, delivered=True)
    person, other = (owner, member) if who == "owner" else (member, owner)

    actions.suspend_person(person=person, reason="Estafas.", by=moderator, now=start + DAY)
    late = start + 31 * DAY
    assert (expire_pending(late), close_delivered(late)) == (0, 0)

    actions.reinstate_person(person=person, by=moderator, now=late)
    moved = {row.pk: row for row in Agreement.objects.all()}
    assert moved[pending.pk].expires_at == pending.expires_at + 30 * DAY
    assert moved[delivered.pk].closes_at == delivered.closes_at + 30 * DAY
    assert (expire_pending(late + DAY), close_delivered(late + DAY)) == (0, 0)
    assert expire_pending(start + 33 * DAY) == 1
    assert close_delivered(start + 45 * DAY) == 1
    assert {row.status for row in Agreement.objects.all()} == {Status.EXPIRED, Status.CLOSED}
    kinds = [kind for recipient, kind, _path in told_of_agreements() if recipient == other]
    assert kinds == ["party_suspended"] * 2 + ["party_reinstated"] * 2


def test_listings_come_back_as_old_as_they_were(owner, moderator):
    start = timezone.now()
    fresh = PromotionFactory(owner=owner, published_at=start - 3 * DAY)
    put_away = PromotionFactory(owner=owner, published_at=start - 3 * DAY, archived=True)
    actions.suspend_person(person=owner, reason="Estafas.", by=moderator, now=start)
    actions.reinstate_person(person=owner, by=moderator, now=start + 5 * DAY)
    fresh.refresh_from_db()
    put_away.refresh_from_db()
    assert (fresh.published_at, put_away.published_at) == (start + 2 * DAY, start - 3 * DAY)


def test_refused_steps_tell_nobody_and_move_no_clock(owner, member, moderator):
    agreement = agreement_of(owner, member, timezone.now())
    with pytest.raises(actions.transitions.StatusMoved):
        actions.reinstate_person(person=owner, by=moderator, now=timezone.now() + DAY)
    actions.suspend_person(person=owner, reason="Estafas.", by=moderator, now=timezone.now())
    with pytest.raises(actions.transitions.StatusMoved):
        actions.suspend_person(person=owner, reason="Otra vez.", by=moderator, now=timezone.now())
    assert [kind for _recipient, kind, _path in told_of_agreements()] == ["party_suspended"]
    assert Agreement.objects.get().expires_at == agreement.expires_at


def test_other_side_can_still_act(owner, member, moderator, login):
    agreement = agreement_of(owner, member, timezone.now() - DAY, active=True)
    actions.suspend_person(person=owner, reason="Estafas.", by=moderator, now=timezone.now())
    response = login(member).post(f"{agreement.get_absolute_url()}cancelar/", {"note": "No va a venir."})
    assert response.status_code == 302
    assert Agreement.objects.get().status == Status.CANCELLED
    assert login(owner).post(f"{agreement.get_absolute_url()}cancelar/", {"note": "Yo."}).status_code == 403
