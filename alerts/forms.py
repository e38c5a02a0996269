"""The form that saves a search. Its fields bear the names that the address of a search page has."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.actions import save_search
from alerts.models import MAX_NAME, SavedSearch
from services.enums import Kind
from services.forms import DollarsField, PlainLineField
from services.models import Service, Town
from services.search.query import MAX_QUERY
from services.search.vocabulary import Catalogue

WHAT_TO_LOOK_FOR = [(Kind.PROMOTION, gettext_lazy("Promociones")), (Kind.REQUEST, gettext_lazy("Solicitudes"))]
SEARCH_FIELDS = ("tipo", "q", "servicio", "pueblo", "precio_max")


class SlugField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic at run time
    def to_python(self, value: Any) -> Any:
        """Look the slug up; one with a NUL would make PostgreSQL raise."""
        return super().to_python(str(value or "").replace("\0", "�"))


class SavedSearchForm(forms.Form):
    """A search to be told of: what is looked for, and under which name it stands in one's list."""

    tipo = forms.ChoiceField(choices=WHAT_TO_LOOK_FOR, label=gettext_lazy("Qué buscas"))
    q = PlainLineField(label=gettext_lazy("Palabras"), max_length=MAX_QUERY, required=False)
    servicio = SlugField(
        Service.objects.none(),
        to_field_name="slug",
        label=gettext_lazy("Servicio"),
        empty_label=gettext_lazy("Todos"),
        required=False,
    )
    pueblo = SlugField(
        Town.objects.only("name", "slug"),
        to_field_name="slug",
        label=gettext_lazy("Pueblo"),
        empty_label=gettext_lazy("Todos"),
        required=False,
    )
    precio_max = DollarsField(label=gettext_lazy("Precio hasta"), required=False)
    name = PlainLineField(
        label=gettext_lazy("Nombre"),
        max_length=MAX_NAME,
        required=False,
        help_text=gettext_lazy("Como quieras llamarla. Si lo dejas en blanco, se llama como lo que busca."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_order = "name_en" if get_language() == "en" else "slug"
        service = cast("forms.ModelChoiceField[Service]", self.fields["servicio"])
        service.queryset = Service.objects.order_by(in_order)

    @classmethod
    def of_address(cls, data: Mapping[str, str]) -> "SavedSearchForm | None":
        """Return the form filled in with what the address of a page says, when it says what is looked for."""
        if "tipo" not in data:
            return None
        return cls(initial={name: data.get(name, "") for name in SEARCH_FIELDS})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if self.errors:
            return data
        # Words that tell nothing apart ("de la") would find everything.
        words = data["q"] and Catalogue.load().vocabulary.analyse(data["q"])
        if not (words or data["servicio"] or data["pueblo"] or data["precio_max"] is not None):
            raise ValidationError(_("Escribe qué buscas, o escoge un servicio, un pueblo o un precio."), code="empty")
        return data

    def save(self, user: User) -> SavedSearch:
        """Save the search; raises as ``save_search`` does."""
        data = self.cleaned_data
        return save_search(
            user=user,
            kind=Kind(data["tipo"]),
            q=data["q"],
            service=data["servicio"],
            town=data["pueblo"],
            max_price=data["precio_max"],
            name=data["name"],
            now=timezone.now(),
        )
