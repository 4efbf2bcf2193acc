"""MXNet 1.9.1 itself, in an environment of its own that is made once and shared by all clones of this repository.

A test asks for the fixture ``oracle`` (``tests/conftest.py``) and gives it a snippet and arrays:

    def test_relu(oracle):
        theirs = oracle("outputs['y'] = mx.nd.relu(mx.nd.array(inputs['x'])).asnumpy()", x=x)
        np.testing.assert_array_equal(mx.nd.relu(mx.nd.array(x)).asnumpy(), theirs["y"])
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

REQUIREMENTS = ["mxnet==1.9.1", "numpy==1.23.5"]  # the last numpy that it runs on; has wheels up to Python 3.11
PYTHONS = ["python3.11", "python3.10", "python3.9"]
PROGRAM = """
import sys, numpy as np, mxnet as mx
inputs, outputs = dict(np.load("inputs.npz")), {}
exec(compile(open("snippet.py").read(), "snippet.py", "exec"))
np.savez("outputs.npz", **outputs)
"""


class OracleUnavailable(Exception):
    """The environment cannot be made on this machine."""


@cache
def python() -> Path:
    """The interpreter that can ``import mxnet``, after making its environment if there is none."""
    base = sys.executable if sys.version_info < (3, 12) else next(filter(None, map(shutil.which, PYTHONS)), None)
    if base is None:
        raise OracleUnavailable(f"MXNet 1.9.1 runs on Python 3.11 or older, and none of {PYTHONS} is installed")
    return environment_of("oracle-1.9.1", REQUIREMENTS, base)


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mx"


def environment_of(name: str, requirements: list[str], base: str = sys.executable, install: tuple = ()) -> Path:
    """The interpreter of an environment in the user's cache, which is made where there is none.

    ``install`` is the command that installs into it, pip's by default; the requirements are added to it.
    """
    home = cache_folder()
    folder = home / name
    interpreter, finished = folder / "bin/python", folder / "finished"
    home.mkdir(parents=True, exist_ok=True)
    with open(home / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits
        if not (
            finished.exists() and finished.read_text() == "\n".join(requirements) and os.access(interpreter, os.X_OK)
        ):
            _command(base, "-m", "venv", "--clear", folder)
            pip = (interpreter, "-m", "pip", "install", "-q", "--disable-pip-version-check")
            _command(*((*install, "--python", interpreter) if install else pip), *requirements)
            finished.write_text("\n".join(requirements))  # last: an interrupted installation is begun again
    return interpreter


def _command(*words: object) -> None:
    result = subprocess.run([str(word) for word in words], text=True, capture_output=True, env=_environment())
    if result.returncode:
        raise OracleUnavailable(f"{' '.join(map(str, words))}\n{result.stdout}{result.stderr}")


def _environment() -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MX", "VIRTUAL_ENV"))}
    return env | {"MXNET_USE_FUSION": "0"}  # its fused kernels give wrong numbers on some networks


def run(snippet: str, /, folder: Path | None = None, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Run ``snippet`` in MXNet and return what it put into ``outputs``.

    The snippet sees ``mx``, ``np``, the dictionary ``inputs`` of the given arrays and the dictionary ``outputs``. It
    runs in ``folder`` (a temporary one by default), where it may read and write files.

    Raises:
        OracleUnavailable: MXNet 1.9.1 cannot be installed here.
        RuntimeError: the snippet failed; the message is its output.
    """
    interpreter = python()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(folder or temporary)
        np.savez(place / "inputs.npz", **inputs)
        (place / "snippet.py").write_text(snippet)
        command = [str(interpreter), "-c", PROGRAM]
        result = subprocess.run(command, cwd=place, text=True, capture_output=True, env=_environment())
        if result.returncode:
            raise RuntimeError(f"The snippet failed in MXNet 1.9.1:\n{result.stdout}{result.stderr}")
        with np.load(place / "outputs.npz") as outputs:
            return dict(outputs)
