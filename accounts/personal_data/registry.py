"""What each room keeps about people. A room registers itself in ``AppConfig.ready``.

``INSTALLED_APPS`` names upper rooms first, so they are also asked first: what an eraser finds in the rooms below is
still as it was.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from accounts.models import User

# One thing, or rows that are read one by one. Keys are Spanish and never translated: programs read them too.
Section = Mapping[str, Any] | Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the download: its name there, and how its bytes are reached."""

    name: str
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that a person has to finish before the account can be erased, and its page."""

    label: str
    url: str


def _nothing(_user: User) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class Keeper:
    """A room that keeps something about people.

    Attributes:
        sections: what the person sees of it, by the name of the section; values that JSON can hold.
        erase: takes the person out of it, in the transaction of the caller; safe to repeat.
        files: what goes along with the sections.
        obstacles: what forbids erasing for now.
    """

    room: str
    sections: Callable[[User], Mapping[str, Section]]
    erase: Callable[[User, datetime], None]
    files: Callable[[User], Iterable[StoredFile]] = _nothing
    obstacles: Callable[[User], Sequence[Obstacle]] = _nothing


_keepers: dict[str, Keeper] = {}


def register(keeper: Keeper) -> None:
    """Make a room known.

    Raises:
        ValueError: when the room has registered something else.
    """
    if _keepers.setdefault(keeper.room, keeper) != keeper:
        raise ValueError(f"{keeper.room!r} has registered what it keeps already.")


def registered() -> tuple[Keeper, ...]:
    """Return all rooms, in the order in which they were registered."""
    return tuple(_keepers.values())


def photo_name(picture_id: object) -> str:
    """Return the name of a picture in the download."""
    return f"fotos/{picture_id}.webp"
