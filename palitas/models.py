"""The project keeps nothing of its own but what it remembers of the former site."""

from palitas.legacy.models import LegacyRow

__all__ = ["LegacyRow"]
