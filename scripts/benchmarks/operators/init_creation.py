from .case import Case


def elements(n):
    return {"shape": (n, n)}


CASES = [
    Case("_arange", "x", lambda t, x: t.arange(0.0, x.numel()), lambda n: {"start": 0, "stop": n * n}, passed=False),
    Case(
        "_linspace",
        "x",
        lambda t, x: t.linspace(0, 1, x.numel()),
        lambda n: {"start": 0, "stop": 1, "num": n * n},
        passed=False,
    ),
    Case("_contrib_arange_like", "x", lambda t, x: t.arange(0.0, x.numel()).view(x.shape)),
    Case("_eye", "x", lambda t, x: t.eye(len(x)), lambda n: {"N": n}, passed=False),
    Case("_full", "x", lambda t, x: t.full(x.shape, 2.0), lambda n: {"value": 2.0, **elements(n)}, passed=False),
    Case("_ones", "x", lambda t, x: t.ones(x.shape), elements, passed=False),
    Case("_zeros", "x", lambda t, x: t.zeros(x.shape), elements, passed=False),
    Case("_zeros_without_dtype", "x", lambda t, x: t.zeros(x.shape), elements, passed=False, mxnet=False),
    Case("_set_value", "x", lambda t, x: x.fill_(2.0), {"src": 2.0}, out=(0,), passed=False),
    Case("reset_arrays", "part " * 8, lambda t, *xs: t._foreach_zero_(list(xs)), {"num_arrays": 8}),
]
