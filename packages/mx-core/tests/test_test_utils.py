"""The helpers of ``mx.test_utils``: they pass what is right and refuse what is wrong."""

import logging
import math

import mx_core as mx
import numpy as np
import pytest
from mx_core import nd, sym, test_utils
from mx_core.test_utils import *  # noqa: F403


def test_names():
    for name in test_utils.__all__:
        assert hasattr(test_utils, name)
    assert rnd is np.random and npt is np.testing  # noqa: F405
    with pytest.raises(AttributeError, match="sparse storage is not part of this version"):
        test_utils.create_sparse_array
    with pytest.raises(AttributeError, match="'nonsense'"):
        test_utils.nonsense


def test_equality():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert test_utils.same(nd.array(x), x) and not test_utils.same(x, x + 1)
    assert test_utils.almost_equal(x, x + 1e-8, atol=1e-6) and not test_utils.almost_equal(x, x + 1e-3)
    test_utils.assert_almost_equal(nd.array(x), x + 5e-4)
    test_utils.assert_almost_equal(x, x.astype("float16") + np.float16(0.05))
    test_utils.assert_almost_equal(1.0, 1.000001)
    test_utils.assert_almost_equal(x, x + 0.5, rtol={np.dtype("float32"): 0}, atol={np.dtype("float32"): 0.6})
    test_utils.assert_almost_equal(np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), equal_nan=True)
    test_utils.assert_almost_equal_ignore_nan(np.array([np.nan, 1]), np.array([7, 1.0]))
    test_utils.assert_almost_equal_with_err(x, np.where(x == 3, 9, x), etol=0.2)
    test_utils.assert_allclose(x, x)
    test_utils.assert_almost_equal(x, x[:1], atol=9)  # shapes may broadcast
    wrong = [
        (x, x + 0.5, {}, "differ at 6 of 6"),
        (x, np.array([1, np.nan, 2], np.float32), {}, r"b=nan"),
        (x, x[:1], {"use_broadcast": False, "atol": 9}, "shapes"),
        (x, np.ones(5, np.float32), {}, "shape"),
        (np.array([1, 2]), np.array([1, 3]), {}, "differ at 1 of 2"),
    ]
    for a, b, options, message in wrong:
        with pytest.raises(AssertionError, match=message):
            test_utils.assert_almost_equal(a, b, **options)
    with pytest.raises(AssertionError, match="may"):
        test_utils.assert_almost_equal_with_err(x, x + 1, etol=0.5)


def test_tolerances():
    half, single = np.zeros(1, np.float16), np.zeros(1, np.float32)
    assert test_utils.get_tols(half, single, None, None) == (1e-2, 1e-1)
    assert test_utils.get_tols(single, 1, None, 0.5) == (1e-4, 0.5)
    assert test_utils.get_tolerance(single, {np.dtype("float32"): 7.0}, {}) == 7.0
    assert test_utils.effective_dtype(nd.zeros((1,), dtype="bfloat16")).name == "bfloat16"
    assert test_utils.get_rtol() == 1e-5 and test_utils.get_atol(3) == 3 and test_utils.get_etol() == 0
    assert test_utils.default_numeric_eps()[np.dtype("float32")] == 2**-9


def test_random_arrays():
    with test_utils.random_seed(3):
        assert all(0 < n <= 4 for n in test_utils.rand_shape_nd(5, 4))
        assert {test_utils.rand_shape_2d(1, 1, allow_zero_size=True) for _ in range(99)} > {(0, 0), (1, 1)}
        assert len(test_utils.rand_shape_3d()) == 3
        assert test_utils.random_arrays((2, 3)).shape == (2, 3)
        (uniform,) = test_utils.random_uniform_arrays((1000,), low=2, high=3)
        assert uniform.min() >= 2 and uniform.max() < 3
        assert sorted(test_utils.random_sample([3, 1, 2], 3)) == [1, 2, 3]
        x, y = test_utils.rand_coord_2d(1, 2, 5, 9)
        assert x == 1 and 5 <= y < 9
        assert test_utils.rand_ndarray((2, 3), dtype="float64").dtype == np.float64
        with pytest.raises(mx.MXNetError, match="csr"):
            test_utils.rand_ndarray((2, 3), "csr")
        values = np.linalg.eigvals(test_utils.new_matrix_with_real_eigvals_2d(4))
        assert np.abs(values.imag).max() < 1e-6 and np.abs(values.real).max() <= 10
        batch = test_utils.new_sym_matrix_with_real_eigvals_nd((2, 3, 3))
        np.testing.assert_allclose(batch, batch.swapaxes(1, 2), atol=1e-12)


def test_small_functions():
    x = np.arange(6.0).reshape(2, 3)
    assert test_utils.assign_each(x, math.sqrt)[1, 2] == math.sqrt(5)
    assert (test_utils.assign_each2(x, x, lambda a, b: a + b) == 2 * x).all()
    assert test_utils.np_reduce(x, (0, 1), True, np.sum).shape == (1, 1)
    assert test_utils.np_reduce(x, 1, False, np.max).tolist() == [2, 5]
    assert test_utils.collapse_sum_like(x, (3,)).tolist() == [3, 5, 7]
    assert test_utils.create_2d_tensor(3, 2).asnumpy().tolist() == [[0, 0], [1, 1], [2, 2]]
    a = nd.ones((4,))
    assert test_utils.same_array(a, a[:]) and not test_utils.same_array(a, a.copy())
    one = sym.relu(sym.var("a"))
    assert test_utils.same_symbol_structure(one, sym.relu(sym.var("b")))
    assert not test_utils.same_symbol_structure(one, sym.exp(sym.var("b")))
    test_utils.assert_exception(lambda: 1 / 0, ZeroDivisionError)
    with pytest.raises(AssertionError):
        test_utils.assert_exception(lambda: 1, ZeroDivisionError)
    with test_utils.environment("MX_TEST_VARIABLE", "1"):
        assert test_utils.getenv("MX_TEST_VARIABLE") == "1"
    with test_utils.discard_stderr():
        logging.getLogger("nowhere").error("not seen")


def test_retry():
    calls = []

    @test_utils.retry(3)
    def sometimes(fails):
        calls.append(1)
        assert len(calls) > fails

    sometimes(2)
    assert len(calls) == 3
    with pytest.raises(AssertionError):
        sometimes(9)
    assert len(calls) == 6


def net():
    return sym.sum(sym.square(sym.var("x")) * sym.var("y"), axis=1)


def test_symbols():
    x, y = np.random.RandomState(0).uniform(1, 2, size=(2, 3, 4)).astype(np.float32)
    head = np.array([1, 2, 3], np.float32)
    test_utils.assert_almost_equal(test_utils.simple_forward(net(), x=x, y=y), (x * x * y).sum(1))
    test_utils.check_symbolic_forward(net(), {"x": x, "y": y}, [(x * x * y).sum(1)])
    gradients = [2 * x * y * head[:, None], x * x * head[:, None]]
    for request in ("write", "add", ["add", "null"], {"x": "write", "y": "add"}):
        test_utils.check_symbolic_backward(net(), [x, y], [head], gradients, grad_req=request)
    test_utils.check_numeric_gradient(net(), [x, y], rtol=1e-2, atol=1e-2)
    test_utils.check_numeric_gradient(net(), [x, y], grad_nodes={"x": "add", "y": "null"}, rtol=1e-2, atol=1e-2)
    # What has no gradient stays as it is: a step below the length 1 there is no last element.
    last = mx.sym.SequenceLast(mx.sym.var("x"), mx.sym.var("n"), use_sequence_length=True)
    test_utils.check_numeric_gradient(
        last, [x, np.ones(x.shape[1])], grad_nodes={"x": "write", "n": "null"}, rtol=1e-2, atol=1e-2
    )
    test_utils.check_numeric_gradient(net(), [x, y], numeric_eps=1e-5, dtype=np.float64)
    with pytest.raises(AssertionError, match="output"):
        test_utils.check_symbolic_forward(net(), [x, y], [(x * y).sum(1)])
    with pytest.raises(AssertionError, match="gradient of y"):
        test_utils.check_symbolic_backward(net(), [x, y], [head], [gradients[0], gradients[0]])
    with pytest.raises(ValueError, match="called"):
        test_utils.check_symbolic_forward(net(), {"x": x, "z": y}, [x])
    with pytest.raises(AssertionError, match="gradient of x"):
        wrong = sym.BlockGrad(sym.var("x")) + sym.var("y")
        test_utils.check_numeric_gradient(wrong, [x, y], rtol=1e-2, atol=1e-2)


def test_consistency_and_speed():
    settings = [
        {"ctx": mx.cpu(), "x": (3, 4), "y": (3, 4), "type_dict": {"x": dtype, "y": dtype}}
        for dtype in (np.float64, np.float32, np.float16)
    ]
    truth = test_utils.check_consistency(net(), settings, use_uniform=True)
    assert truth["x"].dtype == np.float64
    test_utils.check_consistency(net(), settings[:2], grad_req="null", scale=0.1)
    with pytest.raises(AssertionError):
        test_utils.check_consistency([net(), net() + 1], [settings[0], settings[0]])
    assert test_utils.check_speed(net(), N=2, x=(3, 4), y=(3, 4)) > 0
    assert test_utils.check_speed(net(), {"x": np.ones((2, 2)), "y": np.ones((2, 2))}, N=2, typ="forward") > 0


def test_distributions():
    with test_utils.random_seed(11):
        uniform = np.random.uniform
        buckets, probs = test_utils.gen_buckets_probs_with_ppf(lambda p: p, 5)
        p, observed, expected = test_utils.chi_square_check(lambda n: uniform(size=n), buckets, probs, 10000)
        assert 0 < p <= 1 and observed.sum() == 10000 and expected.tolist() == [2000] * 5
        test_utils.verify_generator(lambda n: uniform(size=n), buckets, probs, 10000)
        test_utils.verify_generator(lambda n: np.random.randint(0, 3, n), [0, 1, 2], [1 / 3] * 3, 10000)
        with pytest.raises(AssertionError, match="p values"):
            test_utils.verify_generator(lambda n: uniform(size=n) ** 1.1, buckets, probs, 10000, success_rate=0.8)
        assert test_utils.mean_check(lambda n: uniform(size=n), 0.5, 12**-0.5, 10000)
        assert not test_utils.mean_check(lambda n: uniform(size=n), 0.6, 12**-0.5, 10000)
        assert test_utils.var_check(lambda n: np.random.normal(0, 2, n), 2, 10000)
    # Values of tables.
    for statistic, degrees, probability in ((3.841, 1, 0.05), (11.070, 5, 0.05), (20.090, 8, 0.01), (1.145, 5, 0.95)):
        found = test_utils.distribution.chi_square_survival(statistic, degrees)
        assert found == pytest.approx(probability, rel=1e-3)
