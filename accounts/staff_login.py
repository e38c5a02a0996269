"""How staff enter admin: through the site's own login and, where it is required, with a second factor."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.permissions import is_in_good_standing


class StaffLoginSite(AdminSite):
    """Django's admin without its own login form: allauth counts wrong passwords and asks for the second factor."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the person is staff in good standing and has the second factor that the settings ask for.

        To have one is enough: from then on every login of the account asks for it.
        """
        if not (super().has_permission(request) and is_in_good_standing.test(request.user)):
            return False
        return not settings.MFA_REQUIRED_FOR_STAFF or is_mfa_enabled(request.user)

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """Send staff who may enter to the first page, and those without a second factor to where they set it up.

        The decorator has sent strangers to the site's login and refused those who are not staff.
        """
        if self.has_permission(request):
            return redirect("admin:index")
        if not is_in_good_standing.test(request.user):
            raise PermissionDenied(_("Tu cuenta está suspendida."))
        messages.warning(request, _("Para entrar a administración, activa primero la verificación en dos pasos."))
        return redirect("mfa_index")
