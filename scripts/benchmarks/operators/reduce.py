from .case import Case

AXES = {"all": None, "axis 0": 0, "axis 1": 1}


def reduced(operator, torch, maker="x", axes=AXES):
    for label, axis in axes.items():
        params = {} if axis is None else {"axis": axis}
        yield Case(operator, maker, lambda t, x, a=axis: torch(t, x, a), params, label)


ALONG = {"axis 0": 0, "axis 1": 1}

CASES = [
    *reduced("sum", lambda t, x, a: t.sum(x, a)),
    *reduced("mean", lambda t, x, a: t.mean(x, a)),
    *reduced("max", lambda t, x, a: t.amax(x, a if a is not None else (0, 1))),
    *reduced("min", lambda t, x, a: t.amin(x, a if a is not None else (0, 1))),
    *reduced("prod", lambda t, x, a: t.prod(x) if a is None else t.prod(x, a), "ones"),
    *reduced("nansum", lambda t, x, a: t.nansum(x, a)),
    *reduced("nanprod", lambda t, x, a: t.prod(t.where(x.isnan(), 1, x), a), "ones", ALONG),
    *reduced("norm", lambda t, x, a: t.linalg.vector_norm(x, 2, a)),
    *reduced("argmax", lambda t, x, a: t.argmax(x, a), axes=ALONG),
    *reduced("argmin", lambda t, x, a: t.argmin(x, a), axes=ALONG),
    Case("argmax_channel", "x", lambda t, x: t.argmax(x, 1)),
    Case("sum", "images", lambda t, x: t.sum(x, (0, 2, 3)), {"axis": (0, 2, 3)}, "channels"),
    Case("moments", "x", lambda t, x: t.var_mean(x, 1, correction=0), {"axes": 1}),
    Case("pick", "x index", lambda t, x, i: x.gather(1, i[:, None])[:, 0]),
    Case(
        "softmax_cross_entropy", "x index:float32", lambda t, x, i: t.nn.functional.cross_entropy(x, i, reduction="sum")
    ),
    Case("all_finite", "x", lambda t, x: x.isfinite().all()),
    Case(
        "multi_all_finite",
        "part " * 8,
        lambda t, *xs: t.stack([x.isfinite().all() for x in xs]).all(),
        {"num_arrays": 8},
    ),
    Case("multi_sum_sq", "part " * 8, lambda t, *xs: t.stack(t._foreach_norm(list(xs))).square(), {"num_arrays": 8}),
    Case("_contrib_allclose", "x x", lambda t, x, y: t.isclose(x, y).all()),
    Case("_histogram", "x", lambda t, x: t.histc(x, 10, -3, 3), {"bin_cnt": 10, "range": (-3, 3)}),
    Case("_histogram", "x edges", lambda t, x, b: t.histogram(x, b), label="edges"),
    Case("_square_sum", "x", lambda t, x: x.square().sum(1), {"axis": 1}, mxnet=False),
]
