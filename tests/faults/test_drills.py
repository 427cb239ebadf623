import pytest

from tests import drills
from tests.faults.storm import Figures


def test_it_runs_every_drill_and_fails_by_the_name_of_one(monkeypatch, capsys):
    monkeypatch.setattr(drills, "DRILLS", {"first": lambda: False, "second": lambda: True})

    assert drills.main([]) == 1
    assert drills.main(["second"]) == 0

    said = capsys.readouterr().out
    assert said.count("=== second") == 4
    assert said.count("failed: ") == said.count("failed: first") == 1


@pytest.mark.parametrize(
    ("figures", "is_good"),
    [
        (Figures(calls=6000), True),
        (Figures(calls=6000, limited_untold=4), True),  # whose headers tell nothing
        (Figures(calls=6000, early=1), False),
        (Figures(calls=6000, limited=1), False),
        (Figures(calls=0), False),
    ],
)
def test_it_storms_until_there_were_enough_calls_and_none_too_early(monkeypatch, capsys, figures, is_good):
    monkeypatch.setattr("tests.faults.storm.storm", lambda *_, **__: figures)

    assert drills.rate() == is_good

    calls = 12_000 if is_good else figures.calls
    assert capsys.readouterr().out.splitlines()[-1] == f"{calls:,} calls in all"
