"""The same person in several requests at once: one contact, one message, no more than the limit."""

from collections.abc import Callable
from threading import Barrier, Event, Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from agreements.actions import contacts
from agreements.actions.contacts import LimitReached, open_contact, write_message
from agreements.models import Contact, Message
from agreements.tests.factories import ContactFactory
from notices.models import OutboxMail
from services.tests.factories import PromotionFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Run ``actions`` in threads released together; returns what each gave back or raised."""
    barrier, results = Barrier(len(actions)), []

    def run(action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results.append(action())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def opening(listing, opener) -> Callable[[], object]:
    return lambda: open_contact(listing=listing, opener=opener, body="Hola", now=timezone.now())


def test_contact_opened_by_six_requests_is_one(owner, member):
    listing = PromotionFactory(owner=owner)
    results = at_once(*[opening(listing, member)] * 6)
    contact = Contact.objects.get()
    assert sorted(is_new for _, is_new in results) == [False] * 5 + [True]
    assert {found for found, _ in results} == {contact}
    assert (contact.messages.count(), OutboxMail.objects.count()) == (1, 1)


def test_newcomer_opens_five_contacts_of_six_at_once(owner, member):
    results = at_once(*[opening(PromotionFactory(owner=owner), member) for _ in range(6)])
    assert [type(result) for result in results if not isinstance(result, tuple)] == [LimitReached]
    assert Contact.objects.count() == 5


def test_message_sent_by_six_requests_is_one(owner, member):
    contact = ContactFactory(listing__owner=owner, opener=member)
    key = uuid4()

    def send() -> Message:
        own = Contact.objects.select_related("opener", "owner", "listing").get()
        return write_message(contact=own, author=member, body="Hola", client_key=key, now=timezone.now())

    results = at_once(*[send] * 6)
    assert set(results) == {Message.objects.get()}
    assert OutboxMail.objects.count() == 1
    assert contact.messages.count() == 1


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database())"
        )
        return cursor.fetchone()[0]


@pytest.mark.postgres  # It asks the server who waits.
def test_no_message_overtakes_one_of_the_other_side_that_is_being_written(owner, member, monkeypatch):
    contact = ContactFactory(listing__owner=owner, opener=member)
    first_is_written, second_is_sent, overtaken = Event(), Event(), []

    def pause_the_first(*_args, **_options):
        if not first_is_written.is_set():
            first_is_written.set()
            while not (second_is_sent.wait(0.01) or somebody_waits_for_a_lock()):
                pass
            overtaken.append(second_is_sent.is_set())

    monkeypatch.setattr(contacts, "claim_pictures", pause_the_first)

    def answer():
        first_is_written.wait()
        write_message(contact=contact, author=owner, body="Segundo", now=timezone.now())
        second_is_sent.set()

    at_once(
        lambda: write_message(contact=contact, author=member, body="Primero", now=timezone.now()),
        answer,
    )
    assert overtaken == [False]
    assert list(Message.objects.order_by("pk").values_list("body", flat=True)) == ["Primero", "Segundo"]
