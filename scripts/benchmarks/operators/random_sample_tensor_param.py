from .case import Case
from .distributions import SLOW


def each(n):
    return {"shape": (n,)}


def wide(x):
    """A number for each row, repeated."""
    return x[:, None].expand(-1, len(x)).contiguous()


def negative_binomial(t, k, p):
    return t.poisson(t._standard_gamma(wide(k)) * ((1 - p) / p)[:, None])


def generalized(t, mu, alpha):
    return t.poisson(t._standard_gamma(wide(1 / alpha)) * (mu * alpha)[:, None])


CASES = [
    Case(
        "_sample_uniform",
        "fractions vector",
        lambda t, a, b: t.rand(len(a), len(a)) * (b - a)[:, None] + a[:, None],
        each,
    ),
    Case("_sample_normal", "vector fractions", lambda t, m, s: t.normal(wide(m), wide(s)), each),
    Case("_sample_exponential", "vector", lambda t, r: t.empty(len(r), len(r)).exponential_() / r[:, None], each),
    Case(
        "_sample_gamma", "vector fractions", lambda t, a, b: t._standard_gamma(wide(a)) * b[:, None], each, large=SLOW
    ),
    Case("_sample_poisson", "vector", lambda t, r: t.poisson(wide(r)), each, large=SLOW),
    Case("_sample_negative_binomial", "vector fractions", negative_binomial, each, large=SLOW),
    Case("_sample_generalized_negative_binomial", "vector fractions", generalized, each, large=SLOW),
    Case(
        "_sample_multinomial",
        "probabilities",
        lambda t, p: t.multinomial(p, len(p), replacement=True),
        each,
        large=SLOW,
    ),
    Case("_sample_unique_zipfian", "", None, lambda n: {"range_max": 100_000, "shape": (1, 20 * n)}, large=SLOW),
]
