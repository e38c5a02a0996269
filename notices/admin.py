"""Mail and notices in admin: what was sent to whom, and another try for mail that did not arrive."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base import BigTableAdmin, ReadOnly
from notices import kinds
from notices.models import Notice, OutboxMail, OutboxMailQuerySet


@admin.register(OutboxMail)
class OutboxMailAdmin(ReadOnly, BigTableAdmin):
    """The outbox. What a mail says, and whom its subject names, only superusers read; secret texts nobody."""

    list_display = ("recipient", "subject", "status", "attempts", "next_attempt_at", "created_at", "sent_at")
    list_filter = ("status", "priority", ("created_at", admin.DateFieldListFilter))
    search_fields = ("=recipient",)
    search_help_text = _("Correo completo del destinatario.")
    ordering: ClassVar[tuple[str, ...]] = ("-created_at", "-pk")
    actions = ("resend",)
    fields = (
        "subject",
        "recipient",
        "sender",
        "status",
        "priority",
        "attempts",
        "last_error",
        "next_attempt_at",
        "created_at",
        "sent_at",
        "message_id",
        "is_secret",
    )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self._without_words(request, self.list_display)

    def get_fields(self, request: HttpRequest, obj: OutboxMail | None = None) -> tuple[str, ...]:
        fields = self.fields if obj is None or obj.is_secret else (*self.fields, "text")
        return self._without_words(request, fields)

    def _without_words(self, request: HttpRequest, fields: tuple[str, ...]) -> tuple[str, ...]:
        if request.user.is_superuser:
            return fields
        return tuple(field for field in fields if field not in ("subject", "text"))

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notices.change_outboxmail")

    @admin.action(description=_("Enviar otra vez los que no se entregaron"), permissions=["resend"])
    def resend(self, request: HttpRequest, mails: OutboxMailQuerySet) -> None:
        with transaction.atomic():
            again = list(mails.given_up().select_for_update())
            OutboxMail.objects.filter(pk__in=[mail.pk for mail in again]).retry(now=timezone.now())
            LogEntry.objects.log_actions(str(request.user.pk), again, CHANGE, gettext("Puesto en cola otra vez."))
        if not again:
            sentence = gettext("Ninguno se puede enviar otra vez: o van en camino, o llevaban un código que ya venció.")
            self.message_user(request, sentence, messages.WARNING)
            return
        sentence = ngettext("%d correo va en camino otra vez.", "%d correos van en camino otra vez.", len(again))
        self.message_user(request, sentence % len(again), messages.SUCCESS)


class KindFilter(admin.SimpleListFilter):
    """The kinds that rooms have registered; Django's own filter would read the whole table to list them."""

    title = _("clase")
    parameter_name = "clase"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.name) for kind in kinds.registered()]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnly, BigTableAdmin):
    """What people were told on the site."""

    list_display = ("created_at", "recipient", "told", "read_at")
    list_filter = (KindFilter,)
    list_select_related = ("recipient",)
    search_fields = ("=recipient__email",)
    search_help_text = _("Correo completo de la persona.")
    fields = ("recipient", "kind", "told", "path", "created_at", "read_at")
    readonly_fields = ("told",)

    @admin.display(description=_("aviso"))
    def told(self, notice: Notice) -> Any:
        return notice.sentence
