"""What every form says of a wrong field, in the words of the portal instead of Django's.

A field or a validator that has words of its own keeps them.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import validators
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

_CHOOSE = _("Choose one of the options that are offered.")
_CHOOSE_ANEW = _("One of these can no longer be chosen. Choose anew.")
_ADDRESS = _("Enter an e-mail address, such as name@example.com.")
_DATE = _("Enter a date, such as 2026-10-31.")
_NUMBER = _("Enter a number.")
_SLUG = _("Use only letters from a to z, digits, - and _, without spaces.")
_TAKEN = _("There is one of this name already.")

FIELDS: Mapping[type[forms.Field], Mapping[str, Any]] = {
    forms.Field: {"required": _("Fill in this field.")},
    forms.BooleanField: {"required": _("Select this to continue.")},
    forms.ChoiceField: {"required": _("Choose an option."), "invalid_choice": _CHOOSE},
    forms.MultipleChoiceField: {
        "required": _("Choose at least one."),
        "invalid_choice": _CHOOSE_ANEW,
        "invalid_list": _CHOOSE_ANEW,
    },
    forms.ModelChoiceField: {"required": _("Choose an option."), "invalid_choice": _CHOOSE},
    forms.ModelMultipleChoiceField: {
        "required": _("Choose at least one."),
        "invalid_choice": _CHOOSE_ANEW,
        "invalid_list": _CHOOSE_ANEW,
        "invalid_pk_value": _CHOOSE_ANEW,
    },
    forms.DateField: {"invalid": _DATE},
    forms.DecimalField: {"invalid": _NUMBER},
    forms.IntegerField: {"invalid": _("Enter a whole number.")},
    forms.JSONField: {"invalid": _("This could not be read. Open the page again.")},
    forms.UUIDField: {"invalid": _CHOOSE},
}
VALIDATORS: Mapping[type[Any], Any] = {
    validators.EmailValidator: _ADDRESS,
    validators.MinValueValidator: _("Enter %(limit_value)s or more."),
    validators.MaxValueValidator: _("Enter %(limit_value)s or less."),
    validators.MinLengthValidator: ngettext_lazy(
        "Enter at least %(limit_value)d character; this has %(show_value)d.",
        "Enter at least %(limit_value)d characters; this has %(show_value)d.",
        "limit_value",
    ),
    validators.MaxLengthValidator: ngettext_lazy(
        "Enter at most %(limit_value)d character; this has %(show_value)d.",
        "Enter at most %(limit_value)d characters; this has %(show_value)d.",
        "limit_value",
    ),
    validators.ProhibitNullCharactersValidator: _("Remove the invisible characters from this."),
    validators.RegexValidator: _("This does not look as it should. Check it and try again."),
}
DECIMALS: Mapping[str, Any] = {
    "invalid": _NUMBER,
    "max_digits": ngettext_lazy("Enter at most %(max)s digit.", "Enter at most %(max)s digits.", "max"),
    "max_decimal_places": ngettext_lazy(
        "Enter at most %(max)s digit after the point.",
        "Enter at most %(max)s digits after the point.",
        "max",
    ),
    "max_whole_digits": ngettext_lazy(
        "Enter at most %(max)s digit before the point.",
        "Enter at most %(max)s digits before the point.",
        "max",
    ),
}
COLUMNS: Mapping[str, Any] = {
    "blank": FIELDS[forms.Field]["required"],
    "null": FIELDS[forms.Field]["required"],
    "invalid_choice": _CHOOSE,
    "unique": _TAKEN,
}


def install() -> None:
    """For all forms of this process. Each kind of field keeps its further words."""
    for kind, words in FIELDS.items():
        kind.default_error_messages = {**kind.__dict__.get("default_error_messages", {}), **words}
    for validator, message in VALIDATORS.items():
        validator.message = message
    validators.validate_slug.message = _SLUG  # one object for all fields
    validators.DecimalValidator.messages = {**validators.DecimalValidator.messages, **DECIMALS}
    models.Field.default_error_messages = {**models.Field.default_error_messages, **COLUMNS}
    models.UUIDField.default_error_messages = {"invalid": _CHOOSE_ANEW}  # of a row that is chosen
