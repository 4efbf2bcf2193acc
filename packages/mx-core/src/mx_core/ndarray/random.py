"""Random arrays.

Every function takes numbers or arrays as parameters of its distribution. With numbers, ``shape`` is the shape of the
result; with arrays, it is the shape of what is drawn for each of their elements.

>>> import mx_core as mx
>>> mx.nd.random.uniform(0, 10, shape=(2, 3)).shape
(2, 3)
>>> mx.nd.random.normal(mx.nd.array([0, 100]), mx.nd.array([1, 1]), shape=3).shape
(2, 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core._absent import no_operator
from mx_core._ffi import NDArrayBase
from mx_core.base import MXArgumentError, MXTypeError, MXValueError, _Null
from mx_core.context import Context
from mx_core.ndarray import _internal
from mx_core.ndarray._call import require_array
from mx_core.ndarray._generated import namespace_random
from mx_core.ndarray._generated.namespace_random import *  # noqa: F403
from mx_core.ndarray.creation import _device

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from mx_core.ndarray.ndarray import NDArray

__all__ = [
    *namespace_random.__all__,
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "shuffle",
    "uniform",
]

__getattr__ = no_operator(__name__)

Shape = int | Sequence[int]


def _draw(
    name: str,
    params: dict[str, Any],
    shape: Shape | None,
    dtype: DTypeLike | None,
    ctx: Context | str | None,
    out: NDArray | None,
    kwargs: dict[str, Any],
) -> NDArray:
    """Numbers go to the operator ``_random_<name>``, arrays to ``_sample_<name>``."""
    if kwargs:
        raise MXTypeError(f"[random.{name}] there is no parameter {next(iter(kwargs))!r}")
    kinds = {isinstance(value, NDArrayBase) for value in params.values()}
    if len(kinds) > 1:
        raise MXArgumentError(f"[random.{name}] {' and '.join(params)} must be all numbers or all NDArrays")
    if True in kinds:
        sampler = getattr(_internal, f"_sample_{name}")
        return sampler(*params.values(), shape=() if shape is None else shape, dtype=_kind(dtype), out=out)
    for key, value in params.items():
        if not isinstance(value, int | float | np.generic):
            raise MXValueError(f"[random.{name}] {key} must be a number or an NDArray, got {type(value).__name__}")
    if out is not None:
        require_array(out, f"random.{name}] out")
    if shape is None:
        shape = (1,) if out is None else out.shape
    device = _device(ctx if out is None else out.context)
    return getattr(_internal, f"_random_{name}")(**params, shape=shape, ctx=device, dtype=_kind(dtype), out=out)


def _kind(dtype: DTypeLike | None) -> Any:
    return _Null if dtype is None or dtype is _Null else dtype


def uniform(
    low: Any = 0,
    high: Any = 1,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return numbers that are evenly distributed over [low, high).

    Args:
        low: Lower end; a number or an array.
        high: Upper end, of the same kind.
        shape: See the head of this module.
        dtype: float16, float32 (the default) or float64.
        ctx: The device; the current one where it is None.
        out: Array that receives the numbers.
        **kwargs: None: other keywords are an error.
    """
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, ctx, out, kwargs)


def normal(
    loc: Any = 0,
    scale: Any = 1,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return numbers from the normal distribution with mean ``loc`` and standard deviation ``scale``.

    ``shape``, ``dtype``, ``ctx`` and ``out`` are those of :func:`uniform`.
    """
    if isinstance(loc, NDArrayBase):
        return _draw("normal", {"mu": loc, "sigma": scale}, shape, dtype, ctx, out, kwargs)
    return _draw("normal", {"loc": loc, "scale": scale}, shape, dtype, ctx, out, kwargs)


def randn(*shape: int, **kwargs: Any) -> NDArray:
    """Return normally distributed numbers in the given shape.

    Args:
        *shape: The lengths of the axes.
        **kwargs: ``loc``, ``scale``, ``dtype``, ``ctx`` and ``out`` of :func:`normal`.
    """
    loc, scale = kwargs.pop("loc", 0), kwargs.pop("scale", 1)
    return normal(loc, scale, shape or None, **kwargs)


def poisson(
    lam: Any = 1,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return numbers from the Poisson distribution with mean ``lam``. The rest is as in :func:`uniform`."""
    return _draw("poisson", {"lam": lam}, shape, dtype, ctx, out, kwargs)


def exponential(
    scale: Any = 1,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return numbers from the exponential distribution with mean ``scale``. The rest is as in :func:`uniform`."""
    if not isinstance(scale, NDArrayBase):
        if not isinstance(scale, int | float | np.generic) or not float(scale) > 0:
            raise MXValueError(f"[random.exponential] scale must be a positive number or an NDArray, got {scale!r}")
        scale = float(scale)
    rate: Any = 1.0 / scale
    return _draw("exponential", {"lam": rate}, shape, dtype, ctx, out, kwargs)


def gamma(
    alpha: Any = 1,
    beta: Any = 1,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return numbers from the gamma distribution with shape ``alpha`` and scale ``beta``.

    The rest is as in :func:`uniform`.
    """
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, ctx, out, kwargs)


def negative_binomial(
    k: Any = 1,
    p: Any = 1,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return how many failures come before the ``k``-th success, where each has the probability ``p``.

    The rest is as in :func:`uniform`.
    """
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, ctx, out, kwargs)


def generalized_negative_binomial(
    mu: Any = 1,
    alpha: Any = 1,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return numbers from the negative binomial distribution with mean ``mu`` and dispersion ``alpha``.

    The rest is as in :func:`uniform`.
    """
    return _draw("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, ctx, out, kwargs)


def randint(
    low: int,
    high: int,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    ctx: Context | str | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return integers from [low, high), all equally likely, as int32 or int64. The rest is as in :func:`uniform`."""
    if isinstance(low, NDArrayBase) or isinstance(high, NDArrayBase):
        raise MXTypeError("[random.randint] low and high must be numbers, not arrays: draw for each element by itself")
    return _draw("randint", {"low": low, "high": high}, shape, dtype, ctx, out, kwargs)


def multinomial(
    data: NDArray,
    shape: Shape | None = None,
    get_prob: bool = False,
    out: NDArray | None = None,
    dtype: DTypeLike = "int32",
    **kwargs: Any,
) -> Any:
    """Return numbers of classes, drawn with the probabilities in the last axis of ``data``.

    Args:
        data: Probabilities; each row adds up to 1.
        shape: Shape of what is drawn for each row.
        get_prob: Return also the logarithm of the probability of what was drawn, which has a gradient.
        out: Array that receives the numbers.
        dtype: Type of the numbers.
        **kwargs: None: other keywords are an error.
    """
    if kwargs:
        raise MXTypeError(f"[random.multinomial] there is no parameter {next(iter(kwargs))!r}")
    return _internal._sample_multinomial(data, () if shape is None else shape, get_prob, dtype, out=out)


def shuffle(data: NDArray, **kwargs: Any) -> NDArray:
    """Return a copy with the entries along the first axis in random order.

    Args:
        data: The array.
        **kwargs: ``out``.
    """
    return _internal._shuffle(data, **kwargs)
