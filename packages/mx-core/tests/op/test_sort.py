"""sort, argsort, topk and shuffle."""

import numpy as np
import pytest
from mx_core import MXNetError, autograd, nd, random, sym
from mx_core.test_utils import check_gradient, random_seed

SHAPES = [(1,), (300,), (3, 5), (4, 200), (2, 3, 4), (150, 3)]


def ordered(x, axis, ascending):
    """Places in order; equal elements keep theirs, as in mx."""
    if axis is None:
        x, axis = x.ravel(), 0
    keys = x.astype(np.float64) if x.dtype.kind == "f" else x.astype(np.int64)
    return np.argsort(keys if ascending else -keys, axis=axis, kind="stable")


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint8", "int32", "int64"])
@pytest.mark.parametrize("ascending", [True, False])
def test_against_numpy(dtype, ascending):
    with random_seed() as seed:
        rng = np.random.default_rng(seed)
        for shape in SHAPES:
            x = rng.integers(0 if dtype == "uint8" else -9, 10, shape).astype(dtype)
            for axis in (*range(-len(shape), len(shape)), None):
                places = ordered(x, axis, ascending)
                flat, along = (x.ravel(), 0) if axis is None else (x, axis)
                a = nd.array(x, dtype=dtype)
                got = nd.sort(a, axis=axis, is_ascend=ascending)
                assert got.dtype == np.dtype(dtype)
                np.testing.assert_array_equal(got.asnumpy(), np.take_along_axis(flat, places, along))
                got = nd.argsort(a, axis=axis, is_ascend=ascending, dtype="int32")
                np.testing.assert_array_equal(got.asnumpy(), places)
                for k in {1, places.shape[along] // 20 + 1, places.shape[along]}:
                    first = np.take(places, range(k), along)
                    values, found = a.topk(axis=axis, k=k, ret_typ="both", is_ascend=ascending, dtype="int64")
                    np.testing.assert_array_equal(found.asnumpy(), first)
                    np.testing.assert_array_equal(values.asnumpy(), np.take_along_axis(flat, first, along))
                    mask = np.zeros_like(flat)
                    np.put_along_axis(mask, first, 1, along)
                    got = nd.topk(a, axis=axis, k=k, ret_typ="mask", is_ascend=ascending)
                    np.testing.assert_array_equal(got.asnumpy(), mask.reshape(shape))


def test_long_lines():
    with random_seed() as seed:
        rng = np.random.default_rng(seed)
        for dtype in ("float32", "float64"):
            x = rng.normal(size=100_003).astype(dtype)
            np.testing.assert_array_equal(nd.sort(nd.array(x, dtype=dtype)).asnumpy(), np.sort(x))
            best = nd.topk(nd.array(x, dtype=dtype), k=77, dtype="int64").asnumpy()
            np.testing.assert_array_equal(best, np.argsort(-x, kind="stable")[:77])


def test_defaults():
    x = nd.array([[3, 1, 2], [7, 9, 8]])
    assert nd.topk(x).asnumpy().tolist() == [[0], [1]]
    assert nd.topk(x).dtype == nd.argsort(x).dtype == np.float32
    assert nd.topk(x, k=0, ret_typ="value").asnumpy().tolist() == [[3, 2, 1], [9, 8, 7]]
    assert nd.argsort(nd.arange(300), dtype="uint8").asnumpy()[-1] == 299 % 256
    with pytest.raises(MXNetError, match=r"\[topk\] k is 4.*3 elements"):
        nd.topk(x, k=4)
    with pytest.raises(MXNetError, match=r"\[sort\].*axis"):
        nd.sort(x, axis=2)


def test_nan_is_largest_and_zeros_are_equal():
    x = nd.array([0.0, np.nan, -np.inf, np.inf, -0.0, -1.0])
    assert nd.argsort(x).asnumpy().tolist() == [2, 5, 0, 4, 3, 1]
    assert nd.argsort(x, is_ascend=False).asnumpy().tolist() == [1, 3, 0, 4, 5, 2]
    assert nd.topk(x, k=2).asnumpy().tolist() == [1, 3]


def test_gradients():
    with random_seed() as seed:
        x = np.random.default_rng(seed).permutation(24).reshape(2, 3, 4) * 1.0
        for axis in (0, 1, -1, None):
            check_gradient(lambda a, axis=axis: nd.sort(a, axis=axis, is_ascend=False), x)
            check_gradient(lambda a, axis=axis: nd.topk(a, axis=axis, k=2, ret_typ="value"), x)
            check_gradient(lambda a, axis=axis: nd.topk(a, axis=axis, k=2, ret_typ="both", is_ascend=True)[0], x)


def test_second_gradient_and_constant_results():
    x = nd.array([3.0, 1.0, 2.0])
    x.attach_grad()
    with autograd.record():
        slope = autograd.grad((nd.square(nd.sort(x)) * nd.array([1, 2, 3])).sum(), [x], create_graph=True)[0]
    slope.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), [2 * 3, 2 * 1, 2 * 2])
    with autograd.record():
        y = nd.argsort(x) + nd.topk(x, k=0) + nd.topk(x, ret_typ="mask")
    y.backward()
    assert x.grad.asnumpy().tolist() == [0, 0, 0]


def test_symbols_show_what_was_asked_for():
    x = sym.var("x")
    assert sym.sort(x, name="s").list_outputs() == ["s_output0"]
    both = sym.topk(x, k=2, ret_typ="both", name="t")
    assert both.list_outputs() == ["t_output0", "t_output1"]
    assert both.infer_shape(x=(3, 4))[1] == [(3, 2), (3, 2)]
    assert both.infer_type(x="float16")[1] == [np.float16, np.float32]


def test_shuffle():
    random.seed(5)
    x = nd.arange(2000).reshape((1000, 2))
    y = nd.random.shuffle(x).asnumpy()
    np.testing.assert_array_equal(y[:, 1] - y[:, 0], np.ones(1000))
    np.testing.assert_array_equal(np.sort(y[:, 0]), x.asnumpy()[:, 0])
    assert not np.array_equal(y, x.asnumpy())
    random.seed(5)
    np.testing.assert_array_equal(nd.shuffle(x).asnumpy(), y)


@pytest.mark.parametrize("row", [1, 2])
def test_shuffles_are_equally_likely(row):
    random.seed(6)
    counts = {}
    for _ in range(2400):
        order = tuple(nd.shuffle(nd.arange(4 * row).reshape((4, row)))[:, 0].asnumpy().astype(int) // row)
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 24
    chi_square = sum((n - 100) ** 2 / 100 for n in counts.values())
    assert chi_square < 49.7  # exceeded once in a thousand seeds, with 23 degrees of freedom
