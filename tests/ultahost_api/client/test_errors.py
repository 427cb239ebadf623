import copy
import inspect
import pickle
from datetime import UTC, datetime

import pytest

from ultahost_api.client import InvalidParameters, NotSent, OutcomeUnknown, RateLimited, UltahostError
from ultahost_api.client.core import errors

ALL = [
    error for _name, error in inspect.getmembers(errors, inspect.isclass) if issubclass(error, UltahostError)
]


@pytest.mark.parametrize("take", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
@pytest.mark.parametrize("error", ALL)
def test_it_survives_a_journey(error, take):
    more = {
        OutcomeUnknown: {"settled_by": "get_invoice"},
        RateLimited: {"retry_at": datetime(2026, 1, 1, tzinfo=UTC)},
    }

    before = error("No, thank you", action="pay_invoice", status=418, **more.get(error, {}))
    after = take(before)

    assert type(after) is error
    assert vars(after) == vars(before)
    assert str(after) == str(before) == "pay_invoice: No, thank you"


@pytest.mark.parametrize("error", ALL)
def test_it_can_be_made_of_nothing(error):
    assert str(error()) == error.__name__


def test_it_counts_what_was_never_sent_as_not_sent():
    assert issubclass(InvalidParameters, NotSent)
