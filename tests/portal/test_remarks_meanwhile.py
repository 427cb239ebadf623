"""Two people who save the label and note of one row at the same time."""

import pytest

from portal import access
from portal.acts import labels as acts
from ultahost_api.models import Domain, Service

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["service", "domain"])
def noun(request):
    return request.param


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def row(rows, alma, noun):
    acme = rows.account("Acme")
    rows.key(alma, acme)
    return getattr(rows, noun)(acme)


@pytest.fixture
def meanwhile(monkeypatch, noun):
    """Something happens after the row was read for a save and before the save."""

    def set_to(happen):
        name = f"{noun}_to_operate"
        read = getattr(access, name)

        def reads(*args):
            found = read(*args)
            assert not getattr(found, "remark", None)  # which is read with it
            happen()
            return found

        monkeypatch.setattr(access, name, reads)

    return set_to


def stored(row):
    remark = type(row).objects.get(pk=row.pk).remark
    return str(remark.label or ""), remark.note


def test_it_asks_where_both_said_another_label(visit, alma, row, noun, meanwhile):
    browser, form = visit(alma), f"/{noun}s/{row.pk}/label/"
    page = browser.get(form)
    meanwhile(lambda: acts.set_remark(alma, type(row).objects.get(pk=row.pk), "North", ""))

    asked = browser.post(form, page.filled | {"label": "South"})

    assert asked.status == 422
    assert asked.texts(".errorlist") == [
        "It was changed to “North” in the meantime. Save again to replace that."
    ]
    assert stored(row) == ("North", "")


def test_it_keeps_the_label_where_only_the_note_was_typed(visit, alma, row, noun, meanwhile):
    browser, form = visit(alma), f"/{noun}s/{row.pk}/label/"
    page = browser.get(form)
    meanwhile(lambda: acts.set_remark(alma, type(row).objects.get(pk=row.pk), "North", ""))

    assert browser.post(form, page.filled | {"note": "yearly"}).status == 303

    assert stored(row) == ("North", "yearly")


def test_a_row_that_is_deleted_at_the_same_time_is_a_404(visit, alma, row, noun, meanwhile):
    browser, form = visit(alma), f"/{noun}s/{row.pk}/label/"
    page = browser.get(form)
    meanwhile(lambda: {"service": Service, "domain": Domain}[noun].objects.all().delete())

    assert browser.post(form, page.filled | {"note": "yearly"}).status == 404
