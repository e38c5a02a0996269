"""A person who has used everything that the site has, under words that nobody else uses."""

from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import GalleryPhoto, Profile, User
from accounts.tests.browser import log_in
from accounts.tests.factories import UserFactory
from agreements.actions import agreements, contacts, disputes, reviews
from agreements.enums import Status
from agreements.models import Agreement, Block, Contact
from alerts.actions import save_search
from alerts.enums import Reason
from alerts.matching import FOUND
from alerts.models import Matching, Telling
from moderation import actions as moderation
from moderation import reports
from moderation.enums import ReportKind, ReportReason
from notices.actions import notify
from notices.kinds import MailCategory
from notices.preferences import mute
from services.actions import create_listing
from services.enums import Kind
from services.models import Listing, Picture
from services.pictures.actions import receive
from services.pictures.chosen import ChosenPicture
from services.tests.factories import ServiceFactory, TownFactory
from services.tests.pictures import upload

EMAIL = "xiomarita@unica.example"
SENTENCE = "Dejé la llave con la vecina."
# What names or tells of the person, and must not be found anywhere once they have gone.
SECRETS = {
    "email": EMAIL,
    "first name": "Xiomarita",
    "last name": "Zzyx",
    "phone": "7875550177",
    "headline": "OficioUnico",
    "bio": "BiografiaUnica",
    "link": "enlace-unico",
    "photo": "AltUnico",
    "title": "TituloUnico",
    "slug": "titulounico",
    "description": "DescripcionUnica",
    "suspension": "SuspensionUnica",
    "removal": "RetiroUnico",
    "search": "BusquedaUnica",
    "draft": "BorradorUnico",
    "passkey": "LlaveUnica",
    "letter": "CartaUnica",
    "address": "203.0.113.77",
    "browser": "NavegadorUnico",
}


class Life:
    """A person, what they have done with ``other``, and the browser and the phone in which they are logged in."""

    def __init__(self, other: User, moderator: User, now: datetime) -> None:
        self.other, self.moderator, self.now = other, moderator, now
        self.person: User = UserFactory(
            email=EMAIL,
            first_name=SECRETS["first name"],
            last_name=f"{SECRETS['last name']} Vda. de Zzyx",
            phone=f"+1{SECRETS['phone']}",
            date_joined=now - timedelta(days=90),
        )
        self._fill_profile()
        self.promotion = self._publish(Kind.PROMOTION, "Lavado de autos a domicilio")
        self._hide_a_listing()
        self.request = self._publish(Kind.REQUEST, "Se busca quien pinte una verja")
        self.closed = self._finish_an_agreement()
        self.resolved = self._dispute()
        self.pending = self._propose()
        self._search_and_report()
        self.browser, self.phone = self._log_in(), self._log_in()
        # Only now: from here on a login asks for it.
        Authenticator.objects.create(
            user=self.person, type=Authenticator.Type.TOTP, data={"secret": SECRETS["passkey"]}
        )

    def picture(self) -> Picture:
        return receive(owner=self.person, upload=upload())

    def _fill_profile(self) -> None:
        pictures = [self.picture() for _ in range(4)]
        Picture.objects.filter(pk__in=[picture.pk for picture in pictures]).claim(now=self.now)
        Profile.objects.filter(user=self.person).update(
            headline=SECRETS["headline"],
            bio=SECRETS["bio"],
            links=[f"https://{SECRETS['link']}.example/"],
            base_town=TownFactory(),
            picture=pictures[0],
            cover=pictures[1],
            payment_qr=pictures[2],
        )
        GalleryPhoto.objects.create(profile=self.person.profile, picture=pictures[3], alt=SECRETS["photo"])

    def _publish(self, kind: Kind, title: str, **fields: Any) -> Listing:
        return create_listing(
            owner=self.person,
            kind=kind,
            service=ServiceFactory(),
            title=title,
            description=SECRETS["description"],
            towns=[TownFactory()],
            price_max=50,
            pictures=[ChosenPicture(self.picture(), SECRETS["photo"])],
            publish=True,
            now=self.now,
            **fields,
        )

    def _hide_a_listing(self) -> None:
        """Somebody was told of it, then the moderators took it away."""
        listing = self._publish(Kind.PROMOTION, SECRETS["title"])
        Telling.objects.create(user=self.other, listing=listing, reason=Reason.SEARCHES, created_at=self.now)
        Matching.objects.create(listing=listing, published_at=listing.published_at)
        context = {"title": listing.title, "search": "plomero"}
        notify(recipient=self.other, kind=FOUND, context=context, path=listing.get_absolute_url(), now=self.now)
        reason = f"{SECRETS['removal']} de {SECRETS['first name']}"
        moderation.remove_listing(listing=listing, reason=reason, by=self.moderator, now=self.now)

    def _talk(self, listing: Listing) -> Contact:
        opener = self.other if listing.owner_id == self.person.pk else self.person
        contact, _ = contacts.open_contact(listing=listing, opener=opener, body="Buenas, ¿tienes tiempo?", now=self.now)
        contacts.write_message(
            contact=contact, author=self.person, body=SENTENCE, pictures=[self.picture()], now=self.now
        )
        contacts.write_message(contact=contact, author=self.other, body="Perfecto, nos vemos.", now=self.now)
        return contact

    def _propose(self, contact: Contact | None = None) -> Agreement:
        contact = contact or self._talk(self._publish(Kind.PROMOTION, "Pulido de autos"))
        return agreements.propose(
            contact=contact, by=contact.provider, price=40, terms=["Por fuera."], scheduled_for=None, now=self.now
        )

    def _finish_an_agreement(self) -> Agreement:
        agreement = self._propose(self._talk(self.promotion))
        agreements.accept(agreement=agreement, by=self.other, now=self.now)
        agreements.deliver(agreement=agreement, by=self.person, now=self.now)
        agreements.close(agreement=agreement, by=self.other, now=self.now)
        picture = self.picture()
        words = {"agreement": agreement, "now": self.now}
        reviews.write_review(by=self.person, rating=5, body="Pagó enseguida.", pictures=[picture], **words)
        review = reviews.write_review(by=self.other, rating=4, body="Quedó limpio.", **words)
        reviews.reply(review=review, by=self.person, body="A la orden.", now=self.now)
        moderation.remove_review(review=review, reason="Prueba.", by=self.moderator, now=self.now)
        return agreement

    def _dispute(self) -> Agreement:
        agreement = self._propose(self._talk(self.request))
        agreements.accept(agreement=agreement, by=self.person, now=self.now)
        photo = ChosenPicture(self.picture(), SECRETS["photo"])
        disputes.dispute(agreement=agreement, by=self.person, now=self.now, note="No vino.", photos=[photo])
        return disputes.resolve(
            agreement=agreement, by=self.moderator, now=self.now, outcome=Status.CANCELLED, finding="No llegó."
        )

    def _search_and_report(self) -> None:
        save_search(user=self.person, kind=Kind.REQUEST, q=SECRETS["search"], now=self.now)
        mute(user=self.person, category=MailCategory.MESSAGES)
        Block.objects.create(blocker=self.person, blocked=UserFactory())
        stranger = UserFactory()
        for reporter, member in ((self.person, stranger), (self.other, self.person)):
            report = reports.write_report(
                kind=ReportKind.MEMBER,
                thing=member,
                by=reporter,
                reason=ReportReason.OTHER,
                body="No me gustó.",
                now=self.now,
            )
            reports.dismiss(report=report, reason="No es para tanto.", by=self.moderator, now=self.now)
        moderation.suspend_person(person=self.person, reason=SECRETS["suspension"], by=self.moderator, now=self.now)
        moderation.reinstate_person(person=self.person, by=self.moderator, now=self.now)
        EmailMessage(
            subject="[PalitasPR] Hola", body=f"{EMAIL}\n\n{SECRETS['letter']}", to=["hola@palitaspr.example"]
        ).send()

    def _log_in(self) -> Client:
        browser = Client(HTTP_USER_AGENT=SECRETS["browser"], REMOTE_ADDR=SECRETS["address"])
        assert log_in(browser, EMAIL).status_code == 302
        session = browser.session
        session["drafts"] = {"1": SECRETS["draft"]}
        session.save()
        return browser
