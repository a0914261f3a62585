"""The runner of `make bench`: flat results, figures kept as they come, what is no longer made is dropped, honest medians."""

import json
import os
import signal
import sys

import pytest

from tests.load import results, runner

# A process as `runner_group` is, with a group that is made of the statements of one test.
PROCESS = """
import os, subprocess, sys, types
from tests.load import runner_group

def run(bench):
    {body}

sys.modules["tests.load.bench_probe"] = types.SimpleNamespace(run=run)
runner_group.run_group(sys.argv[1])
"""


@pytest.fixture
def run_probe(monkeypatch, tmp_path):
    """Give `run_probe(statements)` → exit status, of a whole `make bench ONLY=probe` that writes into a folder of its own."""
    monkeypatch.setattr(results, "RESULTS", tmp_path / "bench" / "results.json")
    monkeypatch.setattr(runner, "groups", lambda: ["other", "probe"])
    monkeypatch.setenv("PYTHONPATH", str(runner.ROOT))
    for name in [name for name in os.environ if name.startswith(("BENCH_", "PUSH_BENCH_"))]:
        monkeypatch.delenv(name)

    def run(*statements):
        script = tmp_path / "process.py"
        script.write_text(PROCESS.format(body="\n    ".join(statements)))
        monkeypatch.setattr(runner, "COMMAND", [sys.executable, str(script)])
        return runner.main(["--only", "probe"])

    return run


def kept():
    return {name: figure["value"] for name, figure in json.loads(results.RESULTS.read_text()).items()}


def test_figures_are_flat_and_say_their_group_and_what_they_were_measured_on(run_probe):
    assert (
        run_probe(
            "bench.record('x.ratio', 1.0412345, 'ratio', 0.98, 1.11, 3)",
            "bench.record_rounds('x.n', [1500.4, 1900.0, 1700.123], '/s')",
        )
        == 0
    )
    written = json.loads(results.RESULTS.read_text())
    ratio, speed = written["x.ratio"], written["x.n"]
    assert (ratio["value"], ratio["low"], ratio["high"], ratio["rounds"], ratio["unit"]) == (1.041, 0.98, 1.11, 3, "ratio")
    assert (speed["value"], speed["low"], speed["high"], speed["rounds"]) == (1700, 1500, 1900, 3)
    assert ratio["group"] == "probe"
    assert ratio["machine"]["cores"] >= 1


def test_a_figure_of_a_run_at_another_size_says_so(run_probe, monkeypatch):
    run_probe("bench.record('x.full', 1, 's')")
    assert "sizes" not in results.read()["x.full"]
    monkeypatch.setenv("BENCH_SCALE", "0.1")
    run_probe("bench.record('x.small', 1, 's')")
    assert results.read()["x.small"]["sizes"] == {"BENCH_SCALE": "0.1"}


def test_a_whole_run_drops_its_own_figures_that_are_no_longer_made_and_keeps_those_of_other_groups(run_probe):
    run_probe("bench.record('x.old', 1, 's')", "bench.record('x.same', 2, 's')")
    results.keep({"x.others": {**results.read()["x.old"], "group": "other"}})
    assert run_probe("bench.record('x.same', 3, 's')", "bench.record('x.new', 4, 's')") == 0
    assert kept() == {"x.new": 4, "x.others": 1, "x.same": 3}


@pytest.mark.parametrize("end", ["raise RuntimeError('broken')", "os.kill(os.getpid(), 9)"])
def test_a_run_that_breaks_off_keeps_what_it_had_and_says_what_is_missing(run_probe, capsys, end):
    run_probe("bench.record('x.first', 1, 's')", "bench.record('x.second', 2, 's')")
    capsys.readouterr()
    assert run_probe("bench.record('x.first', 10, 's')", end, "bench.record('x.second', 20, 's')") == 1
    assert kept() == {"x.first": 10, "x.second": 2}
    assert "failed: probe; not measured anew: x.second" in capsys.readouterr().err


def test_neither_noise_nor_a_child_left_behind_disturbs_the_figures(run_probe):
    noise = ["print('noise')", "subprocess.run(['echo', 'noise'])", "left = subprocess.Popen(['sleep', '60'])"]
    assert run_probe(*noise, "bench.record('x.pid', left.pid, 'count')") == 0
    os.kill(int(kept()["x.pid"]), signal.SIGTERM)  # it still runs: nobody waited for it


def test_a_figure_without_a_group_is_refused():
    with pytest.raises(ValueError, match="<group>"):
        runner.Bench("probe", lambda name, figure: None).record("speed", 1, "s")
