"""Codes and numbers are taken as they are pasted: in groups, and with what stands around them."""

import pytest

from portal.forms.accounts import VerifyForm
from portal.forms.pasted import UngroupedField
from portal.forms.payment_methods import BankAccountForm, CardForm

IBAN = "MT84 MALT 0110 0001 2345 MTLC AST0 01S"


def cleaned(form_class, **typed):
    form = form_class(typed)
    form.is_valid()
    return {name: form.cleaned_data.get(name) for name in typed}


@pytest.mark.parametrize("typed", ["123456", "123 456", " 123\u00a0456\n", "12 34 56", "1 2 3 4 5 6"])
def test_a_code_may_stand_in_groups(typed):
    assert cleaned(VerifyForm, code=typed) == {"code": "123456"}


def test_a_bank_account_may_stand_in_groups():
    spaced = "   ".join(IBAN)  # longer than the field takes without spaces
    for typed in (IBAN, f"\u200b{IBAN}\t", spaced):
        assert cleaned(BankAccountForm, bank_account=typed) == {"bank_account": IBAN.replace(" ", "")}


@pytest.mark.parametrize(
    "typed", ["4242 4242 4242 4242", "4242-4242-4242-4242", "4242\u00a04242\u00a04242\u00a04242 "]
)
def test_a_card_may_stand_in_groups(typed):
    (number,) = cleaned(CardForm, card_number=typed).values()
    assert number.reveal() == "4242424242424242"


@pytest.mark.parametrize("typed", ["09 / 2039", "09/2039", "0939", "09 39"])
def test_when_a_card_expires_may_have_spaces(typed):
    (expires,) = cleaned(CardForm, card_expiry=typed).values()
    assert expires.reveal() == "09/2039"


def test_only_spaces_are_nothing():
    assert UngroupedField(required=False).clean(" \u200b ") == ""
