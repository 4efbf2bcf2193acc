"""docs/performance/history.csv: a row for each metric of each recorded run."""

import csv
import datetime
import functools
import subprocess
from pathlib import Path
from statistics import median

from workspace import ROOT

from benchmarks.runner import NO_SPEED, Probe, Results, describe_machine
from benchmarks.table import Row

FILE = ROOT / "docs/performance/history.csv"
COLUMNS = [
    "date", "commit", "workload", "metric", "unit", "ours", "peer", "theirs", "ratio", "low", "high", "rounds",
    "disturbed", "gflops", "triad", "threads", "machine",
]  # fmt: skip


def commit() -> str:
    """The commit that was measured; with a + when files had been changed."""
    words = ["git", "describe", "--always", "--abbrev=9", "--exclude=*", "--dirty=+"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def record(workload: str, table: list[Row], results: Results, threads: int, file: Path = FILE) -> None:
    """Append the metrics that ours reported."""
    fresh = not file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    shared = {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "workload": workload,
        "disturbed": len(results.disturbed()),
        "gflops": f"{median(p.gflops for p in results.probes):.0f}",
        "triad": f"{median(p.triad for p in results.probes):.1f}",
        "threads": threads,
        "machine": describe_machine(),
    }
    with open(file, "a", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        for row in table:
            if "ours" not in row.values:
                continue
            against = {
                "peer": row.peer,
                "theirs": f"{row.values[row.peer]:.5g}",
                "ratio": f"{row.ratio:.3f}",
                "low": f"{row.low:.3f}",
                "high": f"{row.high:.3f}",
            } if row.peer else {}  # fmt: skip
            mine = {"metric": row.metric, "unit": row.unit, "ours": f"{row.values['ours']:.5g}"}
            writer.writerow(shared | mine | against | {"rounds": row.rounds or len(results.probes)})


def read(file: Path = FILE) -> list[dict[str, str]]:
    with open(file, newline="") as stream:
        return list(csv.DictReader(stream))


def best(machine: str, file: Path = FILE) -> Probe:
    """The best that this machine has been recorded to reach."""
    rows = [row for row in read(file) if row["machine"] == machine] if file.exists() else []
    return functools.reduce(Probe.better, (Probe(float(r["gflops"]), float(r["triad"])) for r in rows), NO_SPEED)
