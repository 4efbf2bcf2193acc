#!/usr/bin/env python3
"""Times a workload beside MXNet 1.9.1 and PyTorch:  scripts/dev.py bench WORKLOAD ... [OPTIONS]

The implementations run in turn, round after round, each in an environment of its own that is made once in the user's
cache. A ratio is the median over the rounds of ours against the better peer: above 1, ours is better.
"""

import argparse
import ast
import os
import sys
from pathlib import Path

from benchmarks import history, parts, table
from benchmarks.peers import Peer, PeerUnavailable, peer
from benchmarks.runner import Probe, Results, describe_machine, run
from benchmarks.table import Row
from benchmarks.worker import load

WORKLOADS = Path(__file__).parent / "benchmarks/workloads"


def names() -> dict[str, str]:
    """Every workload with its title, the first line of its file."""
    return {p.stem: ast.get_docstring(ast.parse(p.read_text())).split("\n")[0] for p in sorted(WORKLOADS.glob("*.py"))}


def parts_of(name: str) -> list[str]:
    """The parts of a workload that is measured part by part; of others there are none."""
    return getattr(load(name), "PARTS", [])


def parse(arguments: list[str]) -> argparse.Namespace:
    known = names()
    listing = "\n".join(f"  {name:10} {title}" for name, title in known.items())
    parser = argparse.ArgumentParser(
        "dev.py bench", description=__doc__.split("\n\n")[1], epilog=f"workloads:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="see below")
    parser.add_argument("--rounds", type=int, default=5, help="how often everybody runs (%(default)s)")
    parser.add_argument("--peers", help="labels with commas between them, or 'none'; by default all of the workload")
    parser.add_argument("--only", help="parts of a workload that has several, with commas between them")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="for everybody (%(default)s)")
    parser.add_argument("--samples", type=int, default=3, help="per metric and run (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.4, help="of a sample, about (%(default)s)")
    parser.add_argument(
        "--calm", type=float, default=0, metavar="SECONDS",
        help="wait up to so long before each run for the machine to be as fast as it was recorded to be (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--record", action="store_true", help="add the figures to docs/performance/history.csv")
    given = parser.parse_args(arguments)
    if not given.workloads:
        parser.print_help()
        sys.exit()
    if wrong := [name for name in given.workloads if name not in known]:
        parser.error(f"there is no workload {', '.join(wrong)}; there are {', '.join(known)}")
    if given.only is not None:
        has = {part for name in given.workloads for part in parts_of(name)}
        if wrong := [part for part in given.only.split(",") if part not in has]:
            parser.error(f"there is no part {', '.join(wrong)}; there are {', '.join(sorted(has)) or 'none'}")
    if given.rounds < 1 or given.threads < 1 or given.samples < 1:
        parser.error("--rounds, --threads and --samples are at least 1")
    return given


def main() -> None:
    given = parse(sys.argv[1:])
    best = history.best(describe_machine())
    for name in given.workloads:
        labels = load(name).PEERS if given.peers is None else given.peers.split(",")
        try:
            peers = [peer(label) for label in ("ours", *labels) if label != "none"]
        except PeerUnavailable as error:
            sys.exit(str(error))
        rows, results = (measure_parts if parts_of(name) else measure)(name, peers, given, best)
        if given.record:
            history.record(name, rows, results, given.threads)
            print(f"Recorded in {history.FILE}")
        if results.failures:
            sys.exit(1)


Measured = tuple[list[Row], Results]


def measure(name: str, peers: list[Peer], given: argparse.Namespace, best: Probe, part: str = "") -> Measured:
    """One workload, or one part of it; prints the table."""
    options = ["--samples", str(given.samples), "--seconds", str(given.seconds), *(["--part", part] if part else [])]
    results = run(name, peers, given.rounds, given.threads, options, calm=given.calm, best=best)
    rows = table.rows(results)
    title = f"{name}, {part}" if part else f"{name}: {names()[name]}"
    print(f"\n{title}\n\n{table.text(rows, results)}", flush=True)
    return rows, results


def measure_parts(name: str, peers: list[Peer], given: argparse.Namespace, best: Probe) -> Measured:
    """Part after part. What is recorded is a row for each, and the metrics in which ours is far behind."""
    summaries, slow, all_results = [], [], Results([], [], [])
    for part in given.only.split(",") if given.only else parts_of(name):
        rows, results = measure(name, peers, given, best, part)
        summaries.append(parts.summary(part, rows, results))
        slow += parts.slow(part, rows)
        all_results.probes = [
            a.worse(b) for a, b in zip(all_results.probes or results.probes, results.probes, strict=True)
        ]
        all_results.failures += results.failures
    print(f"\n{name}: {names()[name]}\n\n{parts.text(summaries)}")
    print(f"\nSlower than the better peer by more than half: {len(slow)}\n\n{parts.text(slow)}", flush=True)
    return summaries + slow, all_results


if __name__ == "__main__":
    main()
