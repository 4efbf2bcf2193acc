"""Softmax and its relatives."""

from conformance.values import FLOATS, INTEGERS, integers, listed, special, uniform


def design(d) -> None:
    for shape in ((1,), (7,), (3, 5), (2, 3, 4), (2, 1, 3, 1, 2), (33, 65)):
        if d.name != "SoftmaxActivation" or len(shape) > 1:
            d.add(uniform(*shape))
    d.dtypes(uniform(3, 5), dtypes=FLOATS + INTEGERS)
    d.add(listed(0, 80, -80, 100, 0, 0, 1000, -1000, 0, shape=(3, 3)))
    d.add(special(4, 4))
    d.add(listed(float("-inf"), 0, 1, shape=(1, 3)))
    if d.name == "SoftmaxActivation":
        for shape in ((2, 3), (2, 3, 4), (2, 3, 4, 5)):
            d.add(uniform(*shape, low=-3.0), mode="channel")
            d.add(uniform(*shape, low=-3.0), mode="instance")
        return
    for axis in (0, 1, 2, -1, -2, -3):
        d.add(uniform(2, 3, 4), axis=axis)
    for temperature in (0.5, 1.0, 4.0):
        d.add(uniform(4, 3), temperature=temperature)
        d.add(uniform(4, 3), temperature=temperature, axis=0)
    for dtype in FLOATS:
        d.add(uniform(4, 3), dtype=dtype)
        d.add(uniform(4, 3, dtype="float16"), dtype=dtype)
    d.add(uniform(4, 3), axis=2)
    if d.name == "softmax":
        for kind in ("int32", "int64", "float32"):
            lengths = integers(4, low=1, high=4, dtype=kind)
            d.add(uniform(4, 3), lengths, gradients=(0,), use_length=True)
        lengths = integers(2, 4, low=1, high=4, dtype="int32")
        d.add(uniform(2, 3, 4), lengths, use_length=True, axis=1)
        d.add(uniform(2, 3, 4), lengths, use_length=True, axis=1, temperature=2.0)
