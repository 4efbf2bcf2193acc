"""Random numbers inside networks. The functions are those of :mod:`mx_core.ndarray.random`, with symbols for arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core._absent import no_operator
from mx_core._ffi import SymbolBase
from mx_core.base import MXArgumentError, MXValueError, _Null
from mx_core.symbol import _internal
from mx_core.symbol._generated import namespace_random
from mx_core.symbol._generated.namespace_random import *  # noqa: F403

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from mx_core.symbol.symbol import Symbol

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


def _draw(name: str, params: dict[str, Any], shape: Any, dtype: Any, kwargs: dict[str, Any]) -> Symbol:
    """Numbers go to the operator ``_random_<name>``, symbols to ``_sample_<name>``."""
    shape = _Null if shape is None else shape
    dtype = _Null if dtype is None else dtype
    kinds = {isinstance(value, SymbolBase) for value in params.values()}
    if len(kinds) > 1:
        raise MXArgumentError(f"[random.{name}] {' and '.join(params)} must be all numbers or all Symbols")
    if True in kinds:
        return getattr(_internal, f"_sample_{name}")(*params.values(), shape=shape, dtype=dtype, **kwargs)
    for key, value in params.items():
        if not isinstance(value, int | float | np.generic):
            raise MXValueError(f"[random.{name}] {key} must be a number or a Symbol, got {type(value).__name__}")
    return getattr(_internal, f"_random_{name}")(**params, shape=shape, dtype=dtype, **kwargs)


def uniform(
    low: Any = 0, high: Any = 1, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any
) -> Symbol:
    """Numbers that are evenly distributed over [low, high)."""
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, kwargs)


def normal(
    loc: Any = 0, scale: Any = 1, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any
) -> Symbol:
    """Numbers from the normal distribution with mean ``loc`` and standard deviation ``scale``."""
    names = ("mu", "sigma") if isinstance(loc, SymbolBase) else ("loc", "scale")
    return _draw("normal", dict(zip(names, (loc, scale))), shape, dtype, kwargs)


def randn(*shape: int, **kwargs: Any) -> Symbol:
    """Normally distributed numbers in the given shape; ``loc``, ``scale`` and ``dtype`` are those of :func:`normal`."""
    loc, scale = kwargs.pop("loc", 0), kwargs.pop("scale", 1)
    return normal(loc, scale, shape or None, **kwargs)


def poisson(lam: Any = 1, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any) -> Symbol:
    """Numbers from the Poisson distribution with mean ``lam``."""
    return _draw("poisson", {"lam": lam}, shape, dtype, kwargs)


def exponential(scale: Any = 1, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any) -> Symbol:
    """Numbers from the exponential distribution with mean ``scale``."""
    return _draw("exponential", {"lam": 1.0 / scale}, shape, dtype, kwargs)


def gamma(
    alpha: Any = 1, beta: Any = 1, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any
) -> Symbol:
    """Numbers from the gamma distribution with shape ``alpha`` and scale ``beta``."""
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, kwargs)


def negative_binomial(
    k: Any = 1, p: Any = 1, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any
) -> Symbol:
    """How many failures come before the ``k``-th success, where each has the probability ``p``."""
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, kwargs)


def generalized_negative_binomial(
    mu: Any = 1, alpha: Any = 1, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any
) -> Symbol:
    """Numbers from the negative binomial distribution with mean ``mu`` and dispersion ``alpha``."""
    return _draw("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, kwargs)


def randint(low: int, high: int, shape: Shape | None = None, dtype: DTypeLike | None = None, **kwargs: Any) -> Symbol:
    """Integers from [low, high), all equally likely."""
    return _draw("randint", {"low": low, "high": high}, shape, dtype, kwargs)


def multinomial(
    data: Symbol, shape: Shape | None = None, get_prob: bool = True, dtype: DTypeLike = "int32", **kwargs: Any
) -> Symbol:
    """Numbers of classes, drawn with the probabilities in the last axis of ``data``.

    Unlike for arrays, the logarithms of the probabilities of what was drawn are a second output by default.
    """
    return _internal._sample_multinomial(data, _Null if shape is None else shape, get_prob, dtype, **kwargs)


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """The entries along the first axis in random order."""
    return _internal._shuffle(data, **kwargs)
