"""Densities of samples, and their gradients."""

from conformance.values import integers, listed, matrix, uniform

POSITIVE = {"low": 0.25, "high": 3.0}


def design(d) -> None:
    name = d.name[len("_random_pdf_") :]
    if name == "dirichlet":
        _dirichlet(d)
        return
    discrete = name in ("poisson", "negative_binomial", "generalized_negative_binomial")

    def sample(*shape, dtype="float32"):
        if discrete:
            return integers(*shape, low=0, high=6, dtype=dtype)
        return uniform(*shape, **POSITIVE, dtype=dtype) if name != "normal" else uniform(*shape, dtype=dtype)

    def params(*shape, dtype="float32"):
        positive = uniform(*shape, **POSITIVE, dtype=dtype)
        return {
            "exponential": (positive,),
            "poisson": (positive,),
            "gamma": (positive, uniform(*shape, low=0.5, high=2.0, dtype=dtype)),
            "normal": (uniform(*shape, dtype=dtype), uniform(*shape, low=0.5, high=2.0, dtype=dtype)),
            "uniform": (
                uniform(*shape, low=-3.0, high=0.25, dtype=dtype),
                uniform(*shape, low=3.0, high=4.0, dtype=dtype),
            ),
            "negative_binomial": (
                integers(*shape, low=1, high=5, dtype=dtype),
                uniform(*shape, low=0.125, high=0.875, dtype=dtype),
            ),
            "generalized_negative_binomial": (positive, uniform(*shape, low=0.5, high=2.0, dtype=dtype)),
        }[name]

    for is_log in (False, True):
        for shape in ((1, 1), (3, 5), (2, 3, 4), (2, 65)):
            d.add(sample(*shape), *params(*shape[:-1]), is_log=is_log)
        for dtype in ("float16", "float64"):
            d.add(sample(3, 4, dtype=dtype), *params(3, dtype=dtype), is_log=is_log)
    if name in ("exponential", "gamma", "uniform"):
        d.add(listed(0, 9, 0.5, 1.5, shape=(2, 2)), *params(2))


def _dirichlet(d) -> None:
    for is_log in (False, True):
        for shape in ((1, 1, 2), (2, 4, 3), (2, 1, 4, 3)):
            alpha = (*shape[:-2], shape[-1])
            d.add(matrix("simplex", *shape), uniform(*alpha, low=0.5, high=3.0), is_log=is_log)
        for dtype in ("float16", "float64"):
            alpha = uniform(2, 3, low=0.5, high=3.0, dtype=dtype)
            d.add(matrix("simplex", 2, 4, 3, dtype=dtype), alpha, is_log=is_log)
