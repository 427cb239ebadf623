"""Fields that choose: a ``<select>`` of hundreds, without templates, and a text with suggestions."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.pages import parts


class Suggested(forms.TextInput):
    """A text for which the browser suggests those that are known."""

    def __init__(self, suggestions: Iterable[str] = ()) -> None:
        super().__init__()
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        known = f"{name}-known"
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in self.suggestions))
        shown = super().render(name, value, {**(attrs or {}), "list": known}, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', shown, known, options)


class Options(BaseChoiceIterator):
    """Options as they stand in a list. A form neither copies them, nor looks into each of them, as usual."""

    def __init__(self, options: Sequence[tuple[str, object]]) -> None:
        self._options = options

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return iter(self._options)

    def __deepcopy__(self, _memo: Any) -> "Options":
        return self


class Select(forms.Select):
    """Writes its options without templates. It supports no groups of options."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        choices: Any = self.choices
        chosen = {str(one) for one in self.format_value(value)}
        options = "".join(
            f'<option value="{parts.escaped(str(option))}"{" selected" * (str(option) in chosen)}>'
            f"{parts.escaped(label)}</option>"
            for option, label in choices
        )
        attributes = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, attributes, SafeString(options))
