"""An array and a number."""

from conformance.values import FLOATS, INTEGERS, integers, rolled, special, uniform

WHOLE = ("equal", "greater", "lesser", "logical")
SHAPES = ((1,), (7,), (2, 3, 4), (2, 1, 3, 1, 2), (33, 65))


def design(d) -> None:
    steps = any(word in d.name for word in WHOLE)
    positive = d.name in ("_power_scalar", "_rdiv_scalar", "_rmod_scalar")
    divides = d.name in ("_rdiv_scalar", "_rmod_scalar", "_div_scalar", "_mod_scalar")

    def data(*shape, dtype="float32"):
        if steps:
            return integers(*shape, low=0, high=3, dtype=dtype)
        low = 0.25 if positive else -2.0
        return uniform(*shape, low=1.0 if divides and dtype in INTEGERS else low, high=3.0, dtype=dtype)

    for shape in SHAPES:
        d.add(data(*shape), scalar=1.0 if steps else 1.5)
    for dtype in FLOATS + INTEGERS + ("bool",):
        d.add(data(3, 5, dtype=dtype), scalar=2.0)
    d.add(data(3, 5))
    if steps:  # where nothing is equal the slope is 0
        d.add(uniform(3, 5), scalar=0.7)
    for dtype in ("float32", "int32"):
        # Fractions are cut off before they reach an array of integers.
        d.add(data(4, 3, dtype=dtype), scalar=2.75, is_int=False)
        d.add(data(4, 3, dtype=dtype), scalar=2.75)
        d.add(data(4, 3, dtype=dtype), scalar=-1.0)
    for scalar in (0.0, 1.0, -2.0, 0.5) if not divides else (1.0, -2.0, 0.5):
        for dtype in ("float32", "float64"):
            d.add(special(dtype=dtype), scalar=scalar)
    d.add(special(dtype="float16"), scalar=2.0)
    d.add(special(), scalar=float("nan"), is_int=False)
    d.add(special(), scalar=float("inf"), is_int=False)
    if not divides:
        for dtype in INTEGERS:
            d.add(rolled(0, 8, dtype=dtype), scalar=2.0)
    else:
        d.add(special(), scalar=0.0)
        d.add(integers(7, low=-7, high=0, dtype="int32"), scalar=3.0)
        d.add(integers(7, low=-7, high=0), scalar=-3.0)
    d.add(uniform(0, 3), np_shape=True, scalar=2.0)
