"""Sums, extremes, moments, norms, and choices along axes."""

from conformance.values import FLOATS, INTEGERS, distinct, integers, listed, rolled, special, uniform

PLAIN = ("sum", "mean", "prod", "nansum", "nanprod", "max", "min", "_square_sum")
AXES = (None, 0, 1, 2, -1, -3, (0, 2), (1, 2), (0, 1, 2), (-1, 0), ())


def design(d) -> None:
    if d.name in PLAIN:
        _plain(d)
        return
    globals()["_" + d.name.lstrip("_")](d)
    return


def _data(d, *shape, dtype="float32"):
    if d.name in ("max", "min"):
        return distinct(*shape, dtype=dtype, step=0.125 if dtype in FLOATS else 1)
    low, high = (0.75, 1.25) if "prod" in d.name else (-2.0, 2.0)
    return uniform(*shape, low=low, high=high, dtype=dtype)


def _plain(d) -> None:
    for axis in AXES:
        for keepdims in (False, True):
            d.add(_data(d, 2, 3, 4), axis=axis, keepdims=keepdims)
    for axis in (0, (0, 2), -1):
        d.add(_data(d, 3, 2, 4), axis=axis, exclude=True)
    for shape in ((1,), (7,), (33, 65), (2, 1, 3, 1, 2)):
        d.add(_data(d, *shape))
    d.add(_data(d, 33, 65), axis=0)
    d.add(_data(d, 33, 65), axis=1)
    for dtype in (*FLOATS, *INTEGERS, "bool"):
        if dtype != "float32":
            d.add(_data(d, 3, 5, dtype=dtype), axis=1)
    for dtype in FLOATS:
        d.add(special(4, 4, dtype=dtype), axis=1)
        d.add(rolled(1, 8, 2, dtype=dtype), axis=0)
    d.add(listed(1, 2, 2, 0, 0, -1, shape=(2, 3)), axis=1)  # equal extremes share or repeat the gradient
    d.add(_data(d, 2, 3), axis=2)
    d.add(_data(d, 2, 3), axis=(0, 0))
    d.add(uniform(0, 3), axis=0, np_shape=True)
    d.add(uniform(2, 3, dtype="float64"))


def _norm(d) -> None:
    for order in (1, 2):
        for axis in (None, 0, 1, 2, -1, (0, 2), (1, 2)):
            for keepdims in (False, True):
                d.add(uniform(2, 3, 4), ord=order, axis=axis, keepdims=keepdims)
    for shape in ((1,), (7,), (33, 65)):
        d.add(uniform(*shape))
    d.dtypes(uniform(3, 5), axis=1)
    for out_dtype in ("float16", "float64", "int32", "int64", "int8"):
        d.add(uniform(3, 5, low=1.0, high=9.0), axis=1, out_dtype=out_dtype)
    d.add(special(4, 4), axis=1)
    d.add(listed(0, shape=(2, 3)), axis=1)
    d.add(uniform(2, 3), ord=3)


def _argmax(d) -> None:
    for axis in (None, 0, 1, 2, -1):
        for keepdims in (False, True):
            d.add(distinct(2, 3, 4), axis=axis, keepdims=keepdims)
    for shape in ((1,), (7,), (33, 65)):
        d.add(distinct(*shape), axis=0)
    d.dtypes(distinct(3, 5, step=1), axis=1)
    d.add(listed(1, 2, 2, 0, 0, -1, shape=(2, 3)), axis=1)  # the first of equals
    d.add(special(4, 4), axis=1)
    d.add(distinct(2, 3), axis=2)


_argmin = _argmax


def _argmax_channel(d) -> None:
    for shape in ((2, 3), (2, 3, 4), (7, 1), (33, 65)):
        d.add(distinct(*shape))
    d.dtypes(distinct(3, 5, step=1))
    d.add(listed(1, 2, 2, 0, 0, -1, shape=(2, 3)))
    d.add(special(4, 4))


def _pick(d) -> None:
    def index(*shape, dtype="float32"):
        return integers(*shape, low=0, high=3, dtype=dtype)

    d.add(uniform(3, 3), index(3))
    d.add(uniform(3, 5), integers(3, low=-7, high=9))
    for mode in ("clip", "wrap"):
        for keepdims in (False, True):
            d.add(uniform(2, 3, 4), integers(2, 4, low=-7, high=9), axis=1, mode=mode, keepdims=keepdims)
    for axis, shape in ((0, (3, 4)), (1, (3, 4)), (2, (3, 3)), (-1, (3, 3)), (-3, (3, 4))):
        d.add(uniform(3, 3, 4), index(*shape), axis=axis)
    d.add(uniform(3, 3), index(3, 1), axis=1)
    d.add(uniform(4), index(1), axis=None)
    d.add(uniform(33, 65), integers(33, high=65))
    for dtype in FLOATS + INTEGERS:
        d.add(uniform(3, 4, dtype=dtype), index(3))
        d.add(uniform(3, 6), index(3, dtype=dtype))


def _moments(d) -> None:
    for axes in ((0,), (1,), (-1,), (0, 2), (0, 1, 2)):
        for keepdims in (False, True):
            d.add(uniform(2, 3, 4), axes=axes, keepdims=keepdims)
    for shape in ((1,), (7,), (33, 65)):
        d.add(uniform(*shape), axes=(0,))
    d.add(uniform(2, 3))
    d.dtypes(uniform(3, 5), axes=(1,))
    d.add(special(4, 4), axes=(1,))


def _softmax_cross_entropy(d) -> None:
    for rows, columns in ((1, 1), (3, 5), (33, 65)):
        d.add(uniform(rows, columns), integers(rows, high=columns), gradients=(0,))
    d.dtypes(uniform(4, 3), integers(4, high=3), dtypes=FLOATS, gradients=(0,))
    d.add(listed(0, 40, -40, 0, 0, 0, shape=(2, 3)), listed(1, 2), gradients=(0,))
    d.add(uniform(3, 5), integers(4, high=5))


def _contrib_allclose(d) -> None:
    d.add(uniform(3, 5), uniform(3, 5))
    d.add(uniform(3, 5), uniform(3, 5, low=-3.0))
    d.add(listed(1, 2, 3), listed(1.0, 2.0, 3.0009765625), rtol=1e-3)
    d.add(listed(1, 2, 3), listed(1.0, 2.0, 3.0009765625), atol=1e-2)
    d.add(listed(1, 2, 3), listed(1.0, 2.0, 3.0009765625))
    d.add(special(), special())
    d.add(special(), special(), equal_nan=False)
    d.dtypes(listed(1, 2, 3), listed(1, 2, 3))


def _contrib_getnnz(d) -> None:
    d.add(integers(3, 5, high=2))
    d.add(integers(3, 5, high=2), axis=0)


def _histogram(d) -> None:
    d.add(uniform(40), bin_cnt=5, range=(-2.0, 2.0))
    d.add(uniform(6, 7), bin_cnt=10, range=(-1.0, 1.5))
    d.add(uniform(33, 65), bin_cnt=7, range=(-2.0, 2.0))
    d.add(uniform(40), listed(-2, -1, 0.5, 1, 2))
    d.add(uniform(40), listed(-1, 0.25, 0.5))
    d.add(integers(40, high=9, dtype="int32"), bin_cnt=3, range=(0.0, 9.0))
    d.add(uniform(40, dtype="float64"), bin_cnt=4, range=(-2.0, 2.0))


def _all_finite(d) -> None:
    for dtype in FLOATS:
        d.add(uniform(3, 5, dtype=dtype))
        d.add(special(dtype=dtype))
    d.add(uniform(33, 65))
    d.add(listed(1, float("inf")))
    d.add(listed(1, 2), init_output=False)


def _multi_all_finite(d) -> None:
    d.add(uniform(3, 5), num_arrays=1)
    d.add(uniform(3, 5), uniform(7), uniform(2, 2), num_arrays=3)
    d.add(uniform(3, 5), special(), num_arrays=2)
    d.add(uniform(3, dtype="float16"), uniform(4, dtype="float16"), num_arrays=2)
    d.add(uniform(3), uniform(4), num_arrays=2, init_output=False)


def _multi_sum_sq(d) -> None:
    d.add(uniform(3, 5), num_arrays=1)
    d.add(uniform(3, 5), uniform(7), uniform(2, 2), num_arrays=3)
    d.add(uniform(33, 65), uniform(1), num_arrays=2)
    for dtype in ("float16", "float64"):
        d.add(uniform(3, 5, dtype=dtype), uniform(7, dtype=dtype), num_arrays=2)
