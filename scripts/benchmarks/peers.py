"""The implementations that are measured: each an interpreter and the variables under which it is at its best."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from workspace import PYTHON, ROOT, VENV

sys.path.append(str(ROOT / "tests"))
import oracle  # the tests compare with the same MXNet

TORCH = ["torch==2.13.0", "numpy"]
WHOSE = ("OPENBLAS_", "OMP_", "MKL_", "MX_", "MXNET_", "PYTHON", "TORCH", "KMP_", "GOMP_")


@dataclass
class Peer:
    label: str
    interpreter: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self, threads: int) -> dict[str, str]:
        """The variables of this process without those that tune a library, and as many threads for everybody."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith(WHOSE)}
        return plain | {"OMP_NUM_THREADS": str(threads)} | self.variables


class PeerUnavailable(Exception):
    """The environment of a peer cannot be made here."""


def given(name: str, make) -> Path:
    """The interpreter that MX_BENCH_<NAME> names, or else the one that ``make`` makes."""
    variable = f"MX_BENCH_{name.upper()}"
    if path := os.environ.get(variable):
        return Path(path)
    try:
        return make()
    except oracle.OracleUnavailable as error:
        raise PeerUnavailable(
            f"[bench] {name} does not install here: {error}\n"
            f"Name an interpreter that has it by {variable}=/path/to/python, or leave it out: --peers numpy"
        ) from None


def mxnet(label: str) -> Peer:
    # Its OpenBLAS is from before today's processors and takes its slowest kernels on many of them.
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return Peer(label, given("mxnet", oracle.python), {"OPENBLAS_CORETYPE": "SkylakeX"} if "avx512bw" in flags else {})


def torch(label: str) -> Peer:
    # The builds with CUDA are gigabytes.
    install = (VENV / "bin/uv", "pip", "install", "-q", "--torch-backend", "cpu")
    cache = oracle.cache_folder() / "torch-compiled"
    variables = {"TORCHINDUCTOR_CACHE_DIR": str(cache), "TORCHINDUCTOR_FX_GRAPH_CACHE": "1"}
    return Peer(label, given("torch", lambda: oracle.environment_of("torch-2.13.0", TORCH, install=install)), variables)


def own(label: str) -> Peer:
    return Peer(label, PYTHON)


MAKERS = {
    "ours": own,
    "mxnet": mxnet,
    "torch": torch,
    "torch-cl": torch,  # channels last
    "torch-compile": torch,
    "torch-compile-cl": torch,
    "numpy": own,
}


def peer(label: str) -> Peer:
    """The implementation of that label.

    Raises:
        PeerUnavailable: nothing has that label, or it cannot be installed here.
    """
    if label not in MAKERS:
        raise PeerUnavailable(f"[bench] there is no peer {label!r}; there are {', '.join(MAKERS)}")
    return MAKERS[label](label)
