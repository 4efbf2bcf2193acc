"""Arrays from nothing."""

from conformance.values import FLOATS, INTEGERS, uniform

ALL = (*FLOATS, *INTEGERS)
SHAPES = ((1,), (7,), (2, 3, 4), (33, 65))


def design(d) -> None:
    globals()["_" + d.name.lstrip("_")](d)


def _filled(d, **params) -> None:
    for shape in SHAPES:
        d.add(shape=shape, **params)
    for dtype in (*ALL, "bool"):
        d.add(shape=(2, 3), dtype=dtype, **params)


def _zeros(d) -> None:
    _filled(d)


_ones = _zeros


def _full(d) -> None:
    for value in (0.0, 2.5, -1.0):
        d.add(shape=(2, 3), value=value)
    _filled(d, value=1.0)


def _zeros_without_dtype(d) -> None:
    for shape in SHAPES:
        d.add(shape=shape)


def _arange(d) -> None:
    d.add(start=5.0)
    for start, stop, step in ((0, 5, 1), (2, 9, 3), (1.5, 3, 0.25), (5, 0, -1), (-3, 3, 2), (0, 1, 0.1)):
        d.add(start=float(start), stop=float(stop), step=float(step))
    d.add(start=0.0, stop=3.0, repeat=2)
    for dtype in ALL:
        d.add(start=1.0, stop=7.0, step=2.0, dtype=dtype)
    d.add(start=0.0, stop=2000.0)


def _contrib_arange_like(d) -> None:
    for shape in ((1,), (7,), (2, 3), (2, 3, 4)):
        d.add(uniform(*shape))
    for axis in (0, 1, 2, -1):
        d.add(uniform(2, 3, 4), axis=axis)
        d.add(uniform(2, 3, 4), axis=axis, start=2.0, step=0.5)
    d.add(uniform(4), start=-1.0, step=-2.0)
    d.add(uniform(6), repeat=2)
    for dtype in ("float16", "float64"):
        d.add(uniform(2, 3, dtype=dtype))


def _eye(d) -> None:
    for n, m, k in ((1, 0, 0), (3, 0, 0), (3, 5, 0), (5, 3, 1), (4, 4, -2), (3, 3, 7), (33, 65, 9)):
        d.add(N=n, M=m, k=k)
    for dtype in ALL:
        d.add(N=3, dtype=dtype)


def _linspace(d) -> None:
    for start, stop, num in ((0, 1, 5), (2, -3, 7), (1, 1, 3), (0, 1, 1), (0.5, 9, 100)):
        for endpoint in (True, False):
            d.add(start=float(start), stop=float(stop), num=num, endpoint=endpoint)
    for dtype in ALL:
        d.add(start=0.0, stop=8.0, num=5, dtype=dtype)


def _set_value(d) -> None:
    for shape in SHAPES:
        d.add(uniform(*shape), src=2.5, out=(0,), passed=0)
    for dtype in ALL:
        d.add(uniform(2, 3, dtype=dtype), src=3.0, out=(0,), passed=0)


def _reset_arrays(d) -> None:
    d.add(uniform(3, 5), num_arrays=1)
    d.add(uniform(3, 5), uniform(7), uniform(33, 65), num_arrays=3)
    for dtype in ALL:
        d.add(uniform(3, dtype=dtype, low=1.0), num_arrays=1)
