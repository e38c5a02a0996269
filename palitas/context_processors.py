"""What every template may use."""

from django.conf import settings
from django.db.models import Exists
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from agreements.models import Contact
from notices.models import Notice


def site(_request: HttpRequest) -> dict[str, object]:
    """Return the site's name and address, and whether development tools are offered."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "contact_email": settings.CONTACT_EMAIL,
        "development": settings.DEVELOPMENT,
    }


def unread(request: HttpRequest) -> dict[str, object]:
    """Return whether contacts and notices have news for the person; asked in one query, if a template wants to know."""
    return {"unread": SimpleLazyObject(lambda: _news_of(getattr(request, "user", None)))}


def _news_of(user: object) -> dict[str, bool]:
    if not isinstance(user, User):
        return {"in_contacts": False, "in_notices": False}
    news = {
        "in_contacts": Exists(Contact.objects.unread_by(user)),
        "in_notices": Exists(Notice.objects.unread_by(user)),
    }
    return User.objects.filter(pk=user.pk).values(**news).get()
