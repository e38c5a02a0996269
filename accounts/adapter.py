"""What the site changes in allauth: where sign-up data goes, and how mail leaves."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.validators import MaxLengthValidator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Profile, User


class AccountAdapter(DefaultAccountAdapter):
    """allauth with our profile, languages and outbox."""

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Create the account with its profile; its mail will be in the language of the sign-up page."""
        user.phone = form.cleaned_data["phone"]
        user.language = translation.get_language()
        super().save_user(request, user, form, commit=commit)
        if commit:
            Profile.objects.create(user=user)
        return user

    def clean_email(self, email: str) -> str:
        """Refuse an address that the column does not hold; allauth's own forms do not count its letters."""
        MaxLengthValidator(User._meta.get_field("email").max_length)(email)
        return super().clean_email(email)

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether ``next`` may be followed; what is no address at all may not."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # "http://[", which allauth takes apart unasked
            return False

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        response = super().post_login(request, user, **details)
        if user.is_suspended:
            sentence = _("Tu cuenta está suspendida. Razón: %(reason)s") % {"reason": user.suspended_reason}
            messages.warning(request, sentence)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a mail to the outbox: in the person's language where the account is known, else in the page's.

        All of it counts as secret: most holds a code or a key, the rest says from where somebody used the account.
        """
        # allauth names the person only in some of its mails.
        user = context.get("user") or User.objects.filter(email=email.lower()).first()
        values = {"email": email, "site_name": settings.SITE_NAME, **context}
        with translation.override(user.language if user else translation.get_language()):
            message = self.render_mail(template_prefix, email, values)
        message.is_secret = True
        message.send()

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email)
