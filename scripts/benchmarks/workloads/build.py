"""Building libmx: processor seconds of all its files, and the wait after one operator has changed.

The first is estimated: some compilations are timed, evenly chosen, without a compiler cache, and multiplied.
"""

import contextlib
import json
import os
import pathlib
import resource
import shlex
import subprocess
import sys
import time

PEERS = []
ROOT = pathlib.Path(__file__).resolve().parents[3]
OPERATOR = ROOT / "native/src/op/elementwise/softsign.cc"
SAMPLE = 18  # compilations: about 20 seconds of one core
EXTRA = """
#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(bench_build_%d) { unary(op, "softsign").describe("Made to time a build.").no_gradient(); }
}  // namespace mx
#endif
"""


def run(bench):
    commands = json.loads((ROOT / "native/build/compile_commands.json").read_text())
    chosen = sample(commands)
    seconds = compile_all(chosen)
    # The name says of how many: an estimate from others is another figure.
    bench.report(f"compile_cpu_s_from_{len(chosen)}_files", "s", [seconds * len(commands) / len(chosen)])
    bench.report("rebuild_one_operator_s", "s", [rebuild()])


def sample(commands, count=SAMPLE):
    """As many of the compilations, at equal distances in the order of their names."""
    commands = sorted(commands, key=lambda c: c["output"])
    count = min(count, len(commands))
    return [commands[i * len(commands) // count] for i in range(count)]


def compile_all(commands):
    """Processor seconds of compilations. What they make is thrown away."""
    env = os.environ | {"CCACHE_DISABLE": "1", "SCCACHE_RECACHE": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for command in commands:
        words = shlex.split(command["command"])
        compiler = next(i for i, word in enumerate(words) if word.endswith(("g++", "c++")))
        words[words.index("-o") + 1] = os.devnull
        subprocess.run(words[compiler:], cwd=command["directory"], env=env, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rebuild():
    """Seconds of `dev.py build` after one file with kernels got another operator. The file is put back."""
    command = [sys.executable, ROOT / "scripts/dev.py", "build"]
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(command, **quiet)  # so that nothing else is left to do
    with restored(OPERATOR):
        OPERATOR.write_text(OPERATOR.read_text() + EXTRA % time.time_ns())
        start = time.perf_counter()
        subprocess.run(command, **quiet)
        spent = time.perf_counter() - start
    subprocess.run(command, **quiet)
    return spent


@contextlib.contextmanager
def restored(path):
    text = path.read_bytes()
    try:
        yield
    finally:
        path.write_bytes(text)
