"""Arrays and the operators on them.

>>> import mx_core as mx
>>> x = mx.nd.array([[1, 2, 3], [4, 5, 6]])
>>> mx.nd.sum(x, axis=1).asnumpy().tolist()
[6.0, 15.0]

Most functions are operators of libmx: their source is generated, typed and documented. Functions of this folder that
have the name of an operator take its place.
"""

# ruff: noqa: F401, I001  the order matters: hand-written functions come after the operators whose names they have
from mx_core import _ffi
from mx_core._absent import no_operator
from mx_core.ndarray import _internal, contrib, image, io, linalg, op, random, sparse
from mx_core.ndarray.op import *  # noqa: F403
from mx_core.ndarray.arithmetic import *  # noqa: F403
from mx_core.ndarray.creation import *  # noqa: F403
from mx_core.ndarray.interchange import *  # noqa: F403
from mx_core.ndarray.io import load, load_frombuffer, save
from mx_core.ndarray.joining import *  # noqa: F403
from mx_core.ndarray.ndarray import NDArray, py_slice, waitall

_ffi.resolve_operators()
__getattr__ = no_operator(__name__)
