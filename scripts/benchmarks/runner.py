"""Rounds of runs, implementations in turn (A B C, A B C, ...), with a probe of the machine around each."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workspace import CACHE

from benchmarks.peers import Peer

HERE = Path(__file__).parent
DISTURBED = 0.85  # of the best probe of all rounds


@dataclass
class Probe:
    gflops: float
    triad: float  # GB/s

    def worse(self, other: "Probe") -> "Probe":
        return Probe(min(self.gflops, other.gflops), min(self.triad, other.triad))


@dataclass
class Record:
    """One metric of one implementation in one round."""

    round: int
    label: str
    metric: str
    unit: str
    value: float


@dataclass
class Results:
    records: list[Record]
    probes: list[Probe]  # the worse one around each round
    failures: list[str]

    def disturbed(self) -> list[int]:
        """Rounds in which the machine was slower than in the best one."""
        best = Probe(max(p.gflops for p in self.probes), max(p.triad for p in self.probes))
        slow = [p.gflops < DISTURBED * best.gflops or p.triad < DISTURBED * best.triad for p in self.probes]
        return [i for i, it in enumerate(slow) if it]


def probe_program() -> Path:
    """The compiled probe.cc, made once for each machine."""
    source = HERE / "probe.cc"
    options = ["-O3", "-march=native", "-fopenmp"]
    key = hashlib.sha256(source.read_bytes() + describe_machine().encode()).hexdigest()[:16]
    program = CACHE / f"probe-{key}"
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = program.with_suffix(f".{os.getpid()}")
        subprocess.run(["g++", *options, source, "-o", fresh], check=True)
        fresh.replace(program)
    return program


def probe(threads: int) -> Probe:
    env = os.environ | {"OMP_NUM_THREADS": str(threads)}
    words = subprocess.run([probe_program()], env=env, capture_output=True, text=True, check=True).stdout.split()
    return Probe(*map(float, words))


def describe_machine() -> str:
    """Such as: Intel(R) Xeon(R) Processor, 2 CPUs, Linux x86_64."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    model = names[0] if names else "unknown processor"
    return f"{model}, {len(os.sched_getaffinity(0))} CPUs, {platform.system()} {platform.machine()}"


def lines_of(peer: Peer, workload: str, threads: int, options: list[str], variables: dict[str, str]) -> Iterator[dict]:
    """What one run reports. Raises RuntimeError with its last words when it fails."""
    command = [peer.interpreter, HERE / "worker.py", workload, peer.label, *options]
    done = subprocess.run(command, env=peer.environment(threads) | variables, capture_output=True, text=True)
    yield from (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-3:])
        raise RuntimeError(f"{workload} failed in {peer.label} with status {done.returncode}: {last}")


def run(
    workload: str,
    peers: list[Peer],
    rounds: int,
    threads: int,
    options: list[str],
    measure: Callable[[int], Probe] = probe,
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True),
) -> Results:
    """Run one workload in every peer, ``rounds`` times in turn. A peer that fails once is left out from then on."""
    results, left = Results([], [], []), list(peers)
    before = measure(threads)
    for number in range(rounds):
        for peer in list(left):
            say(f"-- {workload}: round {number + 1} of {rounds}, {peer.label}")
            variables = {"MX_BENCH_TRIAD": str(before.triad)}
            try:
                for line in lines_of(peer, workload, threads, options, variables):
                    known = {k: line[k] for k in ("metric", "unit", "value")}
                    results.records.append(Record(round=number, label=peer.label, **known))
            except RuntimeError as error:
                results.failures.append(str(error))
                left.remove(peer)
        after = measure(threads)
        results.probes.append(before.worse(after))
        before = after
    return results
