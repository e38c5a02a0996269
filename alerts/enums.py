"""The fixed words of saved searches and matching."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# Nobody is told of a listing before its owner has had this time to take it back.
QUIET_TIME = timedelta(minutes=10)
# What is older is no news: a restored database, or a worker that stood still, tells nobody of last month.
NEWS_LIFETIME = timedelta(days=3)
# "So many a day" counts the last 24 hours, so that midnight does not double it.
DAY = timedelta(days=1)


class Reason(models.TextChoices):
    """Why somebody was told of a listing."""

    OFFERS = "offers", _("Ofrece ese servicio")
    SEARCHES = "searches", _("Guardó esa búsqueda")
