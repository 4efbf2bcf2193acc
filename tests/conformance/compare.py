"""What mx gives for a case against what MXNet 1.9.1 gave."""

import numpy as np

from conformance.store import Recorded, digest, sums
from conformance.tolerance import Tolerance


def judge(result: dict, record: dict, tolerance: Tolerance) -> dict:
    """The parts that disagree, each with a sentence.

    Parts: "raised" (one of the two refuses), "outputs", "states", "gradients", and what mx must keep among its own
    ways of computing: "symbol", "symbol_gradients", "added".
    """
    outputs, found = result["outputs"], {}
    if "raised" in record:
        return {} if isinstance(outputs, Exception) else {"raised": f"1.9.1 raised ({record['raised']}), mx does not"}
    if isinstance(outputs, Exception):
        return {"raised": f"mx raises {type(outputs).__name__}: {str(outputs)[:200]}"}
    arbitrary = record.get("arbitrary")
    if arbitrary != "outputs":
        found |= _named("outputs", arrays(outputs, record["outputs"], tolerance.forward))
        found |= _named("states", _states(result["states"], record.get("states", {}), tolerance.forward))
    if "gradients" in result and not arbitrary:
        found |= _named("gradients", _gradients(result["gradients"], record["gradients"], tolerance.backward))
    return found | own_ways(result, record)


def _named(part: str, problem: str) -> dict:
    return {part: problem} if problem else {}


def _states(ours: dict, theirs: dict, tolerance) -> str:
    if ours.keys() != theirs.keys():
        return f"mx changes the inputs {sorted(ours)}, 1.9.1 {sorted(theirs)}"
    keys = sorted(ours)
    return arrays([ours[key] for key in keys], [theirs[key] for key in keys], tolerance)


def _gradients(ours, theirs, tolerance) -> str:
    if isinstance(theirs, str):
        return "" if isinstance(ours, Exception) else f"1.9.1 {theirs}, mx does not"
    if isinstance(ours, Exception):
        return f"mx raises {type(ours).__name__}: {str(ours)[:200]}"
    return arrays(ours, theirs, tolerance)


def own_ways(result: dict, record: dict) -> dict:
    """Functions, symbols and added gradients of mx agree with each other, if they do in 1.9.1 or could not there."""
    found: dict = {}
    symbol = result.get("symbol")
    if symbol is None:
        return found
    if isinstance(symbol, Exception):
        if record.get("symbol", "same") in ("same", "differs"):
            found["symbol"] = f"as a symbol mx raises {type(symbol).__name__}: {str(symbol)[:200]}"
        return found
    found |= _named("symbol", same(symbol, result["outputs"]))
    gradients, bound, added = (result.get(name) for name in ("gradients", "symbol_gradients", "added"))
    if isinstance(gradients, list):
        found |= _named("symbol_gradients", same(bound, gradients))
        found |= _named("added", same(added, [g + g.dtype.type(2) for g in gradients]))
    return found


def same(ours, wanted) -> str:
    """The two ways may round differently, by a few last places."""
    if isinstance(ours, Exception) or ours is None:
        return f"raises {type(ours).__name__}: {str(ours)[:200]}"
    if len(ours) != len(wanted):
        return f"{len(ours)} results instead of {len(wanted)}"
    for a, b in zip(ours, wanted):
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"{a.dtype}{a.shape} instead of {b.dtype}{b.shape}"
        step = 4 * np.finfo(a.dtype).eps if a.dtype.kind == "f" else 0
        with np.errstate(all="ignore"):
            if not np.allclose(a, b, rtol=step, atol=step, equal_nan=a.dtype.kind == "f"):
                return f"the function gives {b.ravel()[:6]}, and this way {a.ravel()[:6]}"
    return ""


def arrays(ours: list, theirs: list, tolerance) -> str:
    """The first difference of several arrays; nothing where there is none."""
    if len(ours) != len(theirs):
        return f"{len(ours)} arrays instead of {len(theirs)}"
    for number, (a, b) in enumerate(zip(ours, theirs)):
        if problem := array(a, b, tolerance):
            return f"array {number}: {problem}"
    return ""


def array(ours: np.ndarray, theirs: Recorded, tolerance) -> str:
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return f"{ours.dtype}{ours.shape} instead of {theirs.dtype}{theirs.shape}"
    a, b = digest(ours), theirs.values
    if a.dtype.kind in "iub":
        wrong = a.astype(np.int64) - b.astype(np.int64)
        bad = np.abs(wrong) > tolerance.integers
    else:
        a, b = a.astype(np.float64), b.astype(np.float64)
        rtol, atol = tolerance.of(ours.dtype.name)
        finite = np.abs(b[np.isfinite(b)])
        # Sums lose digits of their largest terms: the scale of an array is its typical element.
        atol *= max(1.0, float(np.median(finite))) if finite.size else 1.0
        with np.errstate(all="ignore"):
            close = (np.abs(a - b) <= atol + rtol * np.abs(b)) | (a == b) | (np.isnan(a) & np.isnan(b))
        bad = ~close
    if bad.any():
        at = int(np.argmax(bad))
        return f"{int(bad.sum())} of {bad.size} elements differ, first {a[at]!r} instead of {b[at]!r} (number {at})"
    if theirs.sums and ours.dtype.kind == "f":
        rtol, _ = tolerance.of(ours.dtype.name)
        plain, waved, size = theirs.sums
        if np.isfinite(size):
            mine = sums(ours)
            if max(abs(mine[0] - plain), abs(mine[1] - waved)) > rtol * size:
                return f"the sums are {mine} instead of {theirs.sums}"
    return ""
