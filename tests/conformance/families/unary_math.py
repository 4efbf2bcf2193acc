"""Functions of single elements."""

from conformance.values import FLOATS, INTEGERS, listed, rolled, special, uniform

# Where the functions are smooth and defined; the others take (-2, 2).
DOMAIN = {
    "arccos": (-0.9, 0.9),
    "arccosh": (1.1, 4),
    "arcsin": (-0.9, 0.9),
    "arctanh": (-0.9, 0.9),
    "cbrt": (0.1, 4),
    "erfinv": (-0.9, 0.9),
    "gamma": (0.3, 4),
    "gammaln": (0.3, 4),
    "hard_sigmoid": (-4, 4),
    "log": (0.1, 4),
    "log10": (0.1, 4),
    "log1p": (-0.5, 4),
    "log2": (0.1, 4),
    "rcbrt": (0.1, 4),
    "reciprocal": (0.3, 4),
    "rsqrt": (0.1, 4),
    "sqrt": (0.1, 4),
    "tan": (-1, 1),
}
BASE = {"clip": {"a_min": -0.7, "a_max": 1.1}, "smooth_l1": {"scalar": 1.0}}
PARAMS = {
    "_contrib_gradientmultiplier": {"scalar": [2.5, -1.0, 0.0], "is_int": [False]},
    "_contrib_quadratic": {"a": [1.5, -2.0], "b": [0.5], "c": [3.0]},
    "clip": {"a_min": [-2.5, 0.0], "a_max": [0.25, 9.0]},
    "hard_sigmoid": {"alpha": [0.5, 1.0], "beta": [0.0, 0.25]},
    "smooth_l1": {"scalar": [0.5, 2.0]},
}
SHAPES = ((1,), (7,), (2, 3, 4), (2, 1, 3, 1, 2), (33, 65))
TOGETHER = {"_contrib_quadratic": {"a": 1.5, "b": 0.5, "c": 3.0}}


def design(d) -> None:
    low, high = DOMAIN.get(d.name, (-2, 2))
    base = BASE.get(d.name, {})
    for shape in SHAPES:
        d.add(uniform(*shape, low=low, high=high), **base)
    d.add(uniform(3, 5, low=low, high=high), **base)
    d.dtypes(uniform(3, 5, low=low, high=high), **base)
    d.add(uniform(3, 5, low=0, high=2, dtype="bool"), **base)
    d.each(uniform(4, 3, low=low, high=high), base=base, **PARAMS.get(d.name, {}))
    if d.name in TOGETHER:
        d.add(uniform(4, 3, low=low, high=high), **TOGETHER[d.name])
    for dtype in FLOATS:
        d.add(special(dtype=dtype), **base)
    for dtype in INTEGERS:
        d.add(rolled(0, 8, dtype=dtype), **base)
    # Large arguments, and the neighbourhood of zero, where naive formulas lose digits.
    d.add(listed(1e-3, -1e-3, 1e-6, -1e-6, 20, -20, 88, -88, 300, -300, 1e5, -1e5, dtype="float64"), **base)
    d.add(listed(1e-3, -1e-3, 1e-6, -1e-6, 9, -9, 20, -20, 85, -85, 1e4, -1e4), **base)
    d.add(uniform(0, 3), np_shape=True, **base)
    d.add(uniform(low=low, high=high), np_shape=True, **base)
