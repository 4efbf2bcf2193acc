"""Random operators: distributions by their functions, parameters in arrays, seeds, dtypes and errors."""

import math

import numpy as np
import pytest
from mx_core import autograd, nd, random, sym
from mx_core.base import MXNetError

N = 40000
SEED = 11


@pytest.fixture(autouse=True)
def seeded() -> None:
    random.seed(SEED)
    print(f"seed {SEED}")


def kolmogorov_smirnov(sample: np.ndarray, cdf: np.ndarray) -> float:
    """The statistic times the root of n; beyond 1.95 with a probability of 0.001."""
    n = sample.size
    steps = np.arange(n + 1) / n
    return max(np.abs(cdf - steps[1:]).max(), np.abs(cdf - steps[:-1]).max()) * math.sqrt(n)


def check_continuous(sample: nd.NDArray, cdf) -> None:
    x = np.sort(sample.asnumpy().astype("float64").ravel())
    assert kolmogorov_smirnov(x, np.vectorize(cdf)(x)) < 2.3


def check_counts(sample: nd.NDArray, log_probability) -> None:
    """Chi-square over the counts that are expected at least 20 times."""
    x = sample.asnumpy().astype("float64").ravel()
    assert (x == np.floor(x)).all()
    assert (x >= 0).all()
    expected = np.array([x.size * math.exp(log_probability(k)) for k in range(int(x.max()) + 50)])
    observed = np.bincount(x.astype(int), minlength=expected.size)
    often = expected >= 20
    assert often.sum() > 1
    cells = (
        np.append(observed[often], observed[~often].sum()),
        np.append(expected[often], x.size - expected[often].sum()),
    )
    keep = cells[1] > 1
    statistic = ((cells[0] - cells[1])[keep] ** 2 / cells[1][keep]).sum()
    freedom = keep.sum() - 1
    assert statistic < freedom + 4.5 * math.sqrt(2 * freedom) + 6


def erlang(k: int, scale: float):
    return lambda x: 1 - sum(math.exp(-x / scale) * (x / scale) ** i / math.factorial(i) for i in range(k))


def poisson(mean: float):
    return lambda k: k * math.log(mean) - mean - math.lgamma(k + 1)


def negative_binomial(r: float, p: float):
    return lambda k: math.lgamma(k + r) - math.lgamma(k + 1) - math.lgamma(r) + r * math.log(p) + k * math.log1p(-p)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_continuous_distributions(dtype: str) -> None:
    draw = {"shape": (N,), "dtype": dtype}
    check_continuous(nd.random.uniform(-1, 3, **draw), lambda x: (x + 1) / 4)
    check_continuous(nd.random.normal(1, 2, **draw), lambda x: 0.5 * (1 + math.erf((x - 1) / 2 / math.sqrt(2))))
    check_continuous(nd.random.exponential(0.5, **draw), lambda x: 1 - math.exp(-2 * x))
    check_continuous(nd.random.gamma(3, 0.5, **draw), erlang(3, 0.5))
    check_continuous(nd.random.gamma(40, 2, **draw), erlang(40, 2))
    check_continuous(nd.random.gamma(0.5, 2, **draw), lambda x: math.erf(math.sqrt(x / 2)))


@pytest.mark.parametrize("mean", [0.3, 4.0, 9.9, 10.1, 30.0, 250.0])
def test_poisson(mean: float) -> None:
    check_counts(nd.random.poisson(mean, shape=(N,)), poisson(mean))


def test_negative_binomials() -> None:
    check_counts(nd.random.negative_binomial(3, 0.4, shape=(N,)), negative_binomial(3, 0.4))
    check_counts(nd.random.negative_binomial(1, 0.9, shape=(N,)), negative_binomial(1, 0.9))
    for mu, alpha in ((2.0, 0.3), (20.0, 1.5)):
        sample = nd.random.generalized_negative_binomial(mu, alpha, shape=(N,))
        check_counts(sample, negative_binomial(1 / alpha, 1 / (1 + mu * alpha)))
    check_counts(nd.random.generalized_negative_binomial(3, 0, shape=(N,)), poisson(3))


LIKE = {
    "uniform": ({"low": 1, "high": 3}, 2, 1 / 3),
    "normal": ({"loc": 1, "scale": 2}, 1, 4),
    "exponential": ({"lam": 4}, 0.25, 1 / 16),
    "gamma": ({"alpha": 2, "beta": 3}, 6, 18),
    "poisson": ({"lam": 7}, 7, 7),
    "negative_binomial": ({"k": 2, "p": 0.25}, 6, 24),
    "generalized_negative_binomial": ({"mu": 3, "alpha": 0.5}, 3, 7.5),
}


@pytest.mark.parametrize("name", LIKE)
def test_like(name: str) -> None:
    params, mean, variance = LIKE[name]
    for dtype in ("float32", "float16", "float64"):
        y = getattr(nd.random, f"{name}_like")(nd.zeros((100, 200), dtype=dtype), **params)
        assert y.shape == (100, 200)
        assert y.dtype == np.dtype(dtype)
        x = y.asnumpy().astype("float64")
        assert abs(x.mean() - mean) < 5 * math.sqrt(variance / x.size)
        assert abs(x.var() / variance - 1) < 0.15
    net = getattr(sym.random, f"{name}_like")(sym.var("x"), **params)
    assert net.infer_shape(x=(2, 3))[1] == [(2, 3)]


@pytest.mark.parametrize("name", LIKE)
def test_parameters_in_arrays(name: str) -> None:
    params, mean, variance = LIKE[name]
    sampler = getattr(nd, f"sample_{name}")
    for kind in ("float32", "float64"):
        columns = [nd.array(np.full((2, 3), value), dtype=kind) for value in params.values()]
        y = sampler(*columns, shape=(50, 60), dtype="float64")
        assert y.shape == (2, 3, 50, 60)
        x = y.asnumpy().reshape(6, 3000)
        assert (np.abs(x.mean(axis=1) - mean) < 5 * math.sqrt(variance / 3000)).all()
        assert len(np.unique(x[:, :20], axis=0)) == 6  # every row has numbers of its own
    assert sampler(*columns).shape == (2, 3)
    assert sampler(*columns).dtype == np.float32
    inputs = [sym.var(key) for key in params]
    net = getattr(sym, f"sample_{name}")(*inputs, shape=(4,))
    assert net.infer_shape(**{next(iter(params)): (2, 3)})[1] == [(2, 3, 4)]


def test_parameters_differ_from_row_to_row() -> None:
    scales = nd.array([0.01, 1, 100])
    for sample in (nd.random.gamma(scales * 0 + 4, scales, shape=2000), nd.random.exponential(4 * scales, shape=2000),
                   nd.random.normal(4 * scales, scales, shape=2000)):  # fmt: skip
        np.testing.assert_allclose(sample.asnumpy().mean(axis=1), 4 * scales.asnumpy(), rtol=0.15)
    means = nd.array([0.5, 8, 300])
    np.testing.assert_allclose(nd.random.poisson(means, shape=2000).asnumpy().mean(axis=1), means.asnumpy(), rtol=0.1)


def test_gradients_by_parameters_are_zero() -> None:
    alpha, beta = nd.ones((3,)), nd.ones((3,))
    for x in (alpha, beta):
        x.attach_grad()
        x.grad[:] = 7
    with autograd.record():
        y = nd.random.gamma(alpha, beta, shape=4)
    y.backward()
    assert not alpha.grad.asnumpy().any()
    assert not beta.grad.asnumpy().any()


def test_numbers_at_the_border() -> None:
    assert not nd.random.poisson(0, shape=9).asnumpy().any()
    assert not nd.random.negative_binomial(0, 0.5, shape=9).asnumpy().any()
    assert not nd.random.negative_binomial(3, 1, shape=9).asnumpy().any()
    assert not nd.random.generalized_negative_binomial(0, 1, shape=9).asnumpy().any()
    strange = nd.array([-1, np.nan, 0])
    np.testing.assert_array_equal(nd.sample_poisson(strange).asnumpy(), [np.nan, np.nan, 0])
    np.testing.assert_array_equal(nd.sample_gamma(strange, strange).asnumpy(), [np.nan] * 3)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: nd.random_exponential(lam=0, shape=1), r"\[_random_exponential\] lam is 0, but must be positive"),
        (lambda: nd.random_gamma(alpha=0, shape=1), r"\[_random_gamma\] alpha is 0 and beta is 1"),
        (lambda: nd.random_poisson(lam=-1, shape=1), r"\[_random_poisson\] lam is -1"),
        (lambda: nd.random_negative_binomial(p=0, shape=1), r"\[_random_negative_binomial\] k is 1 and p is 0"),
        (lambda: nd.random_generalized_negative_binomial(mu=-3, shape=1), r"mu is -3 and alpha is 1"),
        (lambda: nd.random_uniform(low=2, high=1, shape=1), r"\[_random_uniform\] low is 2"),
        (lambda: nd.random_gamma(dtype="int32", shape=1), "int32 is no floating dtype"),
        (lambda: nd.random.poisson_like(nd.ones((2,), dtype="int32")), "int32 is no floating dtype"),
    ],
)
def test_errors(call, message: str) -> None:
    with pytest.raises(MXNetError, match=message):
        call()


def test_seeds_repeat_every_distribution() -> None:
    def run() -> list[np.ndarray]:
        random.seed(5)
        drawn = [
            nd.random.gamma(0.7, 2, shape=999),
            nd.random.poisson(20, shape=999),
            nd.random.exponential(2, shape=9),
        ]
        drawn.append(nd.random.multinomial(nd.array([[0.2, 0.8]]), shape=99))
        return [d.asnumpy() for d in drawn + nd._internal._sample_unique_zipfian(50, shape=(3, 20))]

    for a, b in zip(run(), run()):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(nd.random.gamma(shape=99).asnumpy(), nd.random.gamma(shape=99).asnumpy())
