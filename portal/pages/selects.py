"""A ``<select>`` with hundreds of options: Django renders two templates for each option."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString


class Select(forms.Select):
    """Writes its options without templates. It supports no groups of options."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        choices: Any = self.choices
        chosen = {str(one) for one in self.format_value(value)}
        options = "".join(
            f'<option value="{conditional_escape(str(option))}"{" selected" * (str(option) in chosen)}>'
            f"{conditional_escape(label)}</option>"
            for option, label in choices
        )
        attributes = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, attributes, SafeString(options))
