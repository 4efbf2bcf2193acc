"""What tests of operators, symbols and optimizers need: the helpers of ``mxnet.test_utils``, and those of mx itself.

>>> import numpy as np
>>> from mx_core.test_utils import assert_almost_equal
>>> assert_almost_equal(np.ones(3), np.ones(3) + 1e-6, rtol=1e-5)
"""

# ruff: noqa: F401  tests that say `import *` find these here too
import logging
import os
import sys
import time
from collections import OrderedDict
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from mx_core.context import Context, current_context
from mx_core.ndarray import array
from mx_core.symbol import Symbol
from mx_core.test_utils import comparison, consistency, distribution, machine, operators, sampling, symbols, tolerance
from mx_core.test_utils.comparison import *  # noqa: F403
from mx_core.test_utils.consistency import *  # noqa: F403
from mx_core.test_utils.distribution import *  # noqa: F403
from mx_core.test_utils.machine import *  # noqa: F403
from mx_core.test_utils.operators import *  # noqa: F403
from mx_core.test_utils.sampling import *  # noqa: F403
from mx_core.test_utils.symbols import *  # noqa: F403
from mx_core.test_utils.tolerance import *  # noqa: F403
from mx_core.util import getenv, setenv, use_np

rnd = np.random
npt = np.testing

# Of 1.9.1's, and why they are not here.
_ABSENT = {
    **dict.fromkeys(
        ("create_sparse_array", "create_sparse_array_zd", "rand_sparse_ndarray", "shuffle_csr_column_indices"),
        "sparse storage is not part of this version",
    ),
    **dict.fromkeys(
        (
            "download",
            "download_model",
            "get_bz2_data",
            "get_cifar10",
            "get_im2rec_path",
            "get_mnist",
            "get_mnist_iterator",
            "get_mnist_pkl",
            "get_mnist_ubyte",
            "get_zip_data",
        ),
        "it fetched files from a server that is gone; mx.io reads those that you have",
    ),
    "check_gluon_hybridize_consistency": "Gluon is not part of this version",
}


def __getattr__(name: str) -> NoReturn:
    reason = f": {_ABSENT[name]}" if name in _ABSENT else ""
    raise AttributeError(f"[mx.test_utils] there is no {name!r}{reason}")


__all__ = [
    *comparison.__all__,
    *consistency.__all__,
    *distribution.__all__,
    *machine.__all__,
    *operators.__all__,
    *sampling.__all__,
    *symbols.__all__,
    *tolerance.__all__,
    "Context",
    "OrderedDict",
    "Symbol",
    "array",
    "contextmanager",
    "current_context",
    "getenv",
    "logging",
    "np",
    "npt",
    "os",
    "rnd",
    "setenv",
    "sys",
    "time",
    "use_np",
]
