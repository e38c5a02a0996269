"""The steps of a moderator as admin offers them: on a list for the chosen rows, on a page for its own.

Both lead to one page, which says what will happen to what and asks for the reason; only its POST does it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import rules
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_base import PRIMARY_KEY
from accounts.permissions import Visitor
from services.transitions import StatusMoved

MAX_TARGETS = 50
MAX_REASON = 500

Text = str | Promise


@dataclass(frozen=True)
class Step:
    """Something that a moderator does to a listing or a person.

    Attributes:
        slug: last part of the address.
        permission: asked for each target with ``rules.has_perm``.
        done: the sentence afterwards, an ``ngettext_lazy`` of how many.
        takes_reason: whether the moderator has to say why.
        is_open_to: whether a target's status allows it, for offering it on the target's page.
        run: does it to one target; raises ``StatusMoved``.
    """

    slug: str
    label: Text
    consequence: Text
    done: Any
    permission: str
    takes_reason: bool
    is_open_to: Callable[[Any], bool]
    run: Callable[..., None]


class ReasonForm(forms.Form):
    """Why; the person concerned reads it."""

    reason = forms.CharField(
        label=gettext_lazy("Razón"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60, "class": "vLargeTextField"}),
        help_text=gettext_lazy("La persona la lee tal como la escribes."),
        error_messages={"required": gettext_lazy("Escribe la razón: es lo que la persona va a leer.")},
    )


class StepsAdmin(admin.ModelAdmin):
    """Admin of a model with ``steps``; offers them above its page and as actions of its list."""

    steps: Sequence[Step] = ()
    change_form_template = "moderation/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.step_view)
        return [
            *(path(f"{step.slug}/", view, {"step": step}, name=self._url_name(step)) for step in self.steps),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        for step in self._steps_for(request.user, None):
            actions[step.slug] = (partial(ask, step=step), step.slug, step.label)
        return actions

    def render_change_form(  # noqa: PLR0917  the signature is Django's
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["steps"] = [
            {"label": step.label, "url": self.step_address(step, [obj.pk])}
            for step in self._steps_for(request.user, obj)
            if step.is_open_to(obj)
        ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def step_address(self, step: Step, pks: Iterable[int]) -> str:
        """Return the address of the page that asks before ``step`` is done to the rows ``pks``."""
        return f"{reverse(f'admin:{self._url_name(step)}')}?{urlencode({'id': list(pks)}, doseq=True)}"

    def step_view(self, request: HttpRequest, step: Step) -> HttpResponse:
        """Ask for the reason, or for a yes; do it to the rows that ``?id=`` names when that is posted."""
        targets = self._targets(request, step)
        form = ReasonForm(request.POST or None) if step.takes_reason else None
        if request.method != "POST" or (form and not form.is_valid()):
            return self._step_page(request, step, targets, form)
        words = {"reason": form.cleaned_data["reason"]} if form else {}
        refusals = []
        for target in targets:
            try:
                step.run(target, by=request.user, now=timezone.now(), **words)
            except StatusMoved as moved:
                refusals.append(f"{target}: {moved.sentence}")
        if len(refusals) == len(targets):
            return self._step_page(request, step, targets, form, refusals)
        self.message_user(request, step.done % (len(targets) - len(refusals)), messages.SUCCESS)
        for refusal in refusals:
            self.message_user(request, refusal, messages.WARNING)
        return HttpResponseRedirect(self._address_after(targets))

    def _url_name(self, step: Step) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{step.slug}"

    def _steps_for(self, user: Visitor, target: Any) -> list[Step]:
        return [step for step in self.steps if rules.has_perm(step.permission, user, target)]

    def _targets(self, request: HttpRequest, step: Step) -> list[Any]:
        pks = [int(pk) for pk in request.GET.getlist("id") if PRIMARY_KEY.fullmatch(pk)]
        targets = list(self.get_queryset(request).filter(pk__in=pks[:MAX_TARGETS]))
        if not rules.has_perm(step.permission, request.user, None):
            raise PermissionDenied(_("Esto lo hace la moderación."))
        if not targets:
            raise Http404
        for target in targets:
            if not rules.has_perm(step.permission, request.user, target):
                raise PermissionDenied(_("No puedes hacer esto con %(name)s.") % {"name": target})
        return targets

    def _step_page(
        self,
        request: HttpRequest,
        step: Step,
        targets: list[Any],
        form: ReasonForm | None,
        refusals: Sequence[str] = (),
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": step.label,
            "opts": self.opts,
            "step": step,
            "targets": [(target, self._page_address(target)) for target in targets],
            "form": form,
            "refusals": refusals,
            "back_url": self._address_after(targets),
        }
        return TemplateResponse(request, "moderation/step.html", context, status=409 if refusals else 200)

    def _page_address(self, target: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[target.pk])

    def _address_after(self, targets: list[Any]) -> str:
        if len(targets) == 1:
            return self._page_address(targets[0])
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def ask(model_admin: StepsAdmin, request: HttpRequest, targets: QuerySet, *, step: Step) -> HttpResponse | None:
    """Go from the rows chosen in a list to the page that asks; this is an action of Django's admin."""
    pks = list(targets.values_list("pk", flat=True)[: MAX_TARGETS + 1])
    if len(pks) > MAX_TARGETS:
        sentence = _("Elige hasta %(max)d a la vez.") % {"max": MAX_TARGETS}
        model_admin.message_user(request, sentence, messages.ERROR)
        return None
    return HttpResponseRedirect(model_admin.step_address(step, pks))
