"""The forms for renewals: what is renewed stands in a table, with its due date and price."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.forms.order_base import YEARS, Facts, OrderForm, years_field
from portal.queries.cycles import price_of_years, total
from portal.wording.cycles import cycle_word
from ultahost_api.models import Account, Domain, Service
from ultahost_api.models.row_statuses import NOT_RENEWABLE_DOMAIN


class _Renewal(OrderForm):
    noun: str  # the name of the field with what is renewed

    @property
    def rows(self) -> Iterator[tuple[Any, bool, forms.BoundField | None]]:
        """What can be renewed, whether it is chosen, and the field of its years."""
        value = self[self.noun].value() or []
        chosen = {value} if isinstance(value, str) else set(map(str, value))
        for row in self.fields[self.noun].queryset:  # type: ignore[attr-defined]
            years = self[_years(row)] if _years(row) in self.fields else None
            yield row, str(row.pk) in chosen, years

    @property
    def picked(self) -> list[Any]:
        return list(self.cleaned_data[self.noun])

    def price_of(self, row: Any) -> Decimal | Fraction | None:
        """As it was told, or a fraction if it had to be worked out; None if it is not known."""
        raise NotImplementedError

    @property
    def expected(self) -> Decimal | None:
        prices = [price for row in self.picked if (price := self.price_of(row)) is not None]
        if not prices or len(prices) < len(self.picked):
            return None
        return total(prices, self.account.currency)


class DomainRenewalOrder(_Renewal):
    """``years`` is for links; each domain of the page has years of its own."""

    kind = "renew-domains"
    title = gettext_lazy("Renew domains")
    noun = "domains"

    years = forms.TypedChoiceField(
        choices=YEARS, coerce=int, required=False, empty_value=None, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        renewable = Domain.objects.of([account]).present().exclude(status__in=NOT_RENEWABLE_DOMAIN)
        rows = renewable.order_by("next_due_date", "name")
        self.fields["domains"] = _several(rows, _("Domains"))
        for domain in rows:
            self.fields[_years(domain)] = years_field(domain, YEARS, forms.Select)
        self.apart = frozenset({"domains", *map(_years, rows)})  # type: ignore[misc]

    def ordered(self) -> dict[str, object]:
        return {"domainrenewals": {domain.name: self._years_of(domain) for domain in self.picked}}

    def described(self) -> Facts:
        return [(domain, self._words(domain)) for domain in self.picked]

    def price_of(self, row: Domain) -> Decimal | Fraction | None:
        return price_of_years(row.recurring_amount, row.registration_period, self._years_of(row))

    def _years_of(self, domain: Domain) -> int:
        return int(self.cleaned_data.get(_years(domain)) or self.cleaned_data.get("years") or 1)

    def _words(self, domain: Domain) -> str:
        years = self._years_of(domain)
        return ngettext("%(years)d year", "%(years)d years", years) % {"years": years}


class ServiceRenewalOrder(_Renewal):
    kind = "renew-services"
    title = gettext_lazy("Renew services")
    noun = "services"
    apart = frozenset({"services"})

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        renewable = Service.objects.of([account]).present().filter(status__in=["Active", "Suspended"])
        rows = renewable.order_by("next_due_date", "domain", "product_name")
        self.fields["services"] = _several(rows, _("Services"))

    def ordered(self) -> dict[str, object]:
        return {"servicerenewals": [service.remote_id for service in self.picked]}

    def described(self) -> Facts:
        words = _("another %(cycle)s")
        return [(one, words % {"cycle": cycle_word(one.billing_cycle)}) for one in self.picked]

    def price_of(self, row: Service) -> Decimal | None:
        return row.amount if row.amount is not None and row.amount > 0 else None


def _years(row: Any) -> str:
    return f"years_{row.pk}"


def _several(rows: Any, label: str) -> forms.ModelMultipleChoiceField:
    words = {"required": _("Select at least one.")}
    return forms.ModelMultipleChoiceField(rows, label=label, error_messages=words)
