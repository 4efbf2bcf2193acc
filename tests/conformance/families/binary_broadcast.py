"""Two arrays that are repeated to one shape, repetition itself, and choice."""

from conformance.values import FLOATS, INTEGERS, integers, rolled, uniform

STEPS = ("equal", "greater", "lesser", "logical")
PAIRS = (
    ((3, 5), (3, 5)),
    ((3, 5), (1, 5)),
    ((3, 1), (3, 5)),
    ((3, 1), (1, 5)),
    ((1,), (7,)),
    ((1, 1), (4, 3)),
    ((2, 1, 4), (1, 3, 1)),
    ((2, 3, 1), (2, 1, 65)),
    ((2, 3, 4), (2, 3, 1)),
    ((2, 1, 2, 1, 3), (1, 2, 2, 3, 1)),
    ((33, 65), (33, 1)),
    ((33, 65), (1, 65)),
)


def design(d) -> None:
    special = {
        "broadcast_axis": _axis,
        "broadcast_like": _like,
        "broadcast_to": _to,
        "where": _where,
    }
    special.get(d.name, _pairs)(d)


def _pairs(d) -> None:
    steps = any(word in d.name for word in STEPS)
    divides = d.name in ("broadcast_div", "broadcast_mod")

    def one(shape, high, dtype="float32"):
        if steps:
            return integers(*shape, low=0, high=3, dtype=dtype)
        return uniform(*shape, low=0.25 if divides or "power" in d.name else -2.0, high=high, dtype=dtype)

    for left, right in PAIRS:
        d.add(one(left, 3.0), one(right, 2.0))
    for dtype in (*FLOATS, *INTEGERS, "bool"):
        if dtype != "float32":
            low = 1 if divides else 0
            whole = dtype not in FLOATS
            right = integers(1, 5, low=low, high=4, dtype=dtype) if whole else one((1, 5), 2.0, dtype)
            d.add(one((3, 1), 3.0, dtype), right)
    for dtype in FLOATS:
        d.add(rolled(0, 16, 1, dtype=dtype), rolled(0, 1, 16, dtype=dtype))
    if not divides:
        for dtype in ("int32", "uint8"):
            d.add(rolled(0, 8, 1, dtype=dtype), rolled(0, 1, 8, dtype=dtype))
    if steps:  # where nothing is equal the slope is 0
        d.add(uniform(3, 1), uniform(1, 4, low=-3.0))
    d.add(uniform(2, 3), uniform(2, 4))
    d.add(uniform(2, 3), uniform(3))
    d.add(uniform(2, 3), uniform(2, 3, dtype="float64"))
    d.add(uniform(0, 3), uniform(1, 3), np_shape=True)


def _axis(d) -> None:
    for axis, size in ((1, 4), ((1,), (4,)), ((1, 3), (2, 5)), (-1, 3), ((-3, -1), (2, 3))):
        d.add(uniform(2, 1, 3, 1), axis=axis, size=size)
    d.add(uniform(1, 1), axis=(0, 1), size=(33, 65))
    d.add(uniform(1), axis=0, size=7)
    d.add(uniform(2, 3))
    d.dtypes(uniform(3, 1, 2), axis=1, size=4)
    d.add(uniform(2, 3), axis=1, size=3)


def _like(d) -> None:
    for left, right in (((3, 1), (3, 5)), ((1, 1, 4), (2, 3, 4)), ((1,), (7,)), ((2, 3), (2, 3)), ((1, 65), (33, 65))):
        d.add(uniform(*left), uniform(*right))
    d.add(uniform(1, 2, 1), uniform(5, 6, 7), lhs_axes=(0, 2), rhs_axes=(2, 0))
    d.add(uniform(1, 2, 1), uniform(5, 6, 7), lhs_axes=(-3,), rhs_axes=(-1,))
    d.add(uniform(1, 2, 1), uniform(9), lhs_axes=(2,), rhs_axes=(0,))
    d.add(uniform(2, 3), uniform(2, 4))
    d.dtypes(uniform(3, 1), uniform(3, 5))
    d.add(uniform(3, 1), uniform(3, 5, dtype="int32"))


def _to(d) -> None:
    for shape, target in (
        ((3, 1), (3, 5)),
        ((1, 1, 4), (2, 3, 4)),
        ((1,), (7,)),
        ((2, 3), (2, 3)),
        ((1, 65), (33, 65)),
    ):
        d.add(uniform(*shape), shape=target)
    d.add(uniform(2, 1, 3), shape=(0, 4, 0))
    d.add(uniform(2, 3), shape=(2, 4))
    d.add(uniform(3), shape=(2, 3))
    d.dtypes(uniform(3, 1, 2), shape=(3, 4, 2))


def _where(d) -> None:
    for shape in ((1,), (7,), (3, 5), (2, 3, 4), (33, 65)):
        d.add(integers(*shape, high=2), uniform(*shape), uniform(*shape, low=-3.0))
    d.add(integers(3, high=2), uniform(3, 5), uniform(3, 5, low=-3.0))
    d.add(integers(2, high=2), uniform(2, 3, 4), uniform(2, 3, 4, low=-3.0))
    for dtype in FLOATS + INTEGERS:
        d.add(integers(3, 5, high=2, dtype=dtype), uniform(3, 5, low=-3.0), uniform(3, 5))
        d.add(integers(4, 5, high=2), uniform(4, 5, dtype=dtype), uniform(4, 5, low=-3.0, dtype=dtype))
    d.add(rolled(0), uniform(16), uniform(16, low=-3.0))
    d.add(integers(16, high=2), rolled(0), rolled(1))
    d.add(integers(3, 5, high=2), uniform(3, 5), uniform(3, 4))
    d.add(integers(4, high=2), uniform(3, 5), uniform(3, 5))
