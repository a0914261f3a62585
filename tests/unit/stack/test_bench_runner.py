"""The runner of `make bench`: flat results, kept figures, honest medians."""

import json

import pytest

from tests.load import runner


@pytest.fixture
def results(monkeypatch, tmp_path):
    path = tmp_path / "bench" / "results.json"
    monkeypatch.setattr(runner, "RESULTS", path)
    return path


def test_figures_are_flat_and_say_what_they_were_measured_on(results):
    bench = runner.Bench()
    bench.record("cast.ratio_to_floor", 1.0412345, "ratio", 0.98, 1.11, 3)
    bench.record_rounds("cast.per_second", [1500.4, 1900.0, 1700.123], "/s")
    runner.write(bench.figures)
    written = json.loads(results.read_text())
    ratio = written["cast.ratio_to_floor"]
    assert (ratio["value"], ratio["low"], ratio["high"], ratio["rounds"], ratio["unit"]) == (1.041, 0.98, 1.11, 3, "ratio")
    speed = written["cast.per_second"]
    assert (speed["value"], speed["low"], speed["high"], speed["rounds"]) == (1700, 1500, 1900, 3)
    assert ratio["machine"]["cores"] >= 1


def test_figures_of_groups_that_did_not_run_are_kept(results):
    first, second = runner.Bench(), runner.Bench()
    first.record("a.x", 1, "s")
    runner.write(first.figures)
    second.record("b.y", 2, "s")
    second.record("a.x", 3, "s")
    assert {name: figure["value"] for name, figure in runner.write(second.figures).items()} == {"a.x": 3, "b.y": 2}


def test_a_figure_without_a_group_is_refused():
    with pytest.raises(ValueError, match="<group>"):
        runner.Bench().record("speed", 1, "s")
