"""What forms say of a wrong field: the portal's words, in each language, and never Django's."""

from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django import forms
from django.conf import settings
from django.utils import translation

from portal.forms import errors
from portal.models import Role, User

LONG = "x" * 70


class EveryForm(forms.Form):
    """A field of each kind that the portal's forms have."""

    text = forms.CharField(min_length=3, max_length=60)
    box = forms.BooleanField()
    one = forms.ChoiceField(choices=[("a", "A")])
    some = forms.MultipleChoiceField(choices=[("a", "A")])
    typed = forms.TypedChoiceField(choices=[("a", "A")])
    row = forms.ModelChoiceField(User.objects.all())
    rows = forms.ModelMultipleChoiceField(User.objects.all())
    day = forms.DateField()
    amount = forms.DecimalField(max_digits=4, decimal_places=2, max_value=Decimal(50))
    whole = forms.IntegerField(min_value=1, max_value=9)
    id = forms.UUIDField()
    address = forms.EmailField()
    told = forms.JSONField()
    name = forms.SlugField()


WRONG = [
    {},
    {"text": "x", "one": "b", "some": ["b"], "typed": "b", "row": "b", "rows": ["b"], "day": "31/31",
     "amount": "x", "whole": "1.5", "id": "x", "address": "x", "told": "{", "name": "st ripe"},
    {"text": LONG, "row": str(uuid4()), "rows": [str(uuid4())], "amount": "12345", "whole": "0"},
    {"text": "a\0b", "amount": "1.234", "whole": "10", "rows": "b"},
    {"amount": "51"}, {"amount": "123.4"},
]  # fmt: skip


def said(language):
    """Each sentence that the form says of what is wrong in it."""
    with translation.override(language):
        forms_ = [EveryForm(data) for data in WRONG]
        return [
            str(words)
            for form in forms_
            for found in form.errors.as_data().values()
            for error in found
            for words in error.messages
        ]


@pytest.mark.django_db
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_no_form_says_what_django_says(language):
    """In English these are the texts of the fields and validators, elsewhere their translations."""
    told = said(language)

    assert len(told) > 40
    machine = ("valid", "Ensure", "Select a", "available choices", "value", "null", "UUID", "URL", "JSON")
    if language == "en":
        assert not [words for words in told if any(word in words for word in machine)]
    else:
        english = {*said("en")}
        assert not [words for words in told if words in english]


def test_every_kind_of_field_that_a_form_has_is_told():
    """A kind that is new in the portal's forms gets words as well."""
    theirs = [one for kind in all_forms() for one in kind.base_fields.values()]
    known = {*errors.FIELDS, forms.CharField, forms.EmailField, forms.TypedChoiceField, forms.SlugField}
    ours = partial(filter, lambda kind: kind.__module__.startswith("django."))

    for field in theirs:
        nearest = next(ours(type(field).__mro__))
        assert nearest in known, f"{nearest} says what Django says"


def all_forms(kind=forms.BaseForm):
    for one in kind.__subclasses__():
        if one.__module__.startswith("portal.forms") and hasattr(one, "base_fields"):
            yield one
        yield from all_forms(one)


def test_a_choice_that_is_not_offered_is_told_on_its_page(visit, people):
    page = visit(people.admin("Dana")).post(
        "/people/invite/", {"email": "a@example.com", "name": "A", "role": "owner"}
    )

    assert page.status == 422
    assert Role.MEMBER in page.html
    assert page.one(".errorlist").text == "Choose one of the options that are offered."
