"""Two arrays of one shape, and sums of several."""

from conformance.values import FLOATS, INTEGERS, integers, rolled, uniform

COMPARING = ("_equal", "_greater", "_greater_equal", "_lesser", "_lesser_equal", "_not_equal")
LOGICAL = ("_logical_and", "_logical_or", "_logical_xor")
DIVIDING = ("elemwise_div", "_mod", "_scatter_elemwise_div")
SHAPES = ((1,), (7,), (2, 3, 4), (2, 1, 3, 1, 2), (33, 65))


def design(d) -> None:
    if d.name == "add_n":
        _sums(d)
        return

    def pair(*shape, dtype="float32"):
        if d.name in COMPARING + LOGICAL:  # equal elements and zeros must occur
            return integers(*shape, low=0, high=3, dtype=dtype), integers(*shape, low=0, high=3, dtype=dtype)
        low = 0.25 if d.name in (*DIVIDING, "_power") else -2.0
        return uniform(*shape, low=low, high=3.0, dtype=dtype), uniform(*shape, low=low, high=2.0, dtype=dtype)

    for shape in SHAPES:
        d.add(*pair(*shape))
    for dtype in FLOATS + INTEGERS + ("bool",):
        d.add(*pair(3, 5, dtype=dtype))
    for dtype in FLOATS:
        for start in (0, 1, 5):
            d.add(rolled(0, dtype=dtype), rolled(start, dtype=dtype))
    if d.name not in DIVIDING:  # 1.9.1 dies of integer divisions by zero
        for dtype in INTEGERS:
            d.add(rolled(0, 8, dtype=dtype), rolled(3, 8, dtype=dtype))
    else:
        d.add(integers(6, low=-7, high=8, dtype="int32"), integers(6, low=1, high=4, dtype="int32"))
        d.add(integers(6, low=-7, high=8), integers(6, low=-3, high=0))
    if d.name in COMPARING + LOGICAL:  # where nothing is equal the slope is 0
        d.add(uniform(3, 4), uniform(3, 4, low=-3.0))
    d.add(uniform(2, 3), uniform(3, 2))
    d.add(uniform(2, 3), uniform(2, 3, dtype="float64"))
    d.add(uniform(0, 3), uniform(0, 3), np_shape=True)


def _sums(d) -> None:
    for count in (1, 2, 3, 5, 9):
        d.add(*(uniform(2, 3, low=-2 - i) for i in range(count)))
    for shape in SHAPES:
        d.add(uniform(*shape), uniform(*shape, low=-3.0), uniform(*shape, low=-1.0))
    for dtype in FLOATS + INTEGERS:
        d.add(uniform(3, 5, dtype=dtype), uniform(3, 5, low=-3.0, dtype=dtype))
    d.add(rolled(0), rolled(1), rolled(5))
