"""The page before an act: what will happen, to what, and the button that does it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse

from portal import http


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """``facts`` are (label, value) pairs. The button sends a POST to the address of the page."""

    title: str
    back: str
    verb: str = ""  # on the button; empty: no button
    busy: str = ""  # on the button while the form is sent
    text: str = ""
    facts: Sequence[tuple[Any, Any]] = ()
    warning: str = ""
    danger: bool = False
    form: BaseForm | None = None

    def page(
        self, request: http.Request, *, template: str = "components/confirm_page.html", **more: Any
    ) -> HttpResponse:
        """A form that was sent comes back with what is wrong in it."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        status = 422 if self.form and self.form.is_bound else 200
        return http.page(request, template, {"action": request.path, **told, **more}, status=status)
