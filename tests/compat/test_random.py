"""The random operators: distributions, moments, seeds, shapes, dtypes, threads, gradients.

The numbers are not those of MXNet 1.9.1, which depend on its streams; what they are distributed like is.
"""

import math

import mx
import numpy as np
import pytest
from conformance import catalogue
from conformance.distributions import DISTRIBUTIONS, p_value
from conformance.run import function

SEED, COUNT = 20261, 20000
# Fixed seeds: what passes once passes always. One in a thousand right generators would fail at the first try.
UNLIKELY = 1e-3
PRESENT = {
    name: op
    for name, op in catalogue.tensor_operators().items()
    if op.family in catalogue.RANDOM_FAMILIES and name not in catalogue.missing()
}
FIXED = [name for name in PRESENT if name.startswith("_random_") and not name.endswith("_like")]
LIKE = [name for name in PRESENT if name.endswith("_like")]
SAMPLED = [name for name in PRESENT if name.removeprefix("_sample_") in DISTRIBUTIONS]


def distribution_of(name):
    return DISTRIBUTIONS[name.removeprefix("_random_").removeprefix("_sample_").removesuffix("_like")]


def draw(name, shape, params=None, seed=SEED, **options):
    """Numbers of an operator with parameters that are numbers."""
    mx.random.seed(seed)
    given = distribution_of(name).params if params is None else params
    if name in LIKE:
        return function(mx.nd, name)(mx.nd.zeros(shape, **options), **given)
    return function(mx.nd, name)(**given, shape=shape, **options)


def arrays_of(name, dtype="float32"):
    """Arrays of several values of every parameter."""
    distribution = distribution_of(name)
    rows = [tuple(distribution.params.values()), *distribution.others]
    return rows, [mx.nd.array(column, dtype=dtype) for column in zip(*rows)]


def test_every_operator_is_tested():
    others = {"_sample_multinomial", "_sample_unique_zipfian"}
    assert set(PRESENT) == {*FIXED, *LIKE, *SAMPLED, *(others & set(PRESENT))}


@pytest.mark.parametrize("name", [*FIXED, *LIKE])
def test_distribution_and_moments(name):
    distribution = distribution_of(name)
    names = list(distribution.params)
    for row in [tuple(distribution.params.values()), *distribution.others]:
        samples = draw(name, (COUNT,), dict(zip(names, row))).asnumpy().astype(np.float64)
        p = p_value(distribution, samples, row)
        assert p > UNLIKELY, f"{name}{row} with seed {SEED}: p = {p}"
        mean, variance = distribution.mean(*row), distribution.variance(*row)
        assert abs(samples.mean() - mean) < 4.5 * math.sqrt(variance / COUNT), row
        # The error of a variance: from the fourth moment of the sample itself.
        fourth = ((samples - samples.mean()) ** 4).mean()
        assert abs(samples.var() - variance) < 5 * math.sqrt(max(fourth - variance**2, variance**2) / COUNT), row


@pytest.mark.parametrize("name", SAMPLED)
def test_distribution_with_arrays_of_parameters(name):
    rows, arrays = arrays_of(name)
    mx.random.seed(SEED)
    samples = function(mx.nd, name)(*arrays, shape=(COUNT,)).asnumpy()
    assert samples.shape == (len(rows), COUNT)
    for row, line in zip(rows, samples):
        p = p_value(distribution_of(name), line, row)
        assert p > UNLIKELY, f"{name}{row} with seed {SEED}: p = {p}"


@pytest.mark.parametrize("name", [*FIXED, *LIKE])
def test_seeds(name):
    first = draw(name, (100,)).asnumpy()
    given = distribution_of(name).params
    again = (
        function(mx.nd, name)(mx.nd.zeros((100,)), **given)
        if name in LIKE
        else function(mx.nd, name)(**given, shape=(100,))
    )
    assert not np.array_equal(first, again.asnumpy()), "the second draw repeats the first"
    np.testing.assert_array_equal(draw(name, (100,)).asnumpy(), first)
    assert not np.array_equal(draw(name, (100,), seed=SEED + 1).asnumpy(), first)
    mx.random.seed(SEED, ctx=mx.cpu())
    if name not in LIKE:
        np.testing.assert_array_equal(function(mx.nd, name)(**given, shape=(100,)).asnumpy(), first)


@pytest.mark.parametrize("name", [*FIXED, *LIKE, *SAMPLED])
def test_threads_draw_the_same(name):
    def run():
        if name in SAMPLED:
            mx.random.seed(SEED)
            return function(mx.nd, name)(*arrays_of(name)[1], shape=(30011,)).asnumpy()
        return draw(name, (300, 401)).asnumpy()

    threads = mx.engine.num_threads()
    try:
        found = []
        for count in (1, 2, 3):
            mx.engine.set_num_threads(count)
            found.append(run())
    finally:
        mx.engine.set_num_threads(threads)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def choices(name):
    (kind,) = (kind for param, kind, _ in PRESENT[name].params if param == "dtype")
    return [choice.strip(" '") for choice in kind.strip("{}").split(",") if "None" not in choice]


@pytest.mark.parametrize("name", FIXED)
def test_shapes_types_and_devices(name):
    usual = np.int32 if name == "_random_randint" else np.float32
    for shape in ((1,), (3, 4), (2, 1, 5)):
        made = draw(name, shape)
        assert made.shape == shape and made.dtype == usual and made.context == mx.cpu()
    for dtype in choices(name):
        made = draw(name, (50,), dtype=dtype)
        assert made.dtype == np.dtype(dtype) and np.isfinite(made.asnumpy().astype(np.float64)).all()
    assert draw(name, (2,), ctx="cpu(1)").context == mx.cpu(1)
    out = mx.nd.empty((4, 5), dtype=usual)
    mx.random.seed(SEED)
    assert function(mx.nd, name)(**distribution_of(name).params, shape=(4, 5), out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), draw(name, (4, 5)).asnumpy())


@pytest.mark.parametrize("name", LIKE)
def test_shapes_and_types_of_others(name):
    for dtype in ("float16", "float32", "float64"):
        made = draw(name, (3, 4), dtype=dtype)
        assert made.shape == (3, 4) and made.dtype == np.dtype(dtype)


@pytest.mark.parametrize("name", SAMPLED)
def test_shapes_and_types_with_arrays(name):
    call = function(mx.nd, name)
    rows, arrays = arrays_of(name)
    for shape in ((), (1,), (2, 3)):
        assert call(*arrays, shape=shape).shape == (len(rows), *shape)
    matrices = [array.reshape((1, -1)) for array in arrays]
    assert call(*matrices, shape=(5,)).shape == (1, len(rows), 5)
    for dtype in choices(name):
        assert call(*arrays, dtype=dtype).dtype == np.dtype(dtype)
    assert call(*arrays_of(name, "float64")[1]).dtype == np.float32  # as in 1.9.1, whatever the parameters are


@pytest.mark.parametrize("name", [*FIXED, *LIKE])
def test_symbols_draw_anew_in_every_call(name):
    given = distribution_of(name).params
    node = (
        function(mx.sym, name)(mx.sym.var("x"), **given)
        if name in LIKE
        else function(mx.sym, name)(**given, shape=(50,))
    )
    executor = node.bind(mx.cpu(), {"x": mx.nd.zeros((50,))} if name in LIKE else {})
    mx.random.seed(SEED)
    first, second = (executor.forward()[0].asnumpy() for _ in range(2))
    assert first.shape == (50,) and not np.array_equal(first, second)
    mx.random.seed(SEED)
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), first)


@pytest.mark.parametrize("name", [*LIKE, *SAMPLED])
def test_gradients_are_zero(name):
    """Nothing of what is drawn depends on its parameters, as in 1.9.1."""
    arrays = arrays_of(name)[1] if name in SAMPLED else [mx.nd.ones((4,))]
    params = {} if name in SAMPLED else distribution_of(name).params
    for array in arrays:
        array.attach_grad()
        array.grad[:] = 7
    with mx.autograd.record():
        drawn = function(mx.nd, name)(*arrays, **params)
    drawn.backward()
    for array in arrays:
        np.testing.assert_array_equal(array.grad.asnumpy(), np.zeros(array.shape))


@pytest.mark.skipif("_sample_multinomial" not in PRESENT, reason="_sample_multinomial is listed as missing")
def test_multinomial():
    weights = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.0, 0.3, 0.0]])
    probabilities = mx.nd.array(weights)
    mx.random.seed(SEED)
    drawn, logs = mx.nd.sample_multinomial(probabilities, shape=(COUNT,), get_prob=True)
    assert drawn.shape == logs.shape == (2, COUNT) and drawn.dtype == np.int32
    for row, line, log in zip(weights, drawn.asnumpy(), logs.asnumpy()):
        found = np.bincount(line, minlength=4) / COUNT
        assert (np.abs(found - row) < 4.5 * np.sqrt(row * (1 - row) / COUNT) + 1e-12).all()
        np.testing.assert_allclose(log, np.log(row[line]), rtol=1e-6)
    assert mx.nd.sample_multinomial(probabilities).shape == (2,)
    assert mx.nd.sample_multinomial(probabilities[0], shape=(2, 3)).shape == (2, 3)
    for dtype in ("uint8", "int32", "float16", "float32", "float64"):
        assert mx.nd.sample_multinomial(probabilities, dtype=dtype).dtype == np.dtype(dtype)
    # The gradient of the logarithm of what was drawn is one over its probability.
    probabilities.attach_grad()
    with mx.autograd.record():
        drawn, logs = mx.nd.sample_multinomial(probabilities, shape=(50,), get_prob=True)
    logs.backward()
    counts = np.array([np.bincount(line, minlength=4) for line in drawn.asnumpy()])
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.where(counts, counts / weights, 0)
    np.testing.assert_allclose(probabilities.grad.asnumpy(), wanted, rtol=1e-5)


@pytest.mark.skipif("_sample_unique_zipfian" not in PRESENT, reason="_sample_unique_zipfian is listed as missing")
def test_unique_zipfian():
    mx.random.seed(SEED)
    most, shape = 1000, (40, 30)
    drawn, trials = function(mx.nd, "_sample_unique_zipfian")(range_max=most, shape=shape)
    drawn, trials = drawn.asnumpy(), trials.asnumpy()
    assert drawn.shape == shape and trials.shape == shape[:1]
    assert all(len(set(row)) == shape[1] for row in drawn), "a row repeats a number"
    assert drawn.min() >= 0 and drawn.max() < most and (trials >= shape[1]).all()
    # How often small numbers are in a row: 1 - (1 - P(k)) ** trials.
    probability = [math.log((k + 2) / (k + 1)) / math.log(most + 1) for k in range(5)]
    for k, p in enumerate(probability):
        wanted = np.mean(1 - (1 - p) ** trials)
        assert abs((drawn == k).any(1).mean() - wanted) < 4.5 * math.sqrt(0.25 / shape[0]), k
