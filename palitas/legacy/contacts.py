"""``initial_contacts``: who wrote to whom about which listing. The former site kept no messages."""

from collections.abc import Iterable, Sequence

from accounts.models import User
from agreements.models import Contact
from palitas.legacy import values
from palitas.legacy.ledger import BATCH, Entry, Step, find
from palitas.legacy.people import present
from palitas.legacy.source import Row
from services.models import Listing

Pair = tuple[int, int]


class Contacts(Step):
    table = "initial_contacts"

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        people = find("users", (row[side] for row in rows for side in ("receiver_id", "sender_id")), present())
        listings = listings_of(rows)
        existing = by_pair(listings.values())
        entries, fresh = [], []
        for row in rows:
            entry = self.entry(row)
            entries.append(entry)
            listing = listing_for(row, listings)
            receiver = people.get(values.key(row["receiver_id"]))
            sender = people.get(values.key(row["sender_id"]))
            if listing is None:
                entry.remarks.append("its listing was left, or is none")
            elif opener := _opener(listing, receiver, sender, entry.remarks):
                pair = listing.pk, opener.pk
                entry.joined = pair in existing
                if entry.joined:
                    entry.remarks.append("joined with the contact that the same two have about this listing")
                else:
                    existing[pair] = self._contact(row, listing, opener, is_turned=opener == receiver)
                    fresh.append(existing[pair])
                entry.target = existing[pair]
        Contact.objects.bulk_create(fresh, batch_size=BATCH)
        return entries

    def _contact(self, row: Row, listing: Listing, opener: User, *, is_turned: bool) -> Contact:
        # ``receiver`` is the owner, unless the row has them the wrong way round.
        owner, writer = ("sender", "receiver") if is_turned else ("receiver", "sender")
        return Contact(
            listing=listing,
            opener=opener,
            owner_id=listing.owner_id,
            kind=listing.kind,
            created_at=self.made_at(row),
            last_activity_at=self.changed_at(row),
            owner_unread=not values.flag(row[f"{owner}_read"]),
            owner_hidden=values.flag(row[f"{owner}_hide"]),
            opener_unread=not values.flag(row[f"{writer}_read"]),
            opener_hidden=values.flag(row[f"{writer}_hide"]),
        )


def listings_of(rows: Sequence[Row]) -> dict[tuple[str, str], Listing]:
    """Return the listings that rows name in ``promo_id`` and ``request_id``, by table and former key."""
    found = {}
    for table, column in (("promotions", "promo_id"), ("requests", "request_id")):
        named = [row[column] for row in rows if values.key(row[column])]
        for former_id, listing in find(table, named, Listing.objects.select_related("service", "owner")).items():
            found[table, former_id] = listing
    return found


def listing_for(row: Row, listings: dict[tuple[str, str], Listing]) -> Listing | None:
    """Return the listing of a row; the promotion where it names both kinds."""
    promotion = listings.get(("promotions", values.key(row["promo_id"])))
    return promotion or listings.get(("requests", values.key(row["request_id"])))


def by_pair(listings: Iterable[Listing]) -> dict[Pair, Contact]:
    """Return the contacts about ``listings``, by listing and opener."""
    contacts = Contact.objects.filter(listing__in={listing.pk for listing in listings})
    return {(contact.listing_id, contact.opener_id): contact for contact in contacts}


def _opener(listing: Listing, receiver: User | None, sender: User | None, remarks: list[str]) -> User | None:
    """Return who of the two wrote to the listing's owner; None, with the reason, when the row makes no sense."""
    if receiver is None or sender is None:
        remarks.append("one of its people was left, or is none")
    elif receiver == sender:
        remarks.append("a person with themselves")
    elif receiver.pk == listing.owner_id:
        return sender
    elif sender.pk == listing.owner_id:
        remarks.append("sender and receiver were the wrong way round")
        return receiver
    else:
        remarks.append("the listing belongs to neither of the two")
    return None
