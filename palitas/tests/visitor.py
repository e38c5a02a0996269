"""A person with a browser that has no JavaScript: follows links and sends the forms that the pages contain."""

from io import BytesIO
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image


class Visitor:
    """Keeps cookies and the page it is on; every POST is checked for its CSRF token.

    Args:
        client: asks the site, as Django's test client does.
    """

    def __init__(self, client: Any = None) -> None:
        self.client = client or Client(enforce_csrf_checks=True)
        self.path = "/"
        self.response: HttpResponse = HttpResponse()

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.response.content, "html.parser")

    @property
    def text(self) -> str:
        return " ".join(self.page.get_text(" ").split())

    @property
    def main(self) -> Tag:
        found = self.page.find("main")
        assert isinstance(found, Tag)
        return found

    def open(self, path: str) -> Self:
        """Load a page, following redirects."""
        return self._arrive(self.client.get(path, follow=True), path)

    def send(self, *, action: str = "", button: str = "", **fields: Any) -> Self:
        """Fill in and send the form of the page whose address ends with ``action``, and follow the redirect.

        Args:
            action: end of the form's address; empty means the first POST form of the main part.
            button: name of the button pressed, when it has one that matters.
            fields: what the person types, ticks (True or False), chooses or attaches; None leaves a field alone.

        Raises:
            AssertionError: when the page has no such form, or the form no such field.
        """
        form = self._form(action)
        data = self._filled_in(form)
        names = {control.get("name") for control in form.find_all(["input", "textarea", "select", "button"])}
        assert set(fields) <= names, f"{set(fields) - names} not among {sorted(filter(None, names))}"
        for name, value in fields.items():
            if value is False:
                data.pop(name, None)
            elif value is not None:
                data[name] = "on" if value is True else value
        if button:
            data[button] = form.find("button", {"name": button}).get("value", "")
        target = urljoin(self.path, form.get("action") or "")
        return self._arrive(self.client.post(target, data, follow=True), target)

    def _form(self, action: str) -> Tag:
        scope = self.page if action else self.main
        forms = [form for form in scope.find_all("form") if (form.get("method") or "").lower() == "post"]
        if action:
            forms = [form for form in forms if urljoin(self.path, form.get("action") or "").endswith(action)]
        assert forms, f"no form {action!r} on {self.path}: {self.text[:300]}"
        return forms[0]

    def _filled_in(self, form: Tag) -> dict[str, Any]:
        """Return what the browser would send if the person changed nothing."""
        data: dict[str, Any] = {}
        for control in form.find_all(["input", "textarea", "select"]):
            name, kind = control.get("name"), control.get("type", "text")
            if not name or control.has_attr("disabled") or kind in {"submit", "button", "file", "image", "reset"}:
                continue
            if control.name == "select":
                options = [option for option in control.find_all("option") if option.has_attr("selected")]
                values = [option.get("value", option.text) for option in options or control.find_all("option")[:1]]
            elif kind in {"checkbox", "radio"}:
                values = [control.get("value", "on")] if control.has_attr("checked") else []
            else:
                values = [control.text.removeprefix("\n") if control.name == "textarea" else control.get("value", "")]
            for value in values:
                data.setdefault(name, []).append(value)
        return data

    def _arrive(self, response: HttpResponse, path: str) -> Self:
        self.response = response
        chain = getattr(response, "redirect_chain", [])
        self.path = urlsplit(chain[-1][0] if chain else path).path
        return self


def photo(name: str = "foto.jpg", size: tuple[int, int] = (800, 600)) -> SimpleUploadedFile:
    """Return a small real JPEG as a phone would send it."""
    content = BytesIO()
    Image.effect_mandelbrot(size, (-2, -1, 1, 1), 20).convert("RGB").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), content_type="image/jpeg")
