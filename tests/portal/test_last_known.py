"""Orders and quotes while Ultahost does not answer: what the last refresh read of them stands there."""

import pytest

from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db

FAULTS = {"down": Fault.status(502), "refused": Fault.status(403), "odd": Fault.html()}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("noun", ["order", "quote"])
def test_it_shows_what_is_known(visit, people, add_key, sandbox, read_everything, noun, fault):
    acme = sandbox.add_account("Acme", "EUR")
    amount = "amount" if noun == "order" else "total"
    row = acme.add(f"{noun}s", **{amount: "47.11"})
    alma = people.member("Alma")
    add_key(alma, acme)
    read_everything()
    sandbox.faults.add(FAULTS[fault], action=f"get_{noun}", times=None)
    path = f"/{noun}s/{alma.api_keys.get().account_id}/{row['id']}/"

    page = visit(alma).htmx(f"{path}?live=1", noun)

    assert "€47.11" in page.texts("dl.facts dd")
    assert "Showing the last known data." in page.texts(".section p.quiet")
    assert visit(alma).get(path).texts(".section p.quiet") == []  # while it is being read
