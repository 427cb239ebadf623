"""A field of one row's details that makes no sense costs no other row its details."""

import pytest
from django.db import DataError

from ultahost_api.models import Service
from ultahost_api.refresh import details


@pytest.fixture
def listed(acme, worker):
    acme.add_services(3)
    worker.run("services")
    return worker


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("[" * 5000, "[" * 5000),
        ('["10.0.0.1\\u0000"]', "10.0.0.1\ufffd"),
        ('["10.0.0.1\\ud800"]', "10.0.0.1\ufffd"),
    ],
    ids=["deep", "nul", "surrogate"],
)
def test_a_list_inside_a_text_is_read_as_far_as_it_makes_sense(acme, listed, told, kept):
    acme.services[2]["assignedips"] = told
    assert listed.run("details").completed_at
    assert not Service.objects.filter(detailed_at=None).exists()
    assert Service.objects.get(remote_id=2).assigned_ips == [kept]


@pytest.mark.parametrize("error", [DataError, RecursionError])
def test_a_row_that_the_database_does_not_take_is_left_alone(listed, monkeypatch, error):
    real = details.values_of

    def values_of(record, *how):
        if record.id == 2:
            raise error
        return real(record, *how)

    monkeypatch.setattr(details, "values_of", values_of)
    assert listed.run("details").completed_at
    assert list(Service.objects.filter(detailed_at=None).values_list("remote_id", flat=True)) == [2]
