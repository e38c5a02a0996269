"""``users`` and ``profiles``."""

from collections.abc import Iterable, Iterator, Sequence

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import MAX_GALLERY_PHOTOS, Profile, User, UserQuerySet
from palitas.legacy import values
from palitas.legacy.ledger import BATCH, Entry, Step, find, waiting_pictures
from palitas.legacy.models import LegacyRow
from palitas.legacy.source import Row

NAMELESS = "Miembro"
MAX_FIRST_NAME, MAX_LAST_NAME = 60, 80
MAX_HEADLINE, MAX_BIO = 120, 2000
# The pictures of a profile by their columns, and how many there may be.
PROFILE_PICTURES = {"profile_pic": 1, "cover_pic": 1, "qr_pic": 1, "gallery": MAX_GALLERY_PHOTOS}


def present() -> UserQuerySet:
    """Return the people to whom something may be brought: an account that was erased since stays empty."""
    return User.objects.filter(erased_at=None)


class Users(Step):
    """Accounts. Two with one address become one only if both had proved to read it: else a stranger might gain."""

    table = "users"

    def rows(self) -> Iterator[Row]:
        return self.source.people(batch=BATCH)

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        taken = _accounts({values.email(row["email"]) for row in rows})
        entries, fresh = [], []
        for row in rows:
            entry = self.entry(row)
            entries.append(entry)
            address, is_verified = values.email(row["email"]), values.flag(row["verified"])
            if not address:
                entry.remarks.append("no e-mail address that mail could be sent to")
            elif address not in taken:
                entry.target = self._user(row, address, entry.remarks)
                if not is_verified:
                    entry.remarks.append("has not confirmed the address: confirms it at the first login")
                fresh.append((entry.target, is_verified))
                taken[address] = fresh[-1]
            elif is_verified and taken[address][1]:
                entry.target, entry.joined = taken[address][0], True
                entry.remarks.append("joined with the account that has the same address; its password and name hold")
            else:
                entry.remarks.append("another account has the same address, and not both have confirmed it")
        self._write(fresh)
        return entries

    def _user(self, row: Row, address: str, remarks: list[str]) -> User:
        first_name = values.words(row["first_name"], remarks, name="first_name", limit=MAX_FIRST_NAME)
        if not first_name:
            first_name = NAMELESS
            remarks.append("no first name: a word stands for it")
        return User(
            email=address,
            first_name=first_name,
            last_name=values.words(row["last_name"], remarks, name="last_name", limit=MAX_LAST_NAME),
            phone=values.phone(row["phone"], remarks),
            password=values.password(row["password"], remarks) or make_password(None),
            date_joined=self.made_at(row),
        )

    @staticmethod
    def _write(fresh: Sequence[tuple[User, bool]]) -> None:
        User.objects.bulk_create(user for user, _is_verified in fresh)
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, primary=True, verified=is_verified) for user, is_verified in fresh
        )
        Profile.objects.bulk_create(Profile(user=user) for user, _is_verified in fresh)


def _accounts(addresses: set[str]) -> dict[str, tuple[User, bool]]:
    """Return the accounts that hold ``addresses``, and whether they have confirmed them."""
    owners = User.objects.filter(email__in=addresses)
    accounts = {user.email: (user, False) for user in owners}
    confirmed = EmailAddress.objects.filter(email__in=addresses, verified=True).select_related("user")
    return accounts | {address.email: (address.user, True) for address in confirmed}


class Profiles(Step):
    """What others see of a person; only what is empty here is written, because an account may be older than the run."""

    table = "profiles"

    def load(self, rows: Sequence[Row]) -> Iterable[Entry]:
        people = find("users", (row["user_id"] for row in rows), present())
        # Held until they are written: their owners may be changing them.
        held = Profile.objects.select_for_update().filter(user__in=people.values()).order_by("pk")
        profiles = {profile.user_id: profile for profile in held}
        used = set(
            LegacyRow.objects.filter(
                table=self.table, new_id__in=[str(profile.pk) for profile in profiles.values()]
            ).values_list("new_id", flat=True)
        )
        entries: list[Entry] = []
        filled: list[Profile] = []
        for row in rows:
            entry = self.entry(row)
            entries.append(entry)
            user = people.get(values.key(row["user_id"]))
            if user is None:
                entry.remarks.append("its person was left, or is none")
            elif str((profile := profiles[user.pk]).pk) in used:
                entry.remarks.append("the person has another profile already")
            else:
                used.add(str(profile.pk))
                entry.target = _fill(profile, row, entry.remarks)
                filled.append(profile)
            for column, limit in PROFILE_PICTURES.items():
                entries += waiting_pictures(entry, row[column], column=column, user=row["user_id"], limit=limit)
        Profile.objects.bulk_update(filled, ["headline", "bio", "links"], batch_size=BATCH)
        return entries


def _fill(profile: Profile, row: Row, remarks: list[str]) -> Profile:
    headline = values.words(row["job_title"], remarks, name="job_title", limit=MAX_HEADLINE)
    bio = values.words(row["bio"], remarks, name="bio", limit=MAX_BIO, in_lines=True)
    profile.headline = profile.headline or headline
    profile.bio = profile.bio or bio
    profile.links = profile.links or values.links(row["social_links"], remarks)
    return profile
