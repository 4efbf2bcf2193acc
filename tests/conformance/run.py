"""Runs a case in mx or in MXNet 1.9.1, on the current device: as a function, recorded, and as a bound symbol."""

from contextlib import contextmanager

import numpy as np

PREFIXES = {"_contrib_": "contrib", "_linalg_": "linalg", "_sparse_": "sparse", "_random_": "random"}


def function(package, name: str):
    """The function of an operator in ``mx.nd`` or ``mx.sym``; None where it has none."""
    for prefix, namespace in PREFIXES.items():
        found = getattr(getattr(package, namespace, None), name[len(prefix) :], None)
        if name.startswith(prefix) and found is not None and (prefix != "_random_" or name.endswith("_like")):
            return found
    home = package._internal if name.startswith("_") else getattr(package, "op", package)
    return getattr(home, name, None)


@contextmanager
def _shapes(mx, case):
    if not case.np_shape:
        yield
        return
    with mx.util.np_shape(True):
        yield


def _listed(outputs) -> list:
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _same(a, b) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def run(mx, case, bound: bool = True) -> dict:
    """What the case gives: {"outputs", "states", "gradients", "symbol", "symbol_gradients", "added"}.

    ``states``: inputs that the call changed, by number. ``symbol...``: the same through an executor. ``added``: what
    gradients become that are added to an array of twos. A part that raised is the exception. ``bound``: whether to do
    that.
    """
    with _shapes(mx, case):
        values, result = case.arrays(), {}
        try:
            result |= _imperative(mx, case, values)
        except Exception as error:
            result["outputs"] = error
        if isinstance(result["outputs"], Exception):
            return result
        if case.gradients:
            try:
                result["gradients"] = _recorded(mx, case, values)
            except Exception as error:
                result["gradients"] = error
        if bound:
            try:
                result |= _bound(mx, case, values)
            except Exception as error:
                result["symbol"] = error
        return result


def _arrays(mx, values):
    return [mx.nd.array(value, dtype=value.dtype) for value in values]


def _imperative(mx, case, values) -> dict:
    arrays = _arrays(mx, values)
    params = dict(case.params)
    if case.out:
        out = [arrays[i] for i in case.out]
        params["out"] = out[0] if len(out) == 1 else out
    found = function(mx.nd, case.operator)(*arrays[: case.passed], **params)
    outputs = [output.asnumpy() for output in _listed(found)] if found is not None else []
    after = [array.asnumpy() for array in arrays]
    states = {i: array for i, array in enumerate(after) if not _same(array, values[i]) and i not in case.out}
    return {"outputs": outputs, "states": states}


def _recorded(mx, case, values) -> list:
    arrays = _arrays(mx, values)
    for i in case.gradients:
        arrays[i].attach_grad()
    with mx.autograd.record():
        outputs = _listed(function(mx.nd, case.operator)(*arrays[: case.passed], **dict(case.params)))
    heads = [mx.nd.array(case.head(i, o.shape, o.dtype), dtype=o.dtype) for i, o in enumerate(outputs)]
    mx.autograd.backward(outputs, heads)
    return [arrays[i].grad.asnumpy() for i in case.gradients]


def _bound(mx, case, values) -> dict:
    names = [f"in{i}" for i in range(case.passed)]
    compose = function(mx.sym, case.operator)
    symbol = compose(*(mx.sym.var(name) for name in names), name="node", **dict(case.params))
    arguments, auxiliary = symbol.list_arguments(), symbol.list_auxiliary_states()
    wanted = [names[i] for i in case.gradients if names[i] in arguments]
    result = {}
    for request in ("write", "add") if wanted else ("write",):
        arrays = dict(zip(names, _arrays(mx, values)))
        gradients = {n: mx.nd.full(arrays[n].shape, 2, dtype=arrays[n].dtype) for n in wanted}
        executor = symbol.bind(
            mx.current_context(),
            {n: arrays[n] for n in arguments},
            gradients,
            {n: request if n in wanted else "null" for n in arguments},
            {n: arrays[n] for n in auxiliary},
        )
        outputs = executor.forward(is_train=bool(wanted))
        if request == "write":
            result["symbol"] = [output.asnumpy() for output in outputs]
        if wanted:
            heads = [mx.nd.array(case.head(i, o.shape, o.dtype), dtype=o.dtype) for i, o in enumerate(outputs)]
            try:
                executor.backward(heads)
                found = [gradients[n].asnumpy() for n in wanted]
            except Exception as error:
                found = error
            result["symbol_gradients" if request == "write" else "added"] = found
    return result
