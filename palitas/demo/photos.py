"""Gives the demo its pictures, through the same cleaning and storing as those that people send."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db import transaction
from PIL import Image

from accounts.models import GalleryPhoto, Profile, User
from palitas.demo import pictures, texts
from palitas.demo.members import Advance, Member
from palitas.demo.people import email_ending
from services.enums import Kind
from services.models import Listing, Photo, Picture
from services.pictures.actions import store
from services.pictures.chosen import ChosenPicture, take
from services.pictures.cleaning import CleanPicture, clean

# Drawing and encoding takes a quarter of a second a picture; a test of bulk data needs no more than this.
MOST_LISTINGS = 300
MOST_MEMBERS = 100
PHOTO_COUNTS, PHOTO_WEIGHTS = (1, 2, 3, 4), (80, 14, 4, 2)
REQUEST_SHARE = 0.3
PORTRAIT_SHARE = 0.9
COVER_EVERY, GALLERY_EVERY = 4, 10
GALLERY_SIZE = 3


@dataclass(frozen=True)
class Album:
    """The pictures of one listing or one person: how they are drawn, and what happens once they are stored."""

    owner: User
    draw: Callable[[], list[Image.Image]]
    attach: Callable[[list[Picture]], None]


def seed_photos(albums: Iterable[Album], *, now: datetime, advance: Advance) -> int:
    """Draw, clean and store albums; returns how many pictures there were.

    Pillow frees the interpreter while it encodes, so threads use every core; only this one writes to the database.
    """
    count = 0
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        for album, cleaned in executor.map(_drawn, albums):
            stored = [store(owner=album.owner, cleaned=one) for one in cleaned]
            with transaction.atomic():
                take(chosen=[ChosenPicture(picture) for picture in stored], attached=(), now=now)
                album.attach(stored)
            count += len(stored)
            advance(1)
    return count


def _drawn(album: Album) -> tuple[Album, list[CleanPicture]]:
    return album, [clean(pictures.as_upload(image, "demo.jpg")) for image in album.draw()]


def listing_albums(seed: int) -> list[Album]:
    """Return the albums of the newest listings that have no photo yet: every promotion's, some requests'."""
    newest = (
        Listing.objects.published()
        .filter(owner__email__endswith=email_ending(seed))
        .order_by("-published_at", "-pk")
        .select_related("owner", "service")
        .prefetch_related("photos")[:MOST_LISTINGS]
    )
    albums = []
    for listing in newest:
        rng = Random(f"{seed}/photos/{listing.owner.email}/{listing.title}")
        if not listing.photos.all() and (listing.kind == Kind.PROMOTION or rng.random() < REQUEST_SHARE):
            albums.append(listing_album(listing, rng))
    return albums


def listing_album(listing: Listing, rng: Random) -> Album:
    """Return an album of one to four pictures of a listing's trade."""
    motifs = texts.texts_of(listing.service.slug)["draw"]
    count = rng.choices(PHOTO_COUNTS, PHOTO_WEIGHTS)[0]

    def draw() -> list[Image.Image]:
        return [pictures.service_picture(motifs, rng) for _ in range(count)]

    def attach(stored: list[Picture]) -> None:
        Photo.objects.bulk_create(
            Photo(
                listing=listing, picture=picture, position=position, alt=f"{listing.service.name_es}: {listing.title}"
            )
            for position, picture in enumerate(stored)
        )

    return Album(listing.owner, draw, attach)


def member_albums(seed: int, members: list[Member]) -> Iterator[Album]:
    """Yield the albums of people without a portrait; some of them get a cover and a gallery too."""
    members = members[:MOST_MEMBERS]
    profiles = Profile.objects.select_related("user").filter(user__in=[member.user_id for member in members])
    by_user = {profile.user_id: profile for profile in profiles}
    for number, member in enumerate(members):
        rng = Random(f"{seed}/portrait/{number}")
        if by_user[member.user_id].picture_id is None and rng.random() < PORTRAIT_SHARE:
            yield member_album(
                by_user[member.user_id],
                rng,
                woman=member.person.woman,
                slug=member.trade.slug,
                with_cover=number % COVER_EVERY == 0,
                gallery_size=GALLERY_SIZE if number % GALLERY_EVERY == 0 else 0,
            )


def member_album(
    profile: Profile, rng: Random, *, woman: bool, slug: str, with_cover: bool, gallery_size: int
) -> Album:
    """Return an album with a person's portrait and, where asked for, a cover and pictures of their trade."""

    def draw() -> list[Image.Image]:
        images = [pictures.portrait(rng, woman=woman)]
        if with_cover:
            images.append(pictures.cover(rng))
        motifs = texts.texts_of(slug)["draw"]
        return images + [pictures.service_picture(motifs, rng) for _ in range(gallery_size)]

    def attach(stored: list[Picture]) -> None:
        profile.picture = stored[0]
        profile.cover = stored[1] if with_cover else None
        profile.save(update_fields=["picture", "cover"])
        GalleryPhoto.objects.bulk_create(
            GalleryPhoto(profile=profile, picture=picture, position=position)
            for position, picture in enumerate(stored[1 + with_cover :])
        )

    return Album(profile.user, draw, attach)
