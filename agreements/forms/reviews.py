"""The forms of a review and of its reply."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from agreements.actions import reviews
from agreements.models import MAX_REVIEW, MAX_REVIEW_PHOTOS, Agreement, Review
from services.enums import Area
from services.forms import PlainTextField
from services.pictures.forms import PhotosField, PhotosFormMixin

RATINGS = (
    (1, _("1 estrella: muy mal")),
    (2, _("2 estrellas: mal")),
    (3, _("3 estrellas: regular")),
    (4, _("4 estrellas: bien")),
    (5, _("5 estrellas: excelente")),
)


class StarsInput(forms.RadioSelect):
    """Radio buttons drawn as stars: they work with the arrow keys and without scripts."""

    template_name = "components/stars_input.html"


class ReviewForm(PhotosFormMixin):
    """What one side says of the other."""

    rating = forms.TypedChoiceField(
        label=_("Estrellas"),
        choices=RATINGS,
        coerce=int,
        widget=StarsInput,
        error_messages={"required": _("Escoge de 1 a 5 estrellas.")},
    )
    body = PlainTextField(
        label=_("Cómo te fue"),
        max_length=MAX_REVIEW,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Lo lee todo el mundo. No se puede cambiar después."),
    )
    photos = PhotosField(max_photos=MAX_REVIEW_PHOTOS, has_alt=False, area=Area.PRIVATE)

    def __init__(self, *args: Any, request: HttpRequest) -> None:
        self.author = cast("User", request.user)
        super().__init__(*args, request=request)

    def save(self, *, agreement: Agreement) -> Review:
        """Write the review; see ``write_review`` for what it raises."""
        return reviews.write_review(
            agreement=agreement,
            by=self.author,
            rating=self.cleaned_data["rating"],
            body=self.cleaned_data["body"],
            pictures=[choice.picture for choice in self.cleaned_data["photos"]],
            now=timezone.now(),
        )


class ReplyForm(forms.Form):
    """What the subject of a review answers."""

    body = PlainTextField(
        label=_("Tu respuesta"),
        max_length=MAX_REVIEW,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Lo lee todo el mundo. Puedes responder una sola vez."),
        error_messages={"required": _("Escribe tu respuesta.")},
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        # On the page of the agreement another form has a field of this name too.
        super().__init__(data, auto_id="id_reply_%s")
