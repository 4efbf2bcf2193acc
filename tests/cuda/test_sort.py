"""What orders and selects elements, on a GPU against the CPU: special values, many dtypes, errors."""

import mx
import numpy as np
import pytest

SPECIAL = [3, -0.0, np.nan, 0.0, -np.inf, np.inf, -3, -np.nan, 3, 1e-40, -1e-40]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("times", [1, 300])  # the few are sorted in shared memory
def test_special_values_by_cub_or_reference_loops(dtype, ascending, times):
    values = np.array(SPECIAL * times, dtype)
    places = [
        mx.nd.argsort(mx.nd.array(values, ctx=ctx, dtype=dtype), is_ascend=ascending, dtype="int64").asnumpy()
        for ctx in (mx.cpu(), mx.gpu(0))
    ]
    np.testing.assert_array_equal(places[1], places[0])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "bool"])
def test_integers_to_their_limits(dtype):
    low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    values = np.array([high, low, 1, 0, high, low, 1], dtype).reshape(1, 7).repeat(3, 0)
    for ascending in (True, False):
        on = [
            mx.nd.topk(mx.nd.array(values, ctx=ctx, dtype=dtype), k=5, ret_typ="both", is_ascend=ascending)
            for ctx in (mx.cpu(), mx.gpu(0))
        ]
        for expected, got in zip(*on, strict=True):
            np.testing.assert_array_equal(got.asnumpy(), expected.asnumpy())


@pytest.mark.parametrize("shape", [(50,), (3000,), (40, 3), (1, 5)])
def test_shuffle_by_cub_or_reference_loops(shape):
    values = np.arange(np.prod(shape)).reshape(shape)
    data = mx.nd.array(values, ctx=mx.gpu(0))
    mx.random.seed(3, ctx=mx.gpu(0))
    orders = [mx.nd.random.shuffle(data).asnumpy() for _ in range(2)]
    for order in orders:
        np.testing.assert_array_equal(order[np.argsort(order.reshape(len(order), -1)[:, :1].ravel())], values)
    if shape[0] > 40:
        assert not (orders[0] == orders[1]).all()
        assert not (orders[0] == values).all()
    mx.random.seed(3, ctx=mx.gpu(0))
    np.testing.assert_array_equal(mx.nd.random.shuffle(data).asnumpy(), orders[0])


def test_places_of_shuffled_entries_are_uniform():
    print("seed 5")
    mx.random.seed(5, ctx=mx.gpu(0))
    data = mx.nd.arange(4, ctx=mx.gpu(0))
    counts = np.zeros((4, 4))
    draws = 240
    for _ in range(draws):
        counts[np.arange(4), mx.nd.random.shuffle(data).asnumpy().astype(int)] += 1
    chi_square = ((counts - draws / 4) ** 2 / (draws / 4)).sum()
    assert chi_square < 27.9  # 9 degrees of freedom: 0.1 %


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kind", ["some", "none", "all"])
def test_boolean_mask_by_cub_or_reference_loops(axis, kind):
    rng = np.random.default_rng(2)
    values = rng.uniform(-1, 1, (4, 5, 3)).astype("float32")
    mask = {"some": rng.integers(0, 2, values.shape[axis]), "none": np.zeros(values.shape[axis])}.get(
        kind, np.ones(values.shape[axis])
    )
    results = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        data = mx.nd.array(values, ctx=ctx)
        data.attach_grad()
        with mx.autograd.record():
            out = mx.nd.contrib.boolean_mask(data, mx.nd.array(mask, ctx=ctx), axis=axis)
            loss = (out * out).sum()
        loss.backward()
        assert out.context == ctx
        results.append((out.asnumpy(), data.grad.asnumpy()))
    for expected, got in zip(*results, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_histogram_with_borders():
    rng = np.random.default_rng(4)
    values = rng.uniform(-1, 1, 3000).astype("float32")
    borders = np.array([-0.9, -0.5, -0.5, 0, 0.1, 0.9], "float32")
    values[:6] = borders
    results = [
        [r.asnumpy() for r in mx.nd.histogram(mx.nd.array(values, ctx=ctx), bins=mx.nd.array(borders, ctx=ctx))]
        for ctx in (mx.cpu(), mx.gpu(0))
    ]
    for expected, got in zip(*results, strict=True):
        np.testing.assert_array_equal(got, expected)
    with pytest.raises(mx.MXNetError, match="must ascend"):
        mx.nd.histogram(mx.nd.array(values, ctx=mx.gpu(0)), bins=mx.nd.array([0, 2, 1], ctx=mx.gpu(0)))


@pytest.mark.parametrize(("name", "wrong"), [("SequenceLast", 0), ("SequenceLast", 6), ("SequenceReverse", 6)])
def test_lengths_of_sequences_are_checked(name, wrong):
    data = mx.nd.ones((5, 2), ctx=mx.gpu(0))
    length = mx.nd.array([2, wrong], ctx=mx.gpu(0))
    with pytest.raises(mx.MXNetError, match=rf"\[{name}\] a sequence_length is {wrong}"):
        getattr(mx.nd, name)(data, length, use_sequence_length=True)


def test_draws_follow_the_probabilities():
    print("seed 9")
    mx.random.seed(9, ctx=mx.gpu(0))
    chances = np.array([[0.1, 0.0, 0.2, 0.7, 0.0], [0.0, 0.5, 0.0, 0.0, 0.5]], "float32")
    drawn = mx.nd.sample_multinomial(mx.nd.array(chances, ctx=mx.gpu(0)), shape=2000).asnumpy()
    for row, chance in zip(drawn, chances, strict=True):
        counts = np.bincount(row, minlength=5)
        assert (counts[chance == 0] == 0).all()
        np.testing.assert_allclose(counts / 2000, chance, atol=0.05)
