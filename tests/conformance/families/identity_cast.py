"""Copies, conversions, and arrays in the shape of others."""

from conformance.values import FLOATS, INTEGERS, rolled, special, uniform

SHAPES = ((1,), (7,), (2, 3, 4), (2, 1, 3, 1, 2), (33, 65))
ALL = (*FLOATS, *INTEGERS, "bool")


def design(d) -> None:
    if d.name in ("Cast", "amp_cast"):
        _casts(d)
        return
    if d.name == "amp_multicast":
        _multicast(d)
        return
    if d.name == "_identity_with_attr_like_rhs":
        for shape in SHAPES:
            d.add(uniform(*shape), uniform(*shape, low=-3.0))
        d.dtypes(uniform(3, 5), uniform(3, 5, low=-3.0))
        return
    if d.name == "_CrossDeviceCopy":
        d.add(uniform(3, 5))
        return
    if d.name == "_NoGradient":
        d.add()
        return
    if d.name == "_copyto":
        for shape in SHAPES:
            d.add(uniform(*shape), uniform(*shape, low=-3.0), out=(1,), passed=1)
        for source in ALL:
            d.add(uniform(3, 5, dtype=source, low=0), uniform(3, 5, dtype=source, high=1), out=(1,), passed=1)
        d.add(uniform(3, 5), uniform(3, 5, dtype="float64"), out=(1,), passed=1)
        return
    for shape in SHAPES:
        d.add(uniform(*shape))
    for dtype in ALL:
        d.add(uniform(3, 5, dtype=dtype))
    for dtype in FLOATS:
        d.add(special(dtype=dtype))
    for dtype in INTEGERS:
        d.add(rolled(0, 8, dtype=dtype))
    d.add(uniform(0, 3), np_shape=True)


def _casts(d) -> None:
    targets = ALL if d.name == "Cast" else ALL[:-1]
    for source in targets if d.name == "Cast" else FLOATS:
        for target in targets:
            d.add(
                uniform(3, 5, low=0 if "u" in target + source or "b" in target + source else -3, dtype=source),
                dtype=target,
            )
    for source in FLOATS:
        for target in FLOATS:
            d.add(special(dtype=source), dtype=target)
    if d.name == "Cast":
        for source in INTEGERS:
            for target in ("float16", "float32", "float64", "uint8", "int8", "int32", "int64", "bool"):
                d.add(rolled(0, 8, dtype=source), dtype=target)
    for shape in SHAPES:
        d.add(uniform(*shape), dtype="float64")


def _multicast(d) -> None:
    half, single = uniform(2, 3, dtype="float16"), uniform(2, 3)
    d.add(half, single, num_outputs=2)
    d.add(single, half, num_outputs=2)
    d.add(half, single, num_outputs=2, cast_narrow=True)
    d.add(single, single, num_outputs=2)
    d.add(half, half, num_outputs=2)
    d.add(single, uniform(4), uniform(33, 65, dtype="float16"), num_outputs=3)
