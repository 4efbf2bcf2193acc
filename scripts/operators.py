#!/usr/bin/env python3
"""Counts the operators of MXNet 1.9.1 that stand in native/src/op: primitive ones, composite ones, and their lines.

Run it by python3 scripts/operators.py
A composite operator is a formula of others. The lines of an operator are those of its file, which also holds its
gradient, divided by the operators that stand there.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from workspace import ROOT

SOURCES = ROOT / "native/src/op"
CATALOGUE = ROOT / "tests/compat/catalogue.json"


@dataclass
class Definition:
    file: Path
    composite: bool
    lines: float


def definitions(sources: Path = SOURCES) -> dict[str, Definition]:
    """Every operator that is not the part of a gradient or of another, by name."""
    wanted = {entry["name"] for entry in json.loads(CATALOGUE.read_text())}
    found = {}
    for file in sorted(sources.rglob("*.cc")):
        text = file.read_text()
        _, *parts = re.split(r"^MX_OPERATOR\((\w+)\)", text, flags=re.MULTILINE)
        here = {name: ".compose(" in body for name, body in zip(parts[::2], parts[1::2], strict=True) if name in wanted}
        lines = text.count("\n") / max(len(here), 1)
        found |= {name: Definition(file, composite, lines) for name, composite in here.items()}
    return found


def main() -> None:
    found = definitions()
    families = {entry["name"]: entry["family"] for entry in json.loads(CATALOGUE.read_text())}
    primitive = Counter(families[name] for name, it in found.items() if not it.composite)
    composite = Counter(families[name] for name, it in found.items() if it.composite)
    print(f"{'family':28} {'primitive':>9} {'composite':>9} {'median lines':>12}")
    for family in dict.fromkeys(families.values()):
        its = [it.lines for name, it in found.items() if families[name] == family]
        if its:
            print(f"{family:28} {primitive[family]:9} {composite[family]:9} {median(its):12.0f}")
    every = [it.lines for it in found.values()]
    print(f"{'all':28} {primitive.total():9} {composite.total():9} {median(every):12.0f}")


if __name__ == "__main__":
    main()
