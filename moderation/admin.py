"""Listings and people with what moderators do to them, and the log of it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin import PersonAdmin
from accounts.admin_base import BigTableAdmin, ReadOnly, admin_link
from accounts.models import User
from moderation import (
    actions,
    report_admin,  # noqa: F401 - registers reviews and reports
)
from moderation.steps import Step, StepsAdmin
from promotions.models import Promotion
from requests_app.models import ServiceRequest
from services import transitions
from services.admin import ListingAdmin
from services.models import Listing

REMOVE = Step(
    slug="retirar",
    label=_("Retirar con razón"),
    consequence=_("Nadie lo verá en el sitio. Su dueño recibe la razón por correo y en sus avisos."),
    done=ngettext_lazy("Retiraste %d anuncio.", "Retiraste %d anuncios."),
    permission="moderation.remove_listing",
    takes_reason=True,
    is_open_to=transitions.REMOVE.is_open_to,
    run=lambda listing, **words: actions.remove_listing(listing=listing, **words),
)
RESTORE = Step(
    slug="restaurar",
    label=_("Restaurar"),
    consequence=_("Vuelve al estado que tenía antes de retirarlo. Se le avisa a su dueño."),
    done=ngettext_lazy("Restauraste %d anuncio.", "Restauraste %d anuncios."),
    permission="moderation.restore_listing",
    takes_reason=False,
    is_open_to=transitions.RESTORE.is_open_to,
    run=lambda listing, **words: actions.restore_listing(listing=listing, **words),
)
SUSPEND = Step(
    slug="suspender",
    label=_("Suspender con razón"),
    consequence=_("Nadie verá sus anuncios. La persona recibe la razón por correo y en sus avisos."),
    done=ngettext_lazy("Suspendiste %d cuenta.", "Suspendiste %d cuentas."),
    permission="moderation.suspend_person",
    takes_reason=True,
    is_open_to=lambda person: not person.is_suspended,
    run=lambda person, **words: actions.suspend_person(person=person, **words),
)
REINSTATE = Step(
    slug="levantar",
    label=_("Levantar la suspensión"),
    consequence=_("Sus anuncios publicados se ven otra vez. Se le avisa a la persona."),
    done=ngettext_lazy("Levantaste %d suspensión.", "Levantaste %d suspensiones."),
    permission="moderation.reinstate_person",
    takes_reason=False,
    is_open_to=lambda person: person.is_suspended,
    run=lambda person, **words: actions.reinstate_person(person=person, **words),
)


@admin.register(Promotion, ServiceRequest)
class ModeratedListingAdmin(StepsAdmin, ListingAdmin):
    steps = (REMOVE, RESTORE)


@admin.register(User)
class ModeratedPersonAdmin(StepsAdmin, PersonAdmin):
    """A person, how many listings they have, and suspension."""

    steps = (SUSPEND, REINSTATE)
    list_display = (*PersonAdmin.list_display, "listing_count")
    readonly_fields = (*PersonAdmin.readonly_fields, "listings")
    fieldsets = (*PersonAdmin.fieldsets, (_("Anuncios"), {"fields": ("listings",)}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        listings = Listing.objects.filter(owner=OuterRef("pk")).order_by().values("owner")
        count = Coalesce(Subquery(listings.annotate(total=Count("pk")).values("total")), 0)
        return super().get_queryset(request).annotate(listing_count=count)

    @admin.display(description=_("anuncios"))
    def listing_count(self, user: Any) -> int:
        return int(user.listing_count)

    @admin.display(description=_("anuncios"))
    def listings(self, user: Any) -> str:
        query = urlencode({"q": user.email})
        links = [
            (f"{reverse(f'admin:{name}_changelist')}?{query}", model._meta.verbose_name_plural)
            for name, model in (("promotions_promotion", Promotion), ("requests_app_servicerequest", ServiceRequest))
        ]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly, BigTableAdmin):
    """Who did what in admin, and why: written by the site, changed by nobody."""

    list_display = ("action_time", "user", "content_type", "target", "change")
    list_select_related = ("user", "content_type")
    list_filter = (("action_time", admin.DateFieldListFilter), ("content_type", admin.RelatedOnlyFieldListFilter))
    search_fields = ("=user__email", "object_repr", "change_message")
    search_help_text = _("Correo de quien lo hizo, nombre de lo cambiado o palabras de la razón.")
    date_hierarchy = "action_time"
    fields = ("action_time", "user", "content_type", "target", "change")
    readonly_fields = ("target", "change")

    @admin.display(description=_("qué"))
    def target(self, entry: LogEntry) -> str:
        address = entry.get_admin_url()
        return admin_link(address, entry.object_repr) if address else entry.object_repr

    @admin.display(description=_("cambio"))
    def change(self, entry: LogEntry) -> str:
        return entry.get_change_message()
