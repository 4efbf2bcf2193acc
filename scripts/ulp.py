#!/usr/bin/env python3
"""Measures how far float32 functions are from the truth; writes docs/internals/maths.md.

Run it by scripts/dev.py python scripts/ulp.py
The truth is float64, rounded to nothing. Each instruction set that this machine has is measured in its own process.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

PAGE = Path(__file__).resolve().parent.parent / "docs/internals/maths.md"
SAMPLES = 1_000_000
SIGMOID = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
# operator, truth, ranges of arguments; "2^" ranges are of exponents of 2
CASES = [
    ("exp", np.exp, ["-103 to 88.7", "-1 to 1"]),
    ("expm1", np.expm1, ["-20 to 88.7", "-1 to 1"]),
    ("log", np.log, ["2^-149 to 2^128", "0.1 to 3"]),
    ("log1p", np.log1p, ["-0.999 to 10", "-0.4 to 0.5"]),
    ("log2", np.log2, ["2^-149 to 2^128", "0.5 to 2"]),
    ("log10", np.log10, ["2^-149 to 2^128", "0.5 to 2"]),
    ("tanh", np.tanh, ["-10 to 10", "-1 to 1"]),
    ("sin", np.sin, ["-4 to 4", "-1e6 to 1e6", "-1e30 to 1e30"]),
    ("cos", np.cos, ["-4 to 4", "-1e6 to 1e6", "-1e30 to 1e30"]),
    ("tan", np.tan, ["-4 to 4", "-1e6 to 1e6", "-1e30 to 1e30"]),
    ("arcsin", np.arcsin, ["-1 to 1"]),
    ("arccos", np.arccos, ["-1 to 1"]),
    ("arctan", np.arctan, ["-4 to 4", "2^-20 to 2^100"]),
    ("sinh", np.sinh, ["-89 to 89", "-1 to 1"]),
    ("cosh", np.cosh, ["-89 to 89", "-1 to 1"]),
    ("arctanh", np.arctanh, ["-1 to 1"]),
    ("sigmoid", SIGMOID, ["-87 to 87", "-2 to 2"]),
    ("gammaln", np.vectorize(math.lgamma, otypes=[float]), ["0.5 to 3", "2^-126 to 2^120"]),
    ("gamma", np.vectorize(math.gamma, otypes=[float]), ["0.1 to 35", "-0.9 to -0.1"]),
    ("erf", np.vectorize(math.erf, otypes=[float]), ["-5 to 5", "-1.2 to 1.2"]),
]
POWERS = ["2^-126 to 2^127, -1 to 1", "2^-5 to 2^5, -20 to 20", "2^-0.1 to 2^0.1, -800 to 800"]


def draw(rng: np.random.Generator, text: str) -> np.ndarray:
    low, high = text.split(" to ")
    if low.startswith("2^"):
        x = np.exp2(rng.uniform(float(low[2:]), float(high[2:]), SAMPLES))
    else:
        x = rng.uniform(float(low), float(high), SAMPLES)
        x[: SAMPLES // 4] *= np.exp2(-(np.arange(SAMPLES // 4) % 30))  # small ones too
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    return x[np.isfinite(x)]


def worst(got: np.ndarray, exact: np.ndarray) -> float:
    """In units of the last place of the float32 number nearest to the exact one."""
    with np.errstate(over="ignore"):
        nearest = np.abs(exact.astype(np.float32))
    finite = np.isfinite(nearest)
    unit = np.spacing(nearest[finite]).astype(np.float64)
    return float(np.max(np.abs(got[finite].astype(np.float64) - exact[finite]) / unit))


def measure() -> list[tuple[str, str, float]]:
    import mx

    rng, found = np.random.default_rng(0), []
    for name, truth, ranges in CASES:
        for text in ranges:
            x = draw(rng, text)
            found.append((name, text, worst(getattr(mx.nd, name)(mx.nd.array(x)).asnumpy(), truth(x.astype(float)))))
    for text in POWERS:
        (x, y) = (draw(rng, part) for part in text.split(", "))
        got = mx.nd.broadcast_power(mx.nd.array(x), mx.nd.array(y)).asnumpy()
        with np.errstate(over="ignore"):
            found.append(("power", text, worst(got, x.astype(float) ** y.astype(float))))
    return found


def main() -> None:
    if "--measure" in sys.argv:
        print(json.dumps(measure()))
        return
    flags = Path("/proc/cpuinfo").read_text()
    names = ["isa_v3", "isa_v4"] if "avx512vl" in flags else ["isa_v3"]
    results = {}
    for isa in names:
        command = [sys.executable, __file__, "--measure"]
        done = subprocess.run(command, env=os.environ | {"MX_ISA": isa}, capture_output=True, text=True, check=True)
        results[isa] = json.loads(done.stdout.splitlines()[-1])
    lines = [
        "# Accuracy of float32 functions",
        "",
        "Loops over float32 run on vectors, without libm: `native/include/mx/op/math.h` holds the functions. Where a",
        "machine has AVX-512 (isa_v4), exp, expm1, log and its kin, tanh, sigmoid, arctan, erf, erfinv and rsqrt take",
        "sixteen numbers at once, in ways of their own that begin in `vectors.h` beside it; a number gives the same",
        "bits wherever it stands in an array. The errors, in units in the last place, are the largest of a million",
        "arguments of each range; the bound that tests keep is 4. In float64 the functions are libm's. Special values",
        "(zeros, infinities, NaN, negative bases) follow C.",
        "",
        "This page is written by `python3 scripts/dev.py python scripts/ulp.py`.",
        "",
        f"| function | arguments | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for i, (name, text, _) in enumerate(results[names[0]]):
        lines.append(f"| {name} | {text} | {' | '.join(f'{results[isa][i][2]:.2f}' for isa in names)} |")
    PAGE.write_text("\n".join(lines) + "\n")
    print(PAGE)


if __name__ == "__main__":
    main()
