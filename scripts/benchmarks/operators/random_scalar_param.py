from .case import Case
from .distributions import DISTRIBUTIONS


def shaped(params):
    return lambda n: {"shape": (n, n), **params}


CASES = [
    *(
        Case(f"_random_{word}", "x", torch, shaped(params), large=large, passed=False)
        for word, (params, torch, large) in DISTRIBUTIONS.items()
    ),
    Case(
        "_random_randint",
        "x",
        lambda t, x: t.randint(0, 100, x.shape, dtype=t.int32),
        shaped({"low": 0, "high": 100}),
        passed=False,
    ),
]
