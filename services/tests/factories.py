"""Catalogue and listings for tests."""

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.enums import Kind, Status
from services.models import Listing, Photo, Picture, Service, Town
from services.search import index
from services.tests.pictures import drawing, encoded


class ServiceFactory(DjangoModelFactory):
    class Meta:
        model = Service
        django_get_or_create = ("slug",)

    name_es = "Plomería"
    name_en = "Plumbing"
    slug = "plomeria"
    icon = "wrench"
    group = "hogar"
    keywords = "plomero\nplumber\ntubería rota"


class TownFactory(DjangoModelFactory):
    class Meta:
        model = Town
        django_get_or_create = ("slug",)

    name = "Ponce"
    slug = "ponce"
    fips = factory.Sequence(lambda n: f"{72001 + n}")
    latitude = "18.0111"
    longitude = "-66.6141"
    svg_path = "M0,0L1,0L1,1Z"


def write_files(picture: Picture) -> None:
    """Put a small drawing where the site looks for the files of a picture."""
    content = encoded(drawing(picture.width, picture.height), "WEBP")
    for key in picture.keys:
        default_storage.save(key, ContentFile(content))


class PictureFactory(DjangoModelFactory):
    """A picture that a form has not claimed; without files, unless ``files`` is true."""

    class Meta:
        model = Picture
        skip_postgeneration_save = True

    class Params:
        claimed = factory.Trait(claimed_at=factory.LazyFunction(timezone.now))

    owner = factory.SubFactory(UserFactory)
    width = 120
    height = 80

    @factory.post_generation
    def files(self, create, extracted, **_fields):
        if create and extracted:
            write_files(self)


class PhotoFactory(DjangoModelFactory):
    class Meta:
        model = Photo

    picture = factory.SubFactory(PictureFactory, claimed=True, owner=factory.SelfAttribute("..listing.owner"))


class ListingFactory(DjangoModelFactory):
    """A published listing in Ponce, unless a trait says otherwise."""

    class Meta:
        model = Listing
        skip_postgeneration_save = True

    class Params:
        draft = factory.Trait(status=Status.DRAFT, published_at=None)
        paused = factory.Trait(status=Status.PAUSED)
        archived = factory.Trait(status=Status.ARCHIVED)
        removed = factory.Trait(
            status=Status.REMOVED, removed_from=Status.PUBLISHED, removed_reason="No es un servicio."
        )
        deleted = factory.Trait(status=Status.DELETED)

    owner = factory.SubFactory(UserFactory)
    service = factory.SubFactory(ServiceFactory)
    title = factory.Sequence(lambda n: f"Destapes y tuberías {n}")
    description = "Reparo liqueos el mismo día."
    price_min = 40
    price_max = 120
    status = Status.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def towns(self, create, extracted, **_fields):
        if create:
            self.towns.set(extracted if extracted is not None else ([] if self.island_wide else [TownFactory()]))
            index.refresh(self)

    @factory.post_generation
    def photo_count(self, create, extracted, *, files=False, **_fields):
        for position in range(extracted or 0) if create else ():
            PhotoFactory(listing=self, position=position, picture__files=files)


class PromotionFactory(ListingFactory):
    class Meta:
        model = Promotion

    kind = Kind.PROMOTION


class ServiceRequestFactory(ListingFactory):
    class Meta:
        model = ServiceRequest

    kind = Kind.REQUEST
    title = factory.Sequence(lambda n: f"Se busca plomero {n}")
