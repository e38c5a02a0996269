"""The catalogue, the listings and their pictures."""

from services.models.catalog import Service, Town
from services.models.listing import Listing, ListingManager, ListingQuerySet, Photo
from services.models.picture import Picture

__all__ = ["Listing", "ListingManager", "ListingQuerySet", "Photo", "Picture", "Service", "Town"]
