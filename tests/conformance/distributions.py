"""The distributions that the random operators draw from, and how to call each operator."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from mx_core.test_utils.distribution import chi_square_survival


@dataclass(frozen=True)
class Distribution:
    """``cdf`` of a continuous one, ``pmf`` of one on the numbers 0, 1, 2...; both take the parameters after x."""

    params: dict
    mean: Callable
    variance: Callable
    cdf: Callable | None = None
    pmf: Callable | None = None
    others: tuple = ()  # more values of the parameters, in their order


def upper_gamma(a: float, x: float) -> float:
    """The regularized upper incomplete gamma function."""
    return chi_square_survival(2 * x, 2 * a)


def negative_binomial(x: int, k: float, p: float) -> float:
    return math.exp(math.lgamma(k + x) - math.lgamma(x + 1) - math.lgamma(k) + k * math.log(p) + x * math.log1p(-p))


def generalized(x: int, mu: float, alpha: float) -> float:
    return negative_binomial(x, 1 / alpha, 1 / (1 + mu * alpha))


DISTRIBUTIONS = {
    "uniform": Distribution(
        {"low": -1.5, "high": 2.0},
        lambda low, high: (low + high) / 2,
        lambda low, high: (high - low) ** 2 / 12,
        cdf=lambda x, low, high: (x - low) / (high - low),
        others=((0.0, 1.0), (3.0, 3.5)),
    ),
    "normal": Distribution(
        {"loc": 0.5, "scale": 2.0},
        lambda mu, sigma: mu,
        lambda mu, sigma: sigma**2,
        cdf=lambda x, mu, sigma: 0.5 * math.erfc((mu - x) / (sigma * math.sqrt(2))),
        others=((0.0, 1.0), (-3.0, 0.5)),
    ),
    "exponential": Distribution(
        {"lam": 2.5},
        lambda lam: 1 / lam,
        lambda lam: 1 / lam**2,
        cdf=lambda x, lam: -math.expm1(-lam * x),
        others=((1.0,), (0.25,)),
    ),
    "gamma": Distribution(
        {"alpha": 2.5, "beta": 0.5},
        lambda alpha, beta: alpha * beta,
        lambda alpha, beta: alpha * beta**2,
        cdf=lambda x, alpha, beta: 1 - upper_gamma(alpha, x / beta),
        others=((0.5, 2.0), (9.0, 1.0), (1.0, 1.0)),
    ),
    "poisson": Distribution(
        {"lam": 4.0},
        lambda lam: lam,
        lambda lam: lam,
        pmf=lambda x, lam: math.exp(x * math.log(lam) - lam - math.lgamma(x + 1)),
        others=((0.5,), (30.0,)),
    ),
    "negative_binomial": Distribution(
        {"k": 3, "p": 0.4},
        lambda k, p: k * (1 - p) / p,
        lambda k, p: k * (1 - p) / p**2,
        pmf=negative_binomial,
        others=((1, 0.5), (8, 0.75)),
    ),
    "generalized_negative_binomial": Distribution(
        {"mu": 2.0, "alpha": 0.3},
        lambda mu, alpha: mu,
        lambda mu, alpha: mu + alpha * mu**2,
        pmf=generalized,
        others=((1.0, 1.0), (5.0, 0.1)),
    ),
    "randint": Distribution(
        {"low": 0, "high": 7},
        lambda low, high: (low + high - 1) / 2,
        lambda low, high: ((high - low) ** 2 - 1) / 12,
        pmf=lambda x, low, high: float(low <= x < high) / (high - low),
        others=((0, 2), (0, 100)),
    ),
}


def kolmogorov(samples: np.ndarray, cdf: Callable) -> float:
    """The p value of the largest distance between the distribution of samples and the one that they should have."""
    ordered = np.sort(np.asarray(samples, np.float64))
    n = ordered.size
    wanted = np.array([cdf(float(x)) for x in ordered])
    steps = np.arange(n + 1) / n
    distance = max(np.abs(wanted - steps[:-1]).max(), np.abs(wanted - steps[1:]).max())
    x = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * distance
    return min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101)))


def chi_square(samples: np.ndarray, pmf: Callable) -> float:
    """The p value of how often each number came; rare ones count together."""
    n = samples.size
    found = np.bincount(samples.astype(np.int64))
    expected = np.array([n * pmf(x) for x in range(max(found.size, 200))])
    found = np.pad(found, (0, expected.size - found.size))
    often = expected >= 10
    observed = np.append(found[often], found[~often].sum())
    wanted = np.append(expected[often], max(n - expected[often].sum(), 0.0))
    if wanted[-1] < 5:
        assert observed[-1] < 30, "numbers came that are next to impossible"
        observed, wanted = observed[:-1], wanted[:-1]
    statistic = float(((observed - wanted) ** 2 / wanted).sum())
    return chi_square_survival(statistic, len(observed) - 1)


def p_value(distribution: Distribution, samples: np.ndarray, params: tuple) -> float:
    if distribution.cdf is not None:
        return kolmogorov(samples, lambda x: distribution.cdf(x, *params))
    return chi_square(samples, lambda x: distribution.pmf(x, *params))
