"""Writes the results page and its plots from history.csv, at every build of the documentation."""

import csv
import math
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
COLORS = ["#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0"]
WIDTH, HEIGHT, LEFT, TOP, LEGEND = 720, 300, 48, 16, 250
Rows = list[dict[str, str]]


def by(rows: Rows, key: str) -> dict[str, Rows]:
    groups: dict[str, Rows] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def runs_of(rows: Rows) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row["date"], row["commit"]) for row in rows))


def table(rows: Rows) -> str:
    """The last recorded figures of every metric of a workload."""
    lines = [
        "| metric | unit | ours | better peer | ratio | spread | when |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for metric, its in by(rows, "metric").items():
        row = its[-1]
        peer = f"{row['theirs']} ({row['peer']})" if row["peer"] else ""
        spread = f"{row['low']} to {row['high']}" if row["peer"] else ""
        disturbed = f", {row['disturbed']} of {row['rounds']} rounds disturbed" if row["disturbed"] != "0" else ""
        when = f"{row['date']}, {row['commit']}{disturbed}"
        lines.append(f"| {metric} | {row['unit']} | {row['ours']} | {peer} | {row['ratio']} | {spread} | {when} |")
    return "\n".join(lines)


def plot(rows: Rows) -> str:
    """An SVG of the ratios over the recorded runs, on a logarithmic axis; the bar is the spread."""
    runs = runs_of(rows)
    values = [float(row[key]) for row in rows for key in ("low", "high")] + [1]
    low, high = math.log2(min(values)) - 0.2, math.log2(max(values)) + 0.2
    right, bottom = WIDTH - LEGEND, HEIGHT - 24

    def x(row: dict[str, str]) -> float:
        return LEFT + (runs.index((row["date"], row["commit"])) + 0.5) * (right - LEFT) / len(runs)

    def y(ratio: str | float) -> float:
        return bottom - (math.log2(float(ratio)) - low) / (high - low) * (bottom - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in range(math.ceil(low), math.floor(high) + 1):
        at, stroke = y(2.0**power), "#333" if power == 0 else "#ddd"
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}" stroke="{stroke}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{2.0**power:g}x</text>')
    for index in {0, len(runs) - 1}:
        at = LEFT + (index + 0.5) * (right - LEFT) / len(runs)
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{runs[index][0]}</text>')
    for number, (metric, its) in enumerate(by(rows, "metric").items()):
        color = COLORS[number % len(COLORS)]
        points = " ".join(f"{x(row):.1f},{y(row['ratio']):.1f}" for row in its)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        for row in its:
            bar = f'x1="{x(row):.1f}" x2="{x(row):.1f}" y1="{y(row["low"]):.1f}" y2="{y(row["high"]):.1f}"'
            parts.append(f'<line {bar} stroke="{color}" opacity="0.4"/>')
            parts.append(f'<circle cx="{x(row):.1f}" cy="{y(row["ratio"]):.1f}" r="3" fill="{color}"/>')
        at = TOP + 12 + 14 * number
        parts.append(f'<text x="{right + 12}" y="{at}" fill="{color}">{metric} {float(its[-1]["ratio"]):.2f}</text>')
    return "\n".join([*parts, "</svg>\n"])


def write_results(write: Callable[[Path, str], None], history: Path = HERE / "history.csv") -> None:
    """``write(path, text)`` gets every file that the page is made of, in the folder _generated beside the history."""
    with open(history, newline="") as stream:
        rows = list(csv.DictReader(stream))
    folder = history.parent / "_generated"
    page = ["# Results", "Ours against the better peer; above 1, ours is better. [What a figure means](../index.md)."]
    for workload, its in by(rows, "workload").items():
        page.append(f"## {workload}\n{table(its)}")
        if beside := [row for row in its if row["peer"]]:
            write(folder / f"{workload}.svg", plot(beside))
            page.append(f"![Ratios of {workload} over time]({workload}.svg)")
    if rows:
        machines = ", ".join(sorted({f"{row['machine']} with {row['threads']} threads" for row in rows}))
        page.append(f"Measured on: {machines}.")
    else:
        page.append("Nothing has been recorded yet.")
    write(folder / "results.md", "\n\n".join(page) + "\n")
