"""The catalogue, the listings and their pictures."""

from services.models.catalog import Service, Town
from services.models.listing import Listing, ListingManager, ListingQuerySet, Photo
from services.models.picture import Picture
from services.models.views import DailyViews

__all__ = ["DailyViews", "Listing", "ListingManager", "ListingQuerySet", "Photo", "Picture", "Service", "Town"]
