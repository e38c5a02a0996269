"""``promotions`` and ``requests`` with their towns."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User
from alerts.enums import NEWS_LIFETIME
from alerts.models import Matching
from palitas.legacy import values
from palitas.legacy.catalogue import ISLAND
from palitas.legacy.ledger import BATCH, Entry, Step, find, waiting_pictures, write
from palitas.legacy.people import present
from palitas.legacy.source import Row
from services.enums import ArchiveReason, Kind, Status
from services.models import Listing, Service, Town
from services.models.listing import MAX_DESCRIPTION, MAX_PHOTOS, MAX_TITLE, REQUEST_LIFETIME, slug_of
from services.search.text import search_text

LEFT_LISTING = "its listing was left"


@dataclass
class Draft:
    """A listing on its way into the database."""

    listing: Listing
    made_at: datetime
    changed_at: datetime
    towns: list[Town] = field(default_factory=list)


class Listings(Step):
    """One kind of listing."""

    kind: ClassVar[Kind]
    towns_table: ClassVar[str]
    towns_owner: ClassVar[str]

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        owners = find("users", (row["user_id"] for row in rows), present())
        verified = set(
            EmailAddress.objects.filter(user__in=owners.values(), verified=True).values_list("user", flat=True)
        )
        services = find("services", (row["service_id"] for row in rows), Service.objects.all())
        places = self._places(rows)
        entries: list[Entry] = []
        drafts = []
        for row in rows:
            entry = self.entry(row)
            entries.append(entry)
            owner = owners.get(values.key(row["user_id"]))
            service = services.get(values.key(row["service_id"]))
            joins = places[entry.former_id]
            if owner is None:
                entry.remarks.append("its owner was left, or is none")
            elif service is None:
                entry.remarks.append("its service has no counterpart here, or is none")
            else:
                draft = self._draft(row, owner, service, entry.remarks)
                joins.settle(draft)
                self._place(draft, owner.pk in verified, entry.remarks)
                entry.target = draft.listing
                drafts.append(draft)
            entries += joins.entries
            entries += waiting_pictures(
                entry, row["pictures"], column="pictures", user=row["user_id"], limit=MAX_PHOTOS
            )
        self._write(drafts)
        return entries

    def _draft(self, row: Row, owner: User, service: Service, remarks: list[str]) -> Draft:
        title = values.words(row["title"], remarks, name="title", limit=MAX_DESCRIPTION)
        description = values.words(
            row["description"], remarks, name="description", limit=MAX_DESCRIPTION, in_lines=True
        )
        if not title:
            title = service.name_es
            remarks.append("no title: the service's name stands for it")
        if len(title) > MAX_TITLE:
            # Nothing is lost: the whole of it begins the description.
            description = values.cut(f"{title}\n\n{description}".strip(), MAX_DESCRIPTION)
            title = values.cut(title, MAX_TITLE)
            remarks.append(f"title cut to {MAX_TITLE} letters; all of it stands in the description")
        if not description:
            description = title
            remarks.append("no description: the title stands for it")
        low, high = values.price_range(row.get("price_min"), row.get("price_max"), remarks)
        listing = Listing(
            owner=owner,
            kind=self.kind,
            service=service,
            title=title,
            slug=slug_of(title),
            description=description,
            price_min=low,
            price_max=high,
            status=Status.DRAFT,
            confirmed_at=self.now,
        )
        return Draft(listing, self.made_at(row), self.changed_at(row))

    def _place(self, draft: Draft, is_verified: bool, remarks: list[str]) -> None:
        """Publish what is complete, as of the day on which it was; a request may be too old for that."""
        listing = draft.listing
        if not listing.island_wide and not draft.towns:
            remarks.append("no town: a draft until its owner names one")
        elif not listing.service.is_active:
            remarks.append("its service is out of the catalogue: a draft")
        elif not is_verified:
            remarks.append("its owner has not confirmed the address: a draft")
        else:
            listing.published_at = draft.made_at
            listing.status = Status.PUBLISHED
            if self.kind == Kind.REQUEST and draft.made_at <= self.now - REQUEST_LIFETIME:
                listing.status, listing.archive_reason = Status.ARCHIVED, ArchiveReason.AGE
        # In the order in which ``services.search.index`` meets them.
        towns = sorted(draft.towns, key=attrgetter("slug"))
        listing.search_text = search_text(listing, listing.service, towns)

    def _write(self, drafts: Sequence[Draft]) -> None:
        listings = [draft.listing for draft in drafts]
        Listing.objects.bulk_create(listings)
        for draft in drafts:
            # Django has put the present time there.
            draft.listing.created_at, draft.listing.updated_at = draft.made_at, draft.changed_at
        Listing.objects.bulk_update(listings, ["created_at", "updated_at"], batch_size=BATCH)
        through = Listing.towns.through
        through.objects.bulk_create(
            through(listing_id=draft.listing.pk, town_id=town.pk) for draft in drafts for town in draft.towns
        )
        # Nobody is told of them as of news.
        Matching.objects.bulk_create(
            Matching(listing=listing, published_at=listing.published_at, done_at=self.now)
            for listing in listings
            if listing.published_at and listing.published_at > self.now - NEWS_LIFETIME
        )

    # Towns ------------------------------------------------------------------------------------------------------------

    def _places(self, rows: Sequence[Row]) -> "dict[str, Places]":
        joins = list(self.source.towns_of(self.towns_table, self.towns_owner, [values.key(row["id"]) for row in rows]))
        towns = find("towns", (join["town_id"] for join in joins), Town.objects.defer("svg_path"))
        places: dict[str, Places] = defaultdict(Places)
        for join in joins:
            former_town = values.key(join["town_id"])
            place = places[values.key(join[self.towns_owner])]
            place.add(Entry(self.towns_table, self._join_id(join)), former_town, towns.get(former_town))
        return places

    def _join_id(self, join: Row) -> str:
        copy = "" if join["copy"] == 1 else f"#{join['copy']}"
        return f"{values.key(join[self.towns_owner])}/{values.key(join['town_id'])}{copy}"

    def run(self) -> None:
        """Bring the listings over, then account for the towns of listings that there never were."""
        super().run()
        strays: Iterator[Any] = self.source.stray_towns(self.towns_table, self.towns_owner, self.table, batch=BATCH)
        while batch := list(islice(strays, BATCH)):
            entries = [
                Entry(self.towns_table, self._join_id(join), remarks=["there is no such listing"]) for join in batch
            ]
            with transaction.atomic():
                write(entries)


@dataclass
class Places:
    """The rows that name the towns of one listing."""

    entries: list[Entry] = field(default_factory=list)
    found: list[tuple[Entry, str, Town | None]] = field(default_factory=list)

    def add(self, entry: Entry, former_town: str, town: Town | None) -> None:
        entry.remarks.append(LEFT_LISTING)
        self.entries.append(entry)
        self.found.append((entry, former_town, town))

    def settle(self, draft: Draft) -> None:
        """Give the listing its towns, and each row its outcome."""
        draft.listing.island_wide = any(former_town == ISLAND for _entry, former_town, _town in self.found)
        for entry, former_town, town in self.found:
            entry.remarks.clear()
            if draft.listing.island_wide:
                entry.target, entry.joined = draft.listing, former_town != ISLAND
                if entry.joined:
                    entry.remarks.append("the listing is for the whole island anyway")
            elif town is None:
                entry.remarks.append("its town has no counterpart here, or is none")
            else:
                entry.target, entry.joined = draft.listing, town in draft.towns
                if entry.joined:
                    entry.remarks.append("the listing names this town already")
                else:
                    draft.towns.append(town)


class Promotions(Listings):
    table = "promotions"
    kind = Kind.PROMOTION
    towns_table, towns_owner = "promo_towns", "promo_id"


class Requests(Listings):
    table = "requests"
    kind = Kind.REQUEST
    towns_table, towns_owner = "request_towns", "request_id"
