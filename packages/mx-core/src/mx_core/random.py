"""Random numbers: the seed, and the functions of :mod:`mx_core.ndarray.random` for arrays.

The generators are counter-based: equal seeds give equal numbers at any number of threads.
"""

from mx_core import _ffi
from mx_core.base import MXValueError, integer_types
from mx_core.context import Context
from mx_core.ndarray.random import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "seed",
    "shuffle",
    "uniform",
]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Seed the random numbers of every device, or of ``ctx`` alone.

    >>> import mx_core as mx
    >>> mx.random.seed(1)
    >>> a = mx.nd.random.uniform(shape=(3,))
    >>> mx.random.seed(1)
    >>> (mx.nd.random.uniform(shape=(3,)) == a).asnumpy().all()
    True

    Without any call runs repeat: the seed is 0. NumPy's and Python's generators are left alone.
    """
    if not isinstance(seed_state, integer_types):
        raise MXValueError(f"[random.seed] seed_state must be an integer, got {seed_state!r}")
    if not -(2**63) <= seed_state < 2**63:
        raise MXValueError(f"[random.seed] seed_state is {seed_state}, but must fit into 64 bits with its sign")
    if ctx == "all":
        _ffi.seed(int(seed_state), 0, 0)
    else:
        ctx = Context(ctx)
        _ffi.seed(int(seed_state), ctx.device_typeid, ctx.device_id)
