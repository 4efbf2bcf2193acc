"""The benchmark runner, with implementations that only pretend to measure."""

import itertools
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import bench
import pytest
from benchmarks import history, parts, runner, table
from benchmarks.measure import Bench
from benchmarks.peers import Peer, PeerUnavailable, peer
from benchmarks.runner import Probe, Record, Results, lines_of, probe, run
from benchmarks.worker import load
from conformance import catalogue
from performance.plots import write_results

# A pretended interpreter: counts its runs, and reports the figures of the run from a file beside it.
INTERPRETER = """#!/usr/bin/env python3
import json, os, pathlib, sys
worker, workload, label, *options = sys.argv[1:]
folder = pathlib.Path(__file__).parent
with open(folder / "order", "a") as order:
    print(label, os.environ["OMP_NUM_THREADS"], os.environ["MX_BENCH_TRIAD"], *options, file=order)
figures = folder / f"{label}.json"
rounds = json.loads(figures.read_text())
print("what a library says by the way")
for metric, unit, value in rounds[0]:
    print(json.dumps({"metric": metric, "unit": unit, "value": value, "samples": 3}))
figures.write_text(json.dumps(rounds[1:]))
if not rounds[0]:
    sys.exit("no figures")
"""


@pytest.fixture
def pretend(tmp_path):
    """Peers that report what is said here, round by round: {label: [[(metric, unit, value), ...], ...]}."""
    program = tmp_path / "interpreter"
    program.write_text(INTERPRETER)
    program.chmod(0o755)

    def peers(**figures):
        for label, rounds in figures.items():
            (tmp_path / f"{label}.json").write_text(json.dumps(rounds))
        return [Peer(label, program) for label in figures]

    return peers


def run_pretended(peers, rounds, probes=(), **options):
    source = itertools.chain(probes, itertools.repeat(Probe(400, 40)))
    options |= {"measure": lambda threads: next(source), "say": lambda text: None}
    return run("anything", peers, rounds, 2, ["--samples", "3"], **options)


def test_rounds_are_interleaved_and_ratios_are_of_the_same_round(pretend, tmp_path):
    peers = pretend(
        ours=[[("speed", "GB/s", v), ("wait", "s", 1)] for v in (30, 20, 40)],
        mxnet=[[("speed", "GB/s", v), ("wait", "s", 3)] for v in (5, 5, 5)],
        torch=[[("speed", "GB/s", v)] for v in (10, 20, 10)],
    )
    results = run_pretended(peers, 3)
    order = (tmp_path / "order").read_text().splitlines()
    assert order == [f"{label} 2 40 --samples 3" for _ in range(3) for label in ("ours", "mxnet", "torch")]
    speed, wait = table.rows(results)
    assert speed.values == {"ours": 30, "mxnet": 5, "torch": 10}
    assert (speed.peer, speed.ratio, speed.low, speed.high, speed.rounds) == ("torch", 3, 1, 4, 3)
    assert (wait.peer, wait.ratio, wait.low, wait.high) == ("mxnet", 3, 3, 3)  # less is better
    text = table.text([speed, wait], results)
    assert "3.00" in text and "1.00-4.00" in text and "Disturbed" not in text
    assert len({len(line) for line in text.splitlines() if line.startswith("|")}) == 1


def test_a_peer_that_fails_is_left_out_and_said(pretend, tmp_path):
    peers = pretend(ours=[[("speed", "GB/s", 1)]] * 2, torch=[[], [("speed", "GB/s", 9)]])
    results = run_pretended(peers, 2)
    (row,) = table.rows(results)
    assert row.values == {"ours": 1} and row.peer == "" and math.isnan(row.ratio)
    assert len(results.failures) == 1 and "torch" in results.failures[0] and "no figures" in results.failures[0]
    assert (tmp_path / "order").read_text().count("torch") == 1
    assert "no figures" in table.text([row], results)


def test_slow_rounds_are_marked(pretend):
    slow = [Probe(400, 40), Probe(400, 40), Probe(400, 20), Probe(400, 40), Probe(400, 40)]
    results = run_pretended(pretend(ours=[[("speed", "GB/s", 1)]] * 4), 4, slow)
    assert results.disturbed() == [1, 2]  # the probe between them
    assert "Disturbed: round 2, 3." in table.text(table.rows(results), results)


def test_runs_wait_for_a_calm_machine_but_not_for_ever(pretend, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "PAUSE", 0)
    fast, slow = Probe(400, 40), Probe(400, 20)
    peers = pretend(ours=[[("speed", "GB/s", 1)]] * 2)
    probes = iter([fast, slow, slow, fast, slow, *[slow] * 3, fast, fast])
    results = run_pretended(peers, 2, probes, calm=60)
    assert next(probes, None) is None  # what disturbed before a run was waited out
    assert results.disturbed() == [0]  # what disturbed during it was not
    assert (tmp_path / "order").read_text().count(" 40 ") == 2
    results = run_pretended(pretend(ours=[[("speed", "GB/s", 1)]]), 1, itertools.repeat(slow), calm=1e-9, best=fast)
    assert len(results.records) == 1


def test_units_must_be_known_and_agree():
    with pytest.raises(ValueError, match="whether less or more 'parsec'"):
        table.advantage(1, 2, "parsec")
    two = [Record(0, "ours", "speed", "GB/s", 1), Record(0, "torch", "speed", "s", 1)]
    with pytest.raises(ValueError, match="speed is in GB/s and in s"):
        table.rows(Results(two, [], []))


def test_the_history_keeps_a_row_for_each_metric(pretend, tmp_path):
    peers = pretend(
        ours=[[("speed", "GB/s", 3), ("alone", "s", 0.25)]], torch=[[("speed", "GB/s", 2), ("theirs", "s", 1)]]
    )
    results = run_pretended(peers, 1)
    file = tmp_path / "performance/history.csv"
    for _ in range(2):
        history.record("anything", table.rows(results), results, 2, file)
    assert file.read_text().count("date,") == 1
    rows = history.read(file)
    assert [(r["metric"], r["peer"], r["ratio"]) for r in rows] == [("speed", "torch", "1.500"), ("alone", "", "")] * 2
    assert rows[0]["workload"] == "anything" and rows[0]["triad"] == "40.0" and rows[0]["ours"] == "3"
    assert history.best(rows[0]["machine"], file) == Probe(400, 40)
    assert history.best("another", file) == history.best("any", tmp_path / "none") == runner.NO_SPEED


def test_bad_names_give_clear_errors(capsys):
    with pytest.raises(SystemExit):
        bench.parse(["nothing"])
    assert "there is no workload nothing; there are " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        bench.parse(["mlp", "--rounds", "0"])
    assert "at least 1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        bench.parse(["ops", "--only", "reduce,nothing"])
    assert "there is no part nothing; there are binary_broadcast, " in capsys.readouterr().err
    with pytest.raises(PeerUnavailable, match="there is no peer 'bogus'; there are ours, mxnet"):
        peer("bogus")


def test_without_a_workload_all_are_listed(capsys):
    with pytest.raises(SystemExit) as stop:
        bench.parse([])
    assert stop.value.code is None
    listed = capsys.readouterr().out
    assert all(f"{name} " in listed and title in listed for name, title in bench.names().items())


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["bench"], "workloads:"),
        (["bench", "mlp", "--help"], "workloads:"),
        (["lint", "--fix", "-h"], "The one entry"),
        (["test", "--help"], "The one entry"),
    ],
)
def test_help_is_given_before_anything_is_built(arguments, expected, tmp_path):
    scripts = Path(bench.__file__).parent
    shutil.copytree(scripts, tmp_path / "scripts")
    shutil.copytree(scripts.parent / "tests", tmp_path / "tests", ignore=lambda *_: {"compat"})
    command = [sys.executable, tmp_path / "scripts/dev.py", *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert expected in printed and not (tmp_path / ".venv").exists()


def test_a_build_is_estimated_from_files_at_equal_distances():
    build = load("build")
    commands = [{"output": f"{i:03}.o"} for i in range(100)]
    assert [c["output"] for c in build.sample(commands[::-1], 4)] == ["000.o", "025.o", "050.o", "075.o"]
    assert build.sample(commands[:2], 4) == commands[:2]
    assert len(build.sample(commands)) == build.SAMPLE


def test_an_interpreter_can_be_named(monkeypatch):
    monkeypatch.setenv("MX_BENCH_TORCH", "/some/python")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    torch = peer("torch-compile")
    assert str(torch.interpreter) == "/some/python"
    environment = torch.environment(3)
    assert environment["OMP_NUM_THREADS"] == "3" and "OPENBLAS_CORETYPE" not in environment


@pytest.mark.parametrize("name", bench.names())
def test_every_workload_names_peers_that_exist(name):
    assert set(load(name).PEERS) <= {"mxnet", "torch", "torch-cl", "torch-compile", "torch-compile-cl", "numpy"}


def test_times_are_of_one_run(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    clock = [0.0]
    monkeypatch.setattr("benchmarks.measure.time.perf_counter", lambda: clock[0])
    said = []
    timer = Bench("ours", samples=4, seconds=1, emit=said.append)

    def work():
        clock[0] += 0.125

    timer.time("step", "ms", work)
    timer.time("rate", "samples/s", work, rate=lambda seconds: 4 / seconds)
    before = clock[0]
    timer.time("long", "ms", work, patience=0.1)
    assert clock[0] - before == 2 * 0.125
    assert [(r["metric"], r["unit"], r["value"], r["samples"]) for r in said] == [
        ("step", "ms", 125, 4),
        ("rate", "samples/s", 32, 4),
        ("long", "ms", 125, 1),
    ]


def test_a_part_of_a_workload_runs_in_an_interpreter_of_its_own():
    options = ["--samples", "1", "--seconds", "0.001", "--part", "sequence"]
    lines = list(lines_of(peer("ours"), "ops", 1, options, {}))
    assert {"SequenceMask, small", "SequenceLast, large"} <= {line["metric"] for line in lines}
    assert all(line["value"] > 0 and line["unit"] == "us" for line in lines)


def test_the_operators_of_each_family_have_cases():
    ops = load("ops")
    assert set(ops.PARTS) == set(catalogue.TENSOR_FAMILIES)
    for family in ops.PARTS:
        measured = {case.operator for case in ops.cases(family)}
        its = {name for name, op in catalogue.tensor_operators().items() if op.family == family}
        assert measured <= its, f"{measured - its} are not of {family}"
        assert its - measured <= catalogue.UNCOMPUTED.keys(), f"{family} has no case of {its - measured}"


@pytest.mark.parametrize("family", load("ops").PARTS)
def test_cases_have_names_of_their_own_and_inputs_that_can_be_made(family):
    cases = load("ops").cases(family)
    names = [case.name for case in cases]
    assert len(set(names)) == len(names), sorted(names)
    for case in cases:
        arrays = list(case.arrays("small"))
        assert all(array.size for array, _ in arrays) and max(case.out, default=-1) < len(arrays)
        assert isinstance(case.keywords("large"), dict)


def test_a_part_is_the_median_of_its_metrics(pretend):
    peers = pretend(
        ours=[[("a", "us", 1), ("b", "us", 2), ("c", "us", 4), ("alone", "us", 1)]] * 2,
        mxnet=[[("a", "us", 3), ("b", "us", 1), ("c", "us", 4)]] * 2,
        torch=[[("a", "us", 2), ("b", "us", 9)]] * 2,
    )
    results = run_pretended(peers, 2)
    rows = table.rows(results)
    row = parts.summary("letters", rows, results)
    assert (row.metric, row.unit, row.peer, row.rounds) == ("letters", "us", "better peer", 2)
    assert row.ratio == row.low == row.high == 1  # of 2, 0.5 and 1
    assert row.values == pytest.approx({"ours": 2, "better peer": 2})
    assert [r.metric for r in parts.slow("letters", rows)] == ["letters: b"]
    assert "| letters: b | 2 us | 1 (mxnet) | 0.50 | 0.50-0.50 |" in parts.text(parts.slow("letters", rows))


def test_a_part_without_a_peer_has_no_ratio(pretend):
    results = run_pretended(pretend(ours=[[("a", "us", 1)]]), 1)
    row = parts.summary("letters", table.rows(results), results)
    assert row.peer == "" and math.isnan(row.ratio)


def test_the_probe_measures_this_machine():
    found = probe(1)
    assert found.gflops > 0 and found.triad > 0


def test_the_results_page_shows_the_last_figures_and_draws_all(pretend, tmp_path):
    file, written = tmp_path / "history.csv", {}
    for ours in (3, 4):
        peers = pretend(
            ours=[[("speed", "GB/s", ours), ("alone", "s", 1)]],
            torch=[[("speed", "GB/s", 2)]],
        )
        results = run_pretended(peers, 1)
        history.record("anything", table.rows(results), results, 2, file)
    write_results(lambda path, text: written.update({path.name: text}), file)
    assert written.keys() == {"results.md", "anything.svg"}
    assert "| speed | GB/s | 4 | 2 (torch) | 2.000 |" in written["results.md"]
    assert "| alone | s | 1 |" in written["results.md"] and "anything.svg" in written["results.md"]
    drawing = ElementTree.fromstring(written["anything.svg"])
    assert len(drawing.findall("{*}circle")) == 2


def test_the_results_page_of_an_empty_history(tmp_path):
    file, written = tmp_path / "history.csv", {}
    file.write_text(",".join(history.COLUMNS) + "\n")
    write_results(lambda path, text: written.update({path.name: text}), file)
    assert written.keys() == {"results.md"} and "Nothing has been recorded" in written["results.md"]
