"""What a workload of many parts comes to: a row for each part, and the metrics in which ours is far behind."""

from dataclasses import replace
from statistics import geometric_mean, median

from benchmarks.runner import Results
from benchmarks.table import Row, advantage, number

FAR_BEHIND = 1 / 1.5


def summary(part: str, rows: list[Row], results: Results) -> Row:
    """The part as one metric: the median of the ratios of its metrics, round by round; values are geometric means."""
    compared = {row.metric: row for row in rows if row.peer}
    if not compared:
        return Row(part, rows[0].unit if rows else "us", {})
    found: dict[tuple[int, str], dict[str, float]] = {}
    for r in results.records:
        found.setdefault((r.round, r.metric), {})[r.label] = r.value
    ratios: dict[int, list[float]] = {}
    for (at, metric), values in found.items():
        row = compared.get(metric)
        if row and {"ours", row.peer} <= values.keys():
            ratios.setdefault(at, []).append(advantage(values["ours"], values[row.peer], row.unit))
    medians = [median(its) for its in ratios.values()]
    means = {
        "ours": geometric_mean(row.values["ours"] for row in compared.values()),
        "better peer": geometric_mean(row.values[row.peer] for row in compared.values()),
    }
    spread = median(medians), min(medians), max(medians)
    return Row(part, rows[0].unit, means, "better peer", *spread, rounds=len(medians))


def slow(part: str, rows: list[Row]) -> list[Row]:
    """Metrics in which the better peer is more than 1.5 times as fast, under names that say the part."""
    return [replace(row, metric=f"{part}: {row.metric}") for row in rows if row.ratio < FAR_BEHIND]


def text(rows: list[Row]) -> str:
    """For the terminal; also Markdown."""
    lines = ["| part | ours | better peer | ratio | spread |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        if row.peer:
            spread = f"{row.low:.2f}-{row.high:.2f}"
            ours, theirs = number(row.values["ours"]), f"{number(row.values[row.peer])} ({row.peer})"
            lines.append(f"| {row.metric} | {ours} {row.unit} | {theirs} | {row.ratio:.2f} | {spread} |")
    return "\n".join(lines)
