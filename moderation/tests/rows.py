"""What admin shows to whom, and one row of everything it shows, for tests."""

from itertools import count

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from accounts.models import GalleryPhoto, Profile, User
from accounts.tests.factories import UserFactory
from agreements.models import Agreement, Review
from agreements.tests.factories import AgreementFactory, ReviewFactory
from moderation.enums import ReportKind
from moderation.models import Report
from moderation.tests.factories import ReportFactory
from notices.models import Notice, OutboxMail
from notices.tests.factories import NoticeFactory, OutboxMailFactory
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services.models import Picture, Service, Town
from services.tests.factories import (
    PictureFactory,
    PromotionFactory,
    ServiceFactory,
    ServiceRequestFactory,
    TownFactory,
)

# Typed by hand: list, add, change and delete page; for a moderator, for a superuser.
PAGES = {
    EmailAddress: ((403, 403, 403, 403), (200, 403, 200, 403)),
    Authenticator: ((403, 403, 403, 403), (200, 403, 200, 200)),
    Profile: ((200, 403, 200, 403), (200, 403, 200, 403)),
    User: ((200, 403, 200, 403), (200, 403, 200, 403)),
    Agreement: ((200, 403, 200, 403), (200, 403, 200, 403)),
    Review: ((200, 403, 200, 403), (200, 403, 200, 403)),
    Report: ((200, 403, 200, 403), (200, 403, 200, 403)),
    LogEntry: ((200, 403, 200, 403), (200, 403, 200, 403)),
    Group: ((403, 403, 403, 403), (200, 200, 200, 200)),
    Notice: ((403, 403, 403, 403), (200, 403, 200, 403)),
    OutboxMail: ((200, 403, 200, 403), (200, 403, 200, 403)),
    Promotion: ((200, 403, 200, 403), (200, 403, 200, 403)),
    ServiceRequest: ((200, 403, 200, 403), (200, 403, 200, 403)),
    Picture: ((403, 403, 403, 403), (200, 403, 200, 403)),
    Service: ((200, 200, 200, 403), (200, 200, 200, 200)),
    Town: ((200, 403, 200, 403), (200, 403, 200, 403)),
}


def log_entry(user: User) -> LogEntry:
    return LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=str(user),
        action_flag=CHANGE,
        change_message="Cuenta suspendida. Razón: Anuncios falsos.",
    )


def profile_with_gallery() -> Profile:
    profile = UserFactory(profile__headline="Plomero").profile
    profile.picture = PictureFactory(owner=profile.user, claimed=True)
    profile.save(update_fields=["picture"])
    GalleryPhoto.objects.create(profile=profile, picture=PictureFactory(owner=profile.user, claimed=True))
    return profile


serial = count()
# Each makes one row whose every list column and inline has something to show.
MAKERS = {
    EmailAddress: lambda: EmailAddress.objects.get(user=UserFactory()),
    Authenticator: lambda: Authenticator.objects.create(user=UserFactory(), type="totp", data={"secret": "JBSWY3DP"}),
    Profile: profile_with_gallery,
    User: lambda: PromotionFactory().owner,
    Agreement: lambda: AgreementFactory(disputed=True),
    Review: lambda: ReviewFactory(photo_count=2),
    Report: lambda: ReportFactory(kind=ReportKind.values[next(serial) % 4]),
    LogEntry: lambda: log_entry(UserFactory(is_staff=True)),
    Group: lambda: Group.objects.create(name=f"Grupo {next(serial)}"),
    Notice: NoticeFactory,
    OutboxMail: OutboxMailFactory,
    Promotion: lambda: PromotionFactory(photo_count=2),
    ServiceRequest: lambda: ServiceRequestFactory(photo_count=2),
    Picture: PictureFactory,
    Service: lambda: ServiceFactory(slug=f"servicio-{next(serial)}", name_es=f"Servicio {next(serial)}"),
    Town: lambda: TownFactory(slug=f"pueblo-{next(serial)}", name=f"Pueblo {next(serial)}"),
}
