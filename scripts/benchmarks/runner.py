"""Rounds of runs, implementations in turn (A B C, A B C, ...), with a probe of the machine around each."""

import functools
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workspace import CACHE

from benchmarks.peers import Peer

HERE = Path(__file__).parent
DISTURBED = 0.85  # of the best probe
PAUSE = 1.0  # seconds between two looks at a disturbed machine


@dataclass(frozen=True)
class Probe:
    gflops: float
    triad: float  # GB/s

    def worse(self, other: "Probe") -> "Probe":
        return Probe(min(self.gflops, other.gflops), min(self.triad, other.triad))

    def better(self, other: "Probe") -> "Probe":
        return Probe(max(self.gflops, other.gflops), max(self.triad, other.triad))

    def disturbed(self, best: "Probe") -> bool:
        return self.gflops < DISTURBED * best.gflops or self.triad < DISTURBED * best.triad


NO_SPEED = Probe(0, 0)


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
        best = functools.reduce(Probe.better, self.probes)
        return [i for i, it in enumerate(self.probes) if it.disturbed(best)]


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


def settle(measure: Callable[[int], Probe], threads: int, best: Probe, seconds: float) -> Probe:
    """What the machine does once it is about as fast as ``best``, or after so many seconds."""
    end = time.monotonic() + seconds
    while (now := measure(threads)).disturbed(best) and time.monotonic() < end:
        time.sleep(PAUSE)
    return now


def run(
    workload: str,
    peers: list[Peer],
    rounds: int,
    threads: int,
    options: list[str],
    measure: Callable[[int], Probe] = probe,
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True),
    calm: float = 0,
    best: Probe = NO_SPEED,
) -> Results:
    """Run one workload in every peer, ``rounds`` times in turn. A peer that fails once is left out from then on.

    Before each run the machine has ``calm`` seconds to become as fast as it has been, now or in ``best``.
    """
    results, left = Results([], [], []), list(peers)
    now = measure(threads)
    for number in range(rounds):
        seen = [] if calm else [now]
        for peer in list(left):
            if calm:
                best = best.better(now)
                now = settle(measure, threads, best, calm)
                seen.append(now)
            say(f"-- {workload}: round {number + 1} of {rounds}, {peer.label}")
            variables = {"MX_BENCH_TRIAD": str(now.triad)}
            try:
                for line in lines_of(peer, workload, threads, options, variables):
                    known = {k: line[k] for k in ("metric", "unit", "value")}
                    results.records.append(Record(round=number, label=peer.label, **known))
            except RuntimeError as error:
                results.failures.append(str(error))
                left.remove(peer)
        now = measure(threads)
        results.probes.append(functools.reduce(Probe.worse, seen, now))
    return results
