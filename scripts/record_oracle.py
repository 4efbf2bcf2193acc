#!/usr/bin/env python3
"""Record what MXNet 1.9.1 answers to the cases of tests/conformance, in tests/compat/recorded.

    .venv/bin/python scripts/record_oracle.py [FAMILY or OPERATOR or "expressions" ...]

Without arguments everything is recorded anew; with operators, the other records of their families stay. MXNet runs in
an environment of its own, which is made once (MX_BENCH_MXNET=/path/to/python names another), and in a process of its
own, because some cases kill it: that is recorded too. `--differences` writes the table of what mx does otherwise into
docs/guide/differences.md.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]
LIMIT = 60  # seconds for one case: what takes longer hangs

import numpy as np  # noqa: E402
from conformance import case, catalogue, expressions, run, store  # noqa: E402


def kept(result: dict, again: dict) -> dict:
    """What is worth keeping of the results of one case, which ran twice."""
    outputs = result["outputs"]
    if isinstance(outputs, Exception):
        return {"raised": type(outputs).__name__}
    entry: dict = {"outputs": outputs}
    if result["states"]:
        entry["states"] = result["states"]
    for part in ("outputs", "gradients"):
        if not steady(result.get(part), again.get(part)):
            return entry | {"arbitrary": part}
    gradients = result.get("gradients")
    if gradients is not None:
        entry["gradients"] = f"raised {type(gradients).__name__}" if isinstance(gradients, Exception) else gradients
    entry["symbol"] = agreement(result.get("symbol"), outputs)
    if "symbol_gradients" in result:
        entry["symbol_gradients"] = agreement(result["symbol_gradients"], gradients)
    if "added" in result:
        written = result.get("symbol_gradients")
        wanted = [g + g.dtype.type(2) for g in written] if isinstance(written, list) else written
        entry["added"] = agreement(result["added"], wanted)
    return entry


def steady(one, other) -> bool:
    """Whether two runs gave the same bits."""
    return not isinstance(one, list) or (
        isinstance(other, list) and all(a.tobytes() == b.tobytes() for a, b in zip(one, other))
    )


def agreement(found, wanted) -> str:
    if isinstance(found, Exception):
        return f"raised {type(found).__name__}"
    if found is None or not isinstance(wanted, list):
        return "alone"
    close = len(found) == len(wanted) and all(
        a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b, rtol=2e-3, atol=2e-3, equal_nan=True)
        for a, b in zip(found, wanted)
    )
    return "same" if close else "differs"


def answer() -> None:
    """The side of MXNet: cases come in by name, results go out."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what MXNet prints goes elsewhere
    import mxnet as mx

    for line in sys.stdin.buffer:
        operator, bound, name = json.loads(line)
        if bound == "expression":
            signal.alarm(LIMIT)
            pickle.dump(evaluated(mx, name), out)
            out.flush()
            continue
        one = case.cases_of(operator)[name]
        signal.alarm(LIMIT)
        with np.errstate(all="ignore"):
            entry = kept(*(run.run(mx, one, bound == "bound") for _ in range(2)))
        signal.alarm(0)
        entry["inputs"] = case.checksum(one.arrays())
        pickle.dump(entry, out)
        out.flush()


def evaluated(mx, text: str) -> dict:
    """What an expression gives."""
    try:
        with np.errstate(all="ignore"):
            found = expressions.evaluate(mx, text)
    except Exception as error:
        return {"raised": type(error).__name__}
    return {"text": found} if isinstance(found, str) else {"outputs": found}


class Oracle:
    """A process with MXNet, replaced when it dies."""

    def __init__(self) -> None:
        self.process = None

    def ask(self, one: case.Case) -> dict:
        """What it answers. If it dies, what it answers without a symbol; if it dies again, that."""
        entry = self.answer(one.operator, "bound", one.name)
        if entry is None:
            entry = self.answer(one.operator, "unbound", one.name)
            if entry is None:
                return {"raised": "killed", "inputs": case.checksum(one.arrays())}
            entry["symbol"] = "killed"
        return entry

    def answer(self, operator: str, kind: str, name: str) -> dict | None:
        """One answer; None where the process died of the question."""
        if self.process is None:
            self.process = self._start()
        try:
            self.process.stdin.write(json.dumps([operator, kind, name]).encode() + b"\n")
            self.process.stdin.flush()
            return pickle.load(self.process.stdout)
        except (EOFError, BrokenPipeError):
            died = self.process.wait()
            self.process = None
            if died == 1:  # an exception in Python
                raise SystemExit(f"MX_RECORD_VERBOSE=1 tells why {operator} {name} failed here") from None
            return None

    def _start(self) -> subprocess.Popen:
        from benchmarks import peers

        peer = peers.mxnet("mxnet")
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MX", "VIRTUAL_ENV"))}
        environment = plain | {"MXNET_USE_FUSION": "0", "MXNET_SUBGRAPH_BACKEND": "NONE", "OMP_NUM_THREADS": "1"}
        command = [str(peer.interpreter), __file__, "--answer"]
        quiet = subprocess.DEVNULL if not os.environ.get("MX_RECORD_VERBOSE") else None
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, env=environment | peer.variables
        )


def record(wanted: list) -> None:
    operators = catalogue.tensor_operators()
    unknown = set(wanted) - operators.keys() - {*catalogue.TENSOR_FAMILIES, "expressions"}
    if unknown:
        raise SystemExit(f"neither family nor operator: {', '.join(sorted(unknown))}")
    oracle = Oracle()
    (catalogue.RECORDED / "recorded").mkdir(exist_ok=True)
    for family in catalogue.TENSOR_FAMILIES:
        members = [name for name, op in operators.items() if op.family == family]
        chosen = [name for name in members if not wanted or family in wanted or name in wanted]
        if family in catalogue.RANDOM_FAMILIES or not chosen:
            continue
        writer, count = store.Writer(), 0
        for name in members:
            cases = case.cases_of(name) if name in chosen else {}
            for label, one in cases.items():
                writer.add(name, label, oracle.ask(one))
            count += len(cases)
            if name not in chosen:
                writer.keep(name)
        writer.save(family)
        print(f"{family:28} {count:5} cases of {len(chosen)} operators recorded", flush=True)
    if not wanted or "expressions" in wanted:
        writer = store.Writer()
        for group, texts in expressions.GROUPS.items():
            for text in texts:
                writer.add(group, text, oracle.answer("", "expression", text) or {"raised": "killed"})
        writer.save("expressions")


if __name__ == "__main__":
    if sys.argv[1:] == ["--answer"]:
        answer()
    elif sys.argv[1:] == ["--differences"]:
        from conformance import differences

        differences.GUIDE.write_text(differences.guide(), encoding="utf-8")
    else:
        record(sys.argv[1:])
