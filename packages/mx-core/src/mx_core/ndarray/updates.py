"""Updates of weights by AdamW and LAMB, under their names in :mod:`mx_core.ndarray.contrib`.

The factor of the gradient may be a number here; the operators behind take an array of one value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mx_core._ffi import NDArrayBase
from mx_core.base import MXTypeError
from mx_core.context import Context
from mx_core.ndarray import _internal
from mx_core.ndarray._call import require_array
from mx_core.ndarray.creation import full

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

__all__ = [
    "adamw_update",
    "mp_adamw_update",
    "multi_adamw_update",
    "multi_lamb_update",
    "multi_mp_adamw_update",
    "multi_mp_lamb_update",
]


def _factor(rescale_grad: float | NDArray, ctx: Context) -> NDArray:
    if isinstance(rescale_grad, NDArrayBase):
        return rescale_grad.as_in_context(ctx)
    return full((1,), rescale_grad, ctx=ctx)


def adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    rescale_grad: float | NDArray,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return the weight after a step of AdamW: Adam, with weight decay beside the gradient.

    >>> import mx_core as mx
    >>> weight, grad, mean, var = mx.nd.ones((2,)), mx.nd.ones((2,)), mx.nd.zeros((2,)), mx.nd.zeros((2,))
    >>> mx.nd.contrib.adamw_update(weight, grad, mean, var, 1.0, lr=0.01, eta=1.0).round().asnumpy()
    array([1., 1.], dtype=float32)

    Args:
        weight: The weight.
        grad: Its gradient, of the same shape and dtype.
        mean: A state, changed in place.
        var: A state, changed in place.
        rescale_grad: Factor of the gradient; an array of one value may have been computed just now. Where it is 0,
            infinite or NaN nothing changes.
        lr: The learning rate.
        eta: Factor of the whole step, decay included.
        beta1: How much of the mean is kept.
        beta2: How much of the mean square is kept.
        epsilon: Keeps the divisor away from 0.
        wd: The weight decay.
        clip_gradient: The rescaled gradient is limited to +- this. Negative: no limit.
        out: Array that receives the result; the weight itself, as a rule.
        name: Has no effect.
        **kwargs: None: other keywords are an error.
    """
    require_array(weight, "contrib.adamw_update] weight")
    factor = _factor(rescale_grad, weight.context)
    options = (lr, beta1, beta2, epsilon, wd, eta, clip_gradient)
    return _internal._adamw_update(weight, grad, mean, var, factor, *options, out=out, name=name, **kwargs)


def mp_adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    weight32: NDArray,
    rescale_grad: float | NDArray,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """:func:`adamw_update` for a half weight with a float32 copy, ``weight32``; the states are float32."""
    require_array(weight, "contrib.mp_adamw_update] weight")
    factor = _factor(rescale_grad, weight.context)
    options = (lr, beta1, beta2, epsilon, wd, eta, clip_gradient)
    return _internal._mp_adamw_update(weight, grad, mean, var, weight32, factor, *options, out=out, name=name, **kwargs)


def _interleaved(*lists: Sequence[NDArray]) -> list[NDArray]:
    for given in lists:
        if not isinstance(given, list | tuple) or not given or len(given) != len(lists[0]):
            raise MXTypeError(
                "[contrib.multi update] weights, gradients and states must be lists of NDArrays of one length, got "
                + ", ".join(f"{len(each)}" if isinstance(each, list | tuple) else type(each).__name__ for each in lists)
            )
    return [array for group in zip(*lists) for array in group]


def multi_adamw_update(
    weights: Sequence[NDArray],
    grads: Sequence[NDArray],
    mean: Sequence[NDArray],
    var: Sequence[NDArray],
    rescale_grad: float | NDArray,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Sequence[NDArray] | None = None,
    name: str | None = None,
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """:func:`adamw_update` for many weights in one call.

    Args:
        weights: The weights.
        grads: The gradient of each.
        mean: A state of each.
        var: A state of each.
        rescale_grad: Factor of all gradients.
        lrs: The learning rate of each.
        wds: The weight decay of each.
        etas: Factor of the whole step of each.
        out: Arrays that receive the results.
        name: Has no effect.
        size: How many weights there are; 0: as many as are given.
        **kwargs: ``beta1``, ``beta2``, ``epsilon`` and ``clip_gradient``.
    """
    arrays = [*_interleaved(weights, grads, mean, var), _factor(rescale_grad, weights[0].context)]
    count = size or len(weights)
    return _internal._multi_adamw_update(
        *arrays, lrs=lrs, wds=wds, etas=etas, num_weights=count, out=out, name=name, **kwargs
    )


def multi_mp_adamw_update(
    weights: Sequence[NDArray],
    grads: Sequence[NDArray],
    mean: Sequence[NDArray],
    var: Sequence[NDArray],
    weights32: Sequence[NDArray],
    rescale_grad: float | NDArray,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Sequence[NDArray] | None = None,
    name: str | None = None,
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """:func:`multi_adamw_update` for half weights with float32 copies, ``weights32``."""
    arrays = [*_interleaved(weights, grads, mean, var, weights32), _factor(rescale_grad, weights[0].context)]
    count = size or len(weights)
    return _internal._multi_mp_adamw_update(
        *arrays, lrs=lrs, wds=wds, etas=etas, num_weights=count, out=out, name=name, **kwargs
    )


def multi_lamb_update(
    weights: Sequence[NDArray],
    grads: Sequence[NDArray],
    mean: Sequence[NDArray],
    var: Sequence[NDArray],
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Sequence[NDArray] | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """Return many weights after a step of LAMB.

    Args:
        weights: The weights.
        grads: The gradient of each.
        mean: A state of each, changed in place.
        var: A state of each, changed in place.
        step_count: The number of this update of each, from 1 on.
        lrs: The learning rate of each.
        wds: The weight decay of each.
        out: Arrays that receive the results.
        num_tensors: How many weights there are; 0: as many as are given.
        **kwargs: ``beta1``, ``beta2``, ``epsilon``, ``rescale_grad``, ``lower_bound``, ``upper_bound``,
            ``clip_gradient`` and ``bias_correction``.
    """
    arrays = _interleaved(weights, grads, mean, var)
    count = num_tensors or len(weights)
    return _internal._multi_lamb_update(
        *arrays, learning_rates=lrs, wds=wds, step_count=step_count, num_tensors=count, out=out, **kwargs
    )


def multi_mp_lamb_update(
    weights: Sequence[NDArray],
    grads: Sequence[NDArray],
    mean: Sequence[NDArray],
    var: Sequence[NDArray],
    weights32: Sequence[NDArray],
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Sequence[NDArray] | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """:func:`multi_lamb_update` for half weights with float32 copies, ``weights32``."""
    arrays = _interleaved(weights, grads, mean, var, weights32)
    count = num_tensors or len(weights)
    return _internal._multi_mp_lamb_update(
        *arrays, learning_rates=lrs, wds=wds, step_count=step_count, num_tensors=count, out=out, **kwargs
    )
