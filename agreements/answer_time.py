"""How long a person usually takes to answer who writes to them."""

from datetime import timedelta
from statistics import median

from django.utils.translation import gettext as _

from accounts.models import User
from agreements.models import Contact

# What somebody did years ago says little of today.
RECENT_CONTACTS = 50
# Fewer say nothing.
MIN_ANSWERS = 5
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def typical_answer_time(person: User) -> timedelta | None:
    """Return the median time from a contact's first message to its answer, of the last fifty received contacts.

    None when fewer than five of them were answered.
    """
    received = Contact.objects.filter(owner=person).order_by("-pk").values_list("created_at", "owner_wrote_at")
    answers = [(answered - opened).total_seconds() for opened, answered in received[:RECENT_CONTACTS] if answered]
    return timedelta(seconds=median(answers)) if len(answers) >= MIN_ANSWERS else None


def answer_time_words(person: User) -> str:
    """Return how soon a person usually answers, in words that follow “Suele contestar”; empty when nobody can say."""
    time = typical_answer_time(person)
    if time is None:
        return ""
    limits = (
        (HOUR, _("en menos de una hora")),
        (12 * HOUR, _("en unas horas")),
        (36 * HOUR, _("en un día")),
        (7 * DAY, _("en unos días")),
    )
    return next((words for limit, words in limits if time <= limit), _("en más de una semana"))
