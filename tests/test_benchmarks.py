"""`make bench`: one program fails, the others' ratios stand in page and JSON."""

import json
import math
import os
import re
import sys
from argparse import Namespace
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def measure(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import measure

    return measure


@pytest.fixture
def run_all(measure):
    import run_all

    return run_all


@pytest.fixture
def runs(run_all, tmp_path, capfd):
    """Run programs quickly into a temporary folder; return the status and what stderr tells."""

    def runs(*programs, more=()):
        options = ["--quick", "--output", str(tmp_path / "results"), "--docs", str(tmp_path)]
        status = run_all.main([*options, *more], programs)
        return status, capfd.readouterr().err

    return runs


@pytest.fixture
def calls(run_all, monkeypatch):
    """Names of the programs that were run, without running them."""
    names = []

    def run(program, _options):
        names.append(program.name)
        return {"settings": {}, "rows": [], "not_run": NOT_RUN if program.name == "peer" else []}

    monkeypatch.setattr(run_all, "run", run)
    return names


NOT_RUN = [{"what": "against a peer", "reason": "no weights here"}]


def shipped(run_all, name):
    return next(program for program in run_all.PROGRAMS if program.name == name)


# ------------------------------------------------------------------------ the table of programs


def test_every_program_has_its_row(run_all):
    files = {path.name for path in FOLDER.glob("*.py")} - {"measure.py", "run_all.py"}
    assert {program.file for program in run_all.PROGRAMS} == files
    assert len({program.name for program in run_all.PROGRAMS}) == len(run_all.PROGRAMS)


def test_arguments_are_those_of_the_programs(run_all):
    for program in run_all.PROGRAMS:
        text = (FOLDER / program.file).read_text(encoding="utf-8")
        for word in re.findall(r"--[\w-]+", program.full + program.quick):
            assert f'"{word}"' in text, program


# ------------------------------------------------------------------------------- timing, ratios


def test_works_take_turns_and_warm_up_is_not_counted(measure):
    now, called = [0.0], []

    def work(name, seconds):
        called.append(name)
        now[0] += seconds if len(called) > 2 else 100

    works = {"a": lambda: work("a", 2), "b": lambda: work("b", 4)}
    taken = measure.in_turn(works, 2, clock=lambda: now[0], n_warm_up=1)
    assert called == ["a", "b"] * 3
    assert taken == {"a": [2, 2], "b": [4, 4]}
    assert measure.best({"a": [3, 2, 4]}) == {"a": 2}
    assert measure.median_ratio([1, 9, 4], [2, 1, 1]) == 4


def test_a_report_tells_settings_ratios_and_what_is_missing(measure, tmp_path, capsys):
    path = tmp_path / "found.json"
    report = measure.Report(Namespace(json=path, n=3, yamnet=tmp_path / "inner" / "y.onnx"))
    report.add("reading", "speed", 2.34567, "librosa")
    report.not_run("labelling", "no weights here")
    report.write()
    assert capsys.readouterr().out == "labelling: not run, no weights here\n"
    assert json.loads(path.read_text()) == {
        "settings": {"n": 3, "yamnet": "y.onnx"},
        "rows": [
            {
                "what": "reading",
                "quantity": "speed",
                "ratio": 2.346,
                "peer": "librosa",
                "better": "higher",
            }
        ],
        "not_run": [{"what": "labelling", "reason": "no weights here"}],
    }


@pytest.mark.parametrize("ratio", [0.0, -1.0, math.inf, math.nan])
def test_a_ratio_is_finite_and_positive(measure, ratio):
    report = measure.Report(Namespace(json=None))
    with pytest.raises(ValueError, match="it measures nothing"):
        report.add("reading", "time", ratio, "librosa")


# ------------------------------------------------------------------------------------ the runner


@pytest.mark.slow
def test_a_failure_stops_nothing_and_is_told(run_all, runs, tmp_path):
    broken = run_all.Program("broken", "store.py", "", "--no-such-option")
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Own head\n{run_all.BEGIN}\nold\n{run_all.END}\nown foot\n")
    status, told = runs(broken, shipped(run_all, "store"))
    assert status == 1
    assert "broken: failed: exit status 2" in told

    known = json.loads((tmp_path / "benchmarks.json").read_text())
    assert [one["benchmark"] for one in known["failed"]] == ["broken"]
    assert known["not_run"] == []
    assert [row["benchmark"] for row in known["rows"]] == 3 * ["store"]
    for row in known["rows"]:
        assert math.isfinite(row["ratio"])
        assert row["ratio"] > 0
        assert row["better"] in ("higher", "lower")
        assert row["settings"] == {"rounds": 2, "batch": 128}
        assert row["command"] == "python benchmarks/store.py --rounds 2"
    assert known["hardware"]["usable_cores"] == len(os.sched_getaffinity(0))
    assert known["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))

    text = page.read_text()
    assert text.startswith(f"# Own head\n{run_all.BEGIN}\nMeasured on ")
    assert text.endswith(f"{run_all.END}\nown foot\n")
    assert "old" not in text
    assert text.count("np.save a sound") == 1
    assert "- `python benchmarks/store.py --no-such-option`: failed, exit status 2" in text
    assert "unrecognized arguments" in (tmp_path / "results" / "broken.txt").read_text()


@pytest.mark.slow
def test_a_peer_without_its_file_is_listed(run_all, runs, tmp_path):
    program = shipped(run_all, "multiply_adds")
    status, told = runs(program, more=["--yamnet", str(tmp_path / "nowhere.onnx")])
    assert status == 0
    assert "multiply-adds against YAMNet: no weights here (--yamnet)" in told
    known = json.loads((tmp_path / "benchmarks.json").read_text())
    assert known["rows"] == []
    assert known["not_run"][0]["benchmark"] == "multiply_adds"
    assert "Not run:" in (tmp_path / "benchmarks.md").read_text()


def test_what_has_finished_is_kept_unless_told_so(run_all, runs, calls, monkeypatch):
    one, other = (run_all.Program(name, "store.py", "", "") for name in ("one", "other"))
    runs(one, other)
    runs(one, other)
    assert calls == ["one", "other"]
    runs(one, other, more=["--again", "other"])
    assert calls[2:] == ["other"]
    runs(one, other, more=["--again"])
    assert calls[3:] == ["one", "other"]
    runs(one, other._replace(quick="--rounds 1"))
    assert calls[5:] == ["other"]
    monkeypatch.setattr(run_all, "cpu_model", lambda: "another processor")
    runs(one)
    assert calls[6:] == ["one"]
    monkeypatch.setattr(run_all, "checksum_of_sources", lambda: "another program")
    runs(one)
    assert calls[7:] == ["one"]


def test_what_lacked_a_peer_is_tried_again(run_all, runs, calls):
    peer = run_all.Program("peer", "store.py", "", "")
    assert "peer: against a peer: no weights here" in runs(peer)[1]
    runs(peer)
    assert calls == ["peer", "peer"]


def test_an_unknown_name_and_a_page_without_marks_are_errors(run_all, runs, calls, tmp_path):
    program = run_all.Program("one", "store.py", "", "")
    with pytest.raises(SystemExit):
        runs(program, more=["--again", "two"])
    (tmp_path / "benchmarks.md").write_text("# Benchmarks\n")
    with pytest.raises(SystemExit, match=r"benchmarks\.md lacks a line"):
        runs(program)
    assert calls == []


def test_the_shipped_page_has_the_marks(run_all):
    before, after = run_all.parts_of(run_all.ROOT / "docs" / "benchmarks.md")
    assert before.startswith("# Benchmarks\n")
    assert "scale.md" in after
