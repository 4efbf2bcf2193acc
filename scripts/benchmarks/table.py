"""From records to ratios: the median over rounds of ours against the better peer, and its spread."""

from dataclasses import dataclass
from statistics import median

from benchmarks.runner import Results

LESS_IS_BETTER = {"us/op", "us", "ms", "s", "MB"}
MORE_IS_BETTER = {"of triad", "GB/s", "GFLOP/s", "samples/s", "images/s", "tokens/s", "words/s"}


@dataclass
class Row:
    metric: str
    unit: str
    values: dict[str, float]  # median by label
    peer: str = ""  # the better one; empty where ours ran alone
    ratio: float = float("nan")  # above 1: ours is better
    low: float = float("nan")
    high: float = float("nan")
    rounds: int = 0  # with both


def advantage(ours: float, theirs: float, unit: str) -> float:
    """How many times better ours is."""
    if unit not in LESS_IS_BETTER | MORE_IS_BETTER:
        raise ValueError(f"[bench] say in table.py whether less or more {unit!r} is better")
    good, bad = (theirs, ours) if unit in LESS_IS_BETTER else (ours, theirs)
    return good / bad if bad else float("inf")


def rows(results: Results) -> list[Row]:
    """A row for each metric, in the order in which they were reported."""
    found: dict[str, dict[str, dict[int, float]]] = {}
    units: dict[str, str] = {}
    for r in results.records:
        found.setdefault(r.metric, {}).setdefault(r.label, {})[r.round] = r.value
        if units.setdefault(r.metric, r.unit) != r.unit:
            raise ValueError(f"[bench] {r.metric} is in {units[r.metric]} and in {r.unit}")
    return [row(metric, units[metric], by_label) for metric, by_label in found.items()]


def row(metric: str, unit: str, by_label: dict[str, dict[int, float]]) -> Row:
    values = {label: median(by_round.values()) for label, by_round in by_label.items()}
    result = Row(metric, unit, values)
    ours, others = by_label.get("ours", {}), [label for label in values if label != "ours"]
    both = {label: sorted(set(ours) & set(by_label[label])) for label in others}
    candidates = [label for label in others if both[label]]
    if not candidates:
        return result
    result.peer = max(candidates, key=lambda label: advantage(values[label], 1, unit))
    ratios = [advantage(ours[n], by_label[result.peer][n], unit) for n in both[result.peer]]
    result.ratio, result.low, result.high = median(ratios), min(ratios), max(ratios)
    result.rounds = len(ratios)
    return result


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def text(table: list[Row], results: Results) -> str:
    """For the terminal; also Markdown."""
    labels = list(dict.fromkeys(label for row in table for label in row.values))
    lines = [["metric", "unit", *labels, "ratio", "spread", "against"]]
    for row in table:
        cells = [number(row.values[label]) if label in row.values else "" for label in labels]
        ratio = [f"{row.ratio:.2f}", f"{row.low:.2f}-{row.high:.2f}", row.peer] if row.peer else ["", "", ""]
        lines.append([row.metric, row.unit, *cells, *ratio])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    table_text = "\n".join(f"| {' | '.join(c.ljust(w) for c, w in zip(line, widths))} |" for line in lines)
    probes = ", ".join(f"{p.gflops:.0f} GFLOP/s {p.triad:.0f} GB/s" for p in results.probes)
    disturbed = [str(i + 1) for i in results.disturbed()]
    note = f"\nDisturbed: round {', '.join(disturbed)}." if disturbed else ""
    return "\n".join([table_text, f"Probe of the machine, by round: {probes}.{note}", *results.failures])
