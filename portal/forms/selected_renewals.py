"""The renewals of selected domains: years for all of them, and for one of them where it has its own."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from portal.forms.order_base import YEARS, payment_method_field, unpriced_field, years_field
from portal.operations.form import SelectedForm
from portal.queries.cycles import price_of_years
from ultahost_api.models import Account, Domain

_OWN = "years_"  # begins the name of the field of one domain
_MOST_OPEN = 25  # rows of a table that is not folded


class _LightSelect(forms.Select):
    """Drawn without a template: a page has hundreds of them."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        words = self.build_attrs(self.attrs, attrs)
        said = format_html_join("", ' {}="{}"', ((key, told) for key, told in words.items() if told))
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (key, SafeString(" selected") if str(key) == chosen else "", text)
                for key, text in self.choices
            ),
        )
        return format_html('<select name="{}"{}>{}</select>', name, said, options)


class SelectedRenewalForm(SelectedForm):
    """How many years, and how each account will pay the invoice."""

    template = "operations/_renewals.html"

    years = forms.TypedChoiceField(label=_("Years each"), choices=YEARS, coerce=int)
    unpriced = unpriced_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", pgettext("years", "As above")), *YEARS]
        for domain in self.rows:
            self.fields[own_years(domain)] = years_field(domain, choices, _LightSelect)
        for account in self.accounts:
            label = gettext("Payment method of %(account)s") % {"account": account}
            self.fields[_method(account)] = payment_method_field(account, label)

    def clean(self) -> dict[str, Any]:
        selected = {own_years(item.row) for item in self.items}
        if any(name.startswith(_OWN) and name not in selected for name in self.data):
            raise forms.ValidationError(_("Years were entered for a domain that is not selected."))
        return super().clean() or {}

    def method(self, account: Account) -> str:
        return str(self.cleaned_data[_method(account)])

    def years_of(self, domain: Domain) -> int:
        return int(self.cleaned_data[own_years(domain)] or self.cleaned_data["years"])

    def price_of(self, domain: Domain) -> Decimal | Fraction | None:
        """By the years that stand in the form, sent or not; None if it is not known."""
        years = _number(self[own_years(domain)].value() or self._for_all)
        return price_of_years(domain.recurring_amount, domain.registration_period, years) if years else None

    @cached_property
    def _for_all(self) -> Any:
        return self["years"].value() or YEARS[0][0]

    @property
    def rows(self) -> Sequence[Domain]:
        """The domains that can be renewed."""
        return [item.row for item in self.items if not item.hindrance]

    @property
    def own(self) -> Sequence[tuple[Domain, forms.BoundField]]:
        """Each domain with the field of its years."""
        return [(domain, self[own_years(domain)]) for domain in self.rows]

    @property
    def methods(self) -> Sequence[forms.BoundField]:
        return [self[_method(account)] for account in self.accounts]

    @property
    def is_unfolded(self) -> bool:
        """Whether the table of the domains is open: it is short, or something was entered there."""
        return len(self.rows) <= _MOST_OPEN or any(field.value() for _domain, field in self.own)


def own_years(domain: Any) -> str:
    """The name of the field with the years of one domain, or of its id."""
    return f"{_OWN}{getattr(domain, 'pk', domain)}"


def _method(account: Account) -> str:
    return f"method-{account.pk}"


def _number(told: Any) -> int | None:
    return next((years for years, _words in YEARS if str(years) == str(told)), None)
