"""Gradients of code on arrays: what happens inside :func:`record` is remembered, and :func:`backward` goes it back.

>>> import mx_core as mx
>>> x = mx.nd.array([1, 2, 3])
>>> x.attach_grad()
>>> with mx.autograd.record():
...     y = x * x
>>> y.backward()
>>> x.grad.asnumpy().tolist()
[2.0, 4.0, 6.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mx_core import _ffi
from mx_core.base import MXAssertionError, MXTypeError, MXValueError
from mx_core.ndarray._call import is_array

if TYPE_CHECKING:
    from mx_core.ndarray import NDArray
    from mx_core.symbol import Symbol

__all__ = [
    "Function",
    "backward",
    "get_symbol",
    "grad",
    "is_recording",
    "is_training",
    "mark_variables",
    "pause",
    "predict_mode",
    "record",
    "set_recording",
    "set_training",
    "train_mode",
]

_REQUESTS = {"null": 0, "write": 1, "add": 3}


def set_recording(is_recording: bool) -> bool:
    """Switch recording on this thread on or off, and return what it was."""
    return _ffi.set_recording(int(is_recording))


def set_training(train_mode: bool) -> bool:
    """Switch training mode on this thread on or off, and return what it was."""
    return _ffi.set_training(int(train_mode))


def is_recording() -> bool:
    """Return whether this thread records."""
    return _ffi.set_recording(-1)


def is_training() -> bool:
    """Return whether operators of this thread run as in training."""
    return _ffi.set_training(-1)


class _Scope:
    """Sets recording and training mode for a ``with`` block; None leaves one as it is."""

    def __init__(self, recording: bool | None, training: bool | None) -> None:
        self._wanted = (recording, training)
        self._before: list[tuple[bool | None, bool | None]] = []

    def __enter__(self) -> None:
        recording, training = self._wanted
        self._before.append(
            (
                None if recording is None else set_recording(recording),
                None if training is None else set_training(training),
            )
        )

    def __exit__(self, *error: object) -> None:
        recording, training = self._before.pop()
        if recording is not None:
            set_recording(recording)
        if training is not None:
            set_training(training)


def record(train_mode: bool = True) -> _Scope:
    """Return a scope whose computations are recorded for gradients.

    Args:
        train_mode: Whether operators run as in training.
    """
    return _Scope(True, train_mode)


def pause(train_mode: bool = False) -> _Scope:
    """Return a scope, usually inside :func:`record`, that is not recorded."""
    return _Scope(False, train_mode)


def train_mode() -> _Scope:
    """Return a scope in which operators run as in training. Recording stays as it is."""
    return _Scope(None, True)


def predict_mode() -> _Scope:
    """Return a scope in which operators run as in inference. Recording stays as it is."""
    return _Scope(None, False)


def _listed(value: Any, what: str) -> list[Any]:
    found = [value] if is_array(value) else value
    if not isinstance(found, list | tuple):
        raise MXTypeError(f"[autograd] {what} must be an NDArray or a list of them, got {type(value).__name__}")
    return list(found)


def mark_variables(
    variables: NDArray | Sequence[NDArray],
    gradients: NDArray | Sequence[NDArray],
    grad_reqs: str | Sequence[str] = "write",
) -> None:
    """Make arrays the variables of later records.

    Args:
        variables: The arrays.
        gradients: Arrays of the same shapes, which receive their gradients.
        grad_reqs: "write", "add" or "null", for all or for each.
    """
    marked, targets = _listed(variables, "variables"), _listed(gradients, "gradients")
    requests = [grad_reqs] * len(marked) if isinstance(grad_reqs, str) else list(grad_reqs)
    if not len(marked) == len(targets) == len(requests):
        raise MXValueError(
            f"[autograd.mark_variables] {len(marked)} variables, {len(targets)} gradients and {len(requests)} requests"
        )
    for request in requests:
        if request not in _REQUESTS:
            raise MXValueError(f"[autograd.mark_variables] {request!r} is no request; there are {list(_REQUESTS)}")
    _ffi.mark_variables(marked, targets, [_REQUESTS[request] for request in requests])


def _heads(heads: Any, head_grads: Any) -> tuple[list[Any], list[Any] | None]:
    tops = _listed(heads, "heads")
    if head_grads is None:
        return tops, None
    seeds = _listed(head_grads, "head_grads")
    if len(seeds) != len(tops):
        raise MXAssertionError(f"[autograd] {len(tops)} heads, but {len(seeds)} head gradients")
    return tops, None if all(seed is None for seed in seeds) else seeds


def backward(heads: Any, head_grads: Any = None, retain_graph: bool = False, train_mode: bool = True) -> None:
    """Compute the gradients of ``heads`` with respect to all marked variables, into their gradient arrays.

    Args:
        heads: One array or several.
        head_grads: Gradients of the heads; ones where None.
        retain_graph: Keep the record for another backward.
        train_mode: Whether operators run as in training.
    """
    tops, seeds = _heads(heads, head_grads)
    _ffi.backward(tops, seeds, None, retain_graph, False, train_mode)


def grad(
    heads: Any,
    variables: Any,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> list[NDArray]:
    """Return the gradients of ``heads`` with respect to ``variables``, as a list of new arrays.

    Args:
        heads: One array or several.
        variables: One array, for a list of one gradient, or several.
        head_grads: Gradients of the heads; ones where None.
        retain_graph: Keep the record; None: if ``create_graph``.
        create_graph: Record this computation too, for gradients of gradients.
        train_mode: Whether operators run as in training.

    >>> import mx_core as mx
    >>> x = mx.nd.array([2])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = x * x * x
    ...     (first,) = mx.autograd.grad(y, x, create_graph=True)
    >>> mx.autograd.grad(first, x)[0].asscalar()
    np.float32(12.0)
    """
    tops, seeds = _heads(heads, head_grads)
    wanted = _listed(variables, "variables")
    if not wanted:
        raise MXAssertionError("[autograd.grad] there are no variables")
    keep = create_graph if retain_graph is None else retain_graph
    found = _ffi.backward(tops, seeds, wanted, keep, create_graph, train_mode)
    assert found is not None
    return found


def get_symbol(x: NDArray) -> Symbol:
    """Return the recorded computation of an array as a symbol."""
    import mx_core.symbol  # noqa: F401  it tells _ffi the class

    return _ffi.get_symbol(x)


class Function:
    """A function with a gradient of your own. Use each instance for one call.

    >>> import mx_core as mx
    >>> class Sigmoid(mx.autograd.Function):
    ...     def forward(self, x):
    ...         y = 1 / (1 + mx.nd.exp(-x))
    ...         self.save_for_backward(y)
    ...         return y
    ...
    ...     def backward(self, dy):
    ...         (y,) = self.saved_tensors
    ...         return dy * y * (1 - y)
    >>> x = mx.nd.zeros((1,))
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = Sigmoid()(x)
    >>> y.backward()
    >>> x.grad.asscalar()
    np.float32(0.25)
    """

    def __init__(self) -> None:
        self._used = False
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *args: Any) -> None:
        """Keep arrays for :meth:`backward`, which finds them in ``saved_tensors``."""
        self.saved_tensors = args

    def __call__(self, *inputs: NDArray) -> Any:
        if self._used:
            raise MXAssertionError("[autograd.Function] an instance serves for one call: make another")
        self._used = True
        with pause(train_mode=is_training()):
            outputs = self.forward(*inputs)
        if not is_recording():
            return outputs
        listed = [outputs] if is_array(outputs) else list(outputs)
        # an output that is an input, or a saved array, must not be given a second history
        fresh = [array.detach() for array in listed]
        _ffi.record_function(inputs, fresh, self._call_backward)
        return fresh[0] if is_array(outputs) else type(outputs)(fresh)

    def _call_backward(self, output_gradients: list[NDArray]) -> Sequence[NDArray]:
        with pause(train_mode=is_training()):
            found = self.backward(*output_gradients)
        return [found] if is_array(found) else found

    def forward(self, *inputs: Any) -> Any:
        """Compute the outputs. Override this."""
        raise NotImplementedError("[autograd.Function] a subclass must have a method forward")

    def backward(self, *output_grads: Any) -> Any:
        """Return the gradients of the inputs, given those of the outputs. Override this."""
        raise NotImplementedError("[autograd.Function] a subclass must have a method backward")
