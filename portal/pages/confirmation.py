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
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        context = {"action": request.path, **told, **more}
        if self.form is None:
            return http.page(request, template, context)
        return http.form_page(request, template, self.form, context)
