"""The distributions that the random families share: parameters in mx, and PyTorch's way to fill an array."""


def gamma(t, x):
    return t._standard_gamma(t.full_like(x, 2.0))


def poisson(t, x):
    return t.poisson(t.full_like(x, 4.0))


def negative_binomial(t, x):
    return t.poisson(t._standard_gamma(t.full_like(x, 3.0)))


SLOW = 512  # side of the large array where a number costs much

# Word: parameters, PyTorch's, the side of the large array.
DISTRIBUTIONS = {
    "uniform": ({"low": -1, "high": 1}, lambda t, x: t.empty_like(x).uniform_(-1, 1), 2048),
    "normal": ({"loc": 1, "scale": 2}, lambda t, x: t.empty_like(x).normal_(1, 2), 2048),
    "exponential": ({"lam": 2}, lambda t, x: t.empty_like(x).exponential_(2), 2048),
    "gamma": ({"alpha": 2, "beta": 1}, gamma, SLOW),
    "poisson": ({"lam": 4}, poisson, SLOW),
    "negative_binomial": ({"k": 3, "p": 0.5}, negative_binomial, SLOW),
    "generalized_negative_binomial": ({"mu": 2, "alpha": 0.5}, negative_binomial, SLOW),
}
