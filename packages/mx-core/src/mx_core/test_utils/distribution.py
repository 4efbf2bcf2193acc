"""Whether drawn numbers have the distribution that they should have."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["chi_square_check", "gen_buckets_probs_with_ppf", "mean_check", "var_check", "verify_generator"]

Generator = Callable[[int], Any]


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Return ``nbuckets`` intervals of equal probability, and the probabilities.

    Args:
        ppf: The quantile function: from a probability to a number.
        nbuckets: How many.
    """
    assert nbuckets > 0, "there must be a bucket"
    ends = [ppf(i / nbuckets) for i in range(nbuckets + 1)]
    return list(pairwise(ends)), [1.0 / nbuckets] * nbuckets


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Return whether the mean of samples lies within three standard errors of ``mu``."""
    mean = float(np.asarray(generator(nsamples), dtype=np.float64).mean())
    return abs(mean - mu) < 3 * sigma / math.sqrt(nsamples)


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Return whether the variance of normal samples lies within three standard errors of ``sigma ** 2``."""
    variance = float(np.asarray(generator(nsamples), dtype=np.float64).var(ddof=1))
    return abs(variance - sigma**2) < 3 * math.sqrt(2 * sigma**4 / (nsamples - 1))


def chi_square_survival(statistic: float, degrees: int) -> float:
    """The probability that a chi-square variable exceeds ``statistic``: Q(degrees / 2, statistic / 2)."""
    a, x = degrees / 2, statistic / 2
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:  # the series of the lower function
        term = total = 1 / a
        n = a
        while abs(term) > 1e-16 * abs(total):
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - front * total)
    b, c = x + 1 - a, 1e300  # the continued fraction of the upper one, by Lentz's method
    d = result = 1 / b
    for i in range(1, 10000):
        step = -i * (i - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        result *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return front * result


def chi_square_check(
    generator: Generator, buckets: list[Any], probs: Sequence[float], nsamples: int = 1000000
) -> tuple[float, np.ndarray, np.ndarray]:
    """Test samples against probabilities.

    Args:
        generator: From a number n to n independent samples.
        buckets: Intervals (low, high) in ascending order, which cover the whole range; or, of a discrete
            distribution, its numbers.
        probs: The probability of each.
        nsamples: How many samples to draw.

    Returns:
        The p value, the frequencies observed, and those expected.
    """
    assert len(probs) == len(buckets), f"{len(buckets)} buckets have {len(probs)} probabilities"
    samples = generator(nsamples)
    samples = np.asarray(samples.asnumpy() if hasattr(samples, "asnumpy") else samples, dtype=np.float64).reshape(-1)
    if isinstance(buckets[0], list | tuple):
        low, high = np.array(buckets, dtype=np.float64).T
        assert (low <= high).all() and (high[:-1] <= low[1:]).all(), "the buckets are not in ascending order"
        observed = np.array([((samples >= a) & (samples < b)).sum() for a, b in zip(low, high)])
    else:
        observed = np.array([(samples == value).sum() for value in buckets])
    expected = nsamples * np.asarray(probs, dtype=np.float64)
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return chi_square_survival(statistic, len(buckets) - 1), observed, expected


def verify_generator(
    generator: Generator,
    buckets: list[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """Raise AssertionError unless enough chi-square tests have a p value above ``alpha``.

    Args:
        generator: See :func:`chi_square_check`, as for ``buckets``, ``probs`` and ``nsamples``.
        buckets: See ``generator``.
        probs: See ``generator``.
        nsamples: See ``generator``.
        nrepeat: How many tests.
        success_rate: The share of them that must succeed.
        alpha: The p value that each must exceed.

    Returns:
        The p values.
    """
    tests = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    values = [p for p, _, _ in tests]
    if sum(p > alpha for p in values) < nrepeat * success_rate:
        _, observed, expected = tests[int(np.argmin(values))]
        raise AssertionError(
            f"the samples are not distributed as they should be: p values {values}; in the worst test {observed} fell "
            f"into {buckets}, where {expected} were expected"
        )
    return values
