"""Run scripts and tests that were written for MXNet 1.x, unmodified.

    python -m mx.compat train.py --epochs 3
    python -m mx.compat -m pytest tests

or, at the top of a program of one's own, `import mx; mx.install_as_mxnet()`.
"""

import runpy
import sys
from importlib import import_module
from pathlib import Path

from ._lazy import AliasFinder, StandIn, read_homes


def install_as_mxnet() -> None:
    """Makes `import mxnet` and `from mxnet.io import ...` give mx, for this process. Repeating it does nothing.

    Raises:
        ImportError: another `mxnet` has already been imported.

    Example:
        >>> import mx
        >>> mx.install_as_mxnet()
        >>> import mxnet
        >>> mxnet.nd is mx.nd
        True
        >>> mxnet.__version__  # what scripts compare with
        '1.9.1'
    """
    present = sys.modules.get("mxnet")
    if isinstance(present, StandIn):
        return
    if present is not None:
        raise ImportError(
            f"[install_as_mxnet] another mxnet is already imported, from {getattr(present, '__file__', 'nowhere')}: "
            "call install_as_mxnet() before anything imports it"
        )
    if not any(isinstance(finder, AliasFinder) and finder.prefix == "mxnet" for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder("mxnet", read_homes("mx")))  # before a real mxnet on the path
    import_module("mxnet")


def main() -> None:
    """`python -m mx.compat SCRIPT [ARGUMENTS]`, `python -m mx.compat -m MODULE [ARGUMENTS]`."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["-m"]:
        sys.exit("usage: python -m mx.compat SCRIPT [ARGUMENTS]\n       python -m mx.compat -m MODULE [ARGUMENTS]")
    script = arguments[0]
    if script != "-m" and not Path(script).is_file():
        sys.exit(f"python -m mx.compat: there is no file '{script}'")
    install_as_mxnet()
    if script == "-m":  # as `python -m`: the current folder is on the path
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    sys.argv = arguments
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
