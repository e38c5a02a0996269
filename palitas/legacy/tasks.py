"""``tasks``: agreements. Each begins here with the status that it had there, and one event that says so."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from accounts.models import User
from agreements.actions.agreements import ended
from agreements.enums import LIVE, OPEN, PENDING_LIFETIME, REVIEW_WINDOW, Party, Status
from agreements.models import MAX_TERM, Agreement, AgreementEvent, Contact
from agreements.transitions import IMPORTED
from palitas.legacy import values
from palitas.legacy.contacts import listing_for, listings_of
from palitas.legacy.ledger import BATCH, Entry, Step, find
from palitas.legacy.people import present
from palitas.legacy.source import Row
from services.enums import Kind
from services.enums import Status as ListingStatus
from services.models import Listing, Service
from services.models.listing import slug_of

# "Reviewed" is no status here: the agreement is closed and its reviews are out.
STATUSES = MappingProxyType(
    {
        "pending": Status.PENDING,
        "active": Status.ACTIVE,
        "closed": Status.CLOSED,
        "reviewed": Status.CLOSED,
        "rejected": Status.REJECTED,
    }
)


@dataclass
class Versions:
    """The agreements of one contact while more are added; the newest proposal and the newest agreement hold."""

    last: int = 0
    open: list[Agreement] = field(default_factory=list)
    moved: list[tuple[Agreement, Status]] = field(default_factory=list)
    # Saved proposals that amend another one now.
    amended: list[Agreement] = field(default_factory=list)

    def add(self, agreement: Agreement, remarks: list[str]) -> None:
        """Give ``agreement`` its number, and let what it takes the place of step back."""
        self.last += 1
        agreement.version = self.last
        if agreement.status not in OPEN:
            return
        for other in list(self.open):
            if agreement.status == other.status == Status.PENDING:
                self._step_back(other, Status.WITHDRAWN)
                remarks.append("took the place of a proposal that was pending in the same contact")
            elif agreement.status in LIVE and other.status in LIVE:
                self._step_back(other, Status.SUPERSEDED)
                remarks.append("took the place of an agreement that was active in the same contact")
                agreement.amends = other
            elif agreement.status == Status.PENDING and other.status == Status.ACTIVE:
                agreement.amends = other
            elif agreement.status == Status.ACTIVE and other.status == Status.PENDING:
                other.amends = agreement
                if other.pk:
                    self.amended.append(other)
        self.open.append(agreement)

    def _step_back(self, other: Agreement, status: Status) -> None:
        before = Status(other.status)
        other.status = status
        self.open.remove(other)
        if other.pk:
            self.moved.append((other, before))


class Tasks(Step):
    table = "tasks"

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        contacts = find(
            "initial_contacts",
            (row["initial_contact_id"] for row in rows),
            Contact.objects.select_related("listing__service", "opener", "owner"),
        )
        people = find("users", (row[side] for row in rows for side in ("receiver_id", "provider_id")), present())
        makers = _ContactMaker(rows, contacts.values())
        entries, agreements = [], []
        for row in rows:
            entry = self.entry(row)
            entries.append(entry)
            status = STATUSES.get(values.text(row["status"]).lower())
            if status is None:
                entry.remarks.append("its status is unknown")
                continue
            contact = contacts.get(values.key(row["initial_contact_id"]))
            sides = _sides(row, contact, people, entry.remarks)
            if sides is None:
                continue
            if contact is None or {contact.opener_id, contact.owner_id} != {side.pk for side in sides}:
                contact = makers.contact(row, *sides, at=self.made_at(row), remarks=entry.remarks)
            if contact is not None:
                entry.target = self._agreement(row, status, contact, sides, entry.remarks)
                agreements.append((entry, entry.target))
        self._write(agreements)
        return entries

    def _agreement(
        self, row: Row, status: Status, contact: Contact, sides: tuple[User, User], remarks: list[str]
    ) -> Agreement:
        provider, client = sides
        made, changed = self.made_at(row), self.changed_at(row)
        price = values.price(row["price"], remarks, name="price")
        if price is None:
            remarks.append("no price: $0")
        agreement = Agreement(
            contact=contact,
            provider=provider,
            client=client,
            status=status,
            price=price or 0,
            terms=values.terms(row["description"], remarks),
            listing_title=contact.listing.title,
            service_name=contact.listing.service.name_es,
            provider_name=provider.get_full_name(),
            client_name=client.get_full_name(),
            created_at=made,
            # Whoever still has to answer gets the whole time for it.
            expires_at=(self.now if status == Status.PENDING else made) + PENDING_LIFETIME,
        )
        if not agreement.terms:
            agreement.terms = [values.cut(contact.listing.title, MAX_TERM)]
            remarks.append("no terms: the listing's title stands for them")
        if status in LIVE | {Status.CLOSED}:
            agreement.accepted_at = changed
        if status == Status.CLOSED:
            for name, value in ended(changed).items():
                setattr(agreement, name, value)
            # The time for reviews is over; nobody has to be told.
            if changed + REVIEW_WINDOW <= self.now:
                agreement.reviews_published_at = changed + REVIEW_WINDOW
        _answered(contact, agreement, made=made, changed=changed)
        return agreement

    def _write(self, written: Sequence[tuple[Entry, Agreement]]) -> None:
        contacts = {agreement.contact_id: agreement.contact for _entry, agreement in written}
        versions = _versions(contacts)
        for entry, agreement in written:
            versions[agreement.contact_id].add(agreement, entry.remarks)
        agreements = [agreement for _entry, agreement in written]
        moved = [pair for one in versions.values() for pair in one.moved]
        for agreement, before in moved:
            Agreement.objects.filter(pk=agreement.pk, status=before).update(status=agreement.status)
        saved = [agreement for one in versions.values() for agreement in one.amended]
        amendments = [(agreement, agreement.amends) for agreement in [*agreements, *saved] if agreement.amends]
        for agreement, _amended in amendments:
            agreement.amends = None  # It may have no key yet.
        Agreement.objects.bulk_create(agreements, batch_size=BATCH)
        for agreement, amended in amendments:
            agreement.amends = amended
        Agreement.objects.bulk_update([agreement for agreement, _amended in amendments], ["amends"], batch_size=BATCH)
        events = [(agreement, "") for agreement in agreements] + moved
        AgreementEvent.objects.bulk_create(
            (
                AgreementEvent(
                    agreement=agreement,
                    transition=IMPORTED,
                    party=Party.CLOCK,
                    from_status=before,
                    to_status=agreement.status,
                    created_at=self.now,
                )
                for agreement, before in events
            ),
            batch_size=BATCH,
        )
        columns = ["last_activity_at", "owner_wrote_at", "opener_hidden", "owner_hidden"]
        Contact.objects.bulk_update(contacts.values(), columns, batch_size=BATCH)


def _sides(row: Row, contact: Contact | None, people: dict[str, User], remarks: list[str]) -> tuple[User, User] | None:
    """Return provider and client; what the row does not name its contact knows."""
    sides = []
    for column, side in (("provider_id", "provider"), ("receiver_id", "client")):
        person = people.get(values.key(row[column]))
        if person is None and not values.key(row[column]) and contact:
            person = getattr(contact, side)
            remarks.append(f"no {side}: the contact's")
        if person is None:
            remarks.append(f"its {side} was left, or is none")
            return None
        sides.append(person)
    if sides[0] == sides[1]:
        remarks.append("of a person with themselves")
        return None
    return sides[0], sides[1]


def _answered(contact: Contact, agreement: Agreement, *, made: datetime, changed: datetime) -> None:
    """Write down in the contact what the agreement says of it: who has answered, and that it is in use."""
    owner_proposed = agreement.provider_id == contact.owner_id
    answered = made if owner_proposed else changed if agreement.status != Status.PENDING else None
    if answered and (contact.owner_wrote_at is None or answered < contact.owner_wrote_at):
        contact.owner_wrote_at = max(answered, contact.created_at)
    contact.last_activity_at = max(contact.last_activity_at, changed)
    if agreement.status in OPEN:
        contact.opener_hidden = contact.owner_hidden = False


def _versions(contacts: Iterable[int]) -> dict[int, Versions]:
    versions: dict[int, Versions] = defaultdict(Versions)
    for agreement in Agreement.objects.filter(contact__in=contacts).order_by("version"):
        known = versions[agreement.contact_id]
        known.last = agreement.version
        if agreement.status in OPEN:
            known.open.append(agreement)
    return versions


class _ContactMaker:
    """Finds or makes the contact of a task that has none, or one of other people."""

    def __init__(self, rows: Sequence[Row], known: Iterable[Contact]) -> None:
        # One object for each contact, so that what is noted in it is not lost.
        self.known = {contact.pk: contact for contact in known}
        self.listings = listings_of(rows)
        self.services = find("services", (row["service_id"] for row in rows), Service.objects.all())

    def contact(self, row: Row, provider: User, client: User, *, at: datetime, remarks: list[str]) -> Contact | None:
        """Return the contact of two people about the task's listing; None, with the reason, without any service."""
        listing = listing_for(row, self.listings)
        owner = provider if listing and listing.kind == Kind.PROMOTION else client
        if listing is None or listing.owner_id != owner.pk:
            listing = self._stand_in(row, provider, client)
            if listing is None:
                remarks.append("neither contact nor listing nor service")
                return None
            remarks.append("no listing of these people: a deleted one stands for it")
        opener = client if listing.owner_id == provider.pk else provider
        fresh = {
            "owner_id": listing.owner_id,
            "kind": listing.kind,
            "created_at": at,
            "last_activity_at": at,
            "owner_unread": False,
        }
        contact, is_new = Contact.objects.select_related("listing__service").get_or_create(
            listing=listing, opener=opener, defaults=fresh
        )
        remarks.append("no contact of these people: one was made" if is_new else "no contact: the one of its listing")
        return self.known.setdefault(contact.pk, contact)

    def _stand_in(self, row: Row, provider: User, client: User) -> Listing | None:
        """Write the row of a deleted listing: it holds contact and agreement together and is shown to nobody."""
        service = self.services.get(values.key(row["service_id"]))
        if service is None:
            return None
        is_request = bool(values.key(row["request_id"])) and not values.key(row["promo_id"])
        listing: Listing = Listing.objects.create(
            owner=client if is_request else provider,
            kind=Kind.REQUEST if is_request else Kind.PROMOTION,
            service=service,
            title=service.name_es,
            slug=slug_of(service.name_es),
            status=ListingStatus.DELETED,
        )
        return listing
