"""UpSampling."""

import numpy as np
import pytest
from mx_core import nd, sym
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)


def nearest(x, scale):
    return x.repeat(scale, 2).repeat(scale, 3)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 4, 5), (1, 2, 33, 17)])
@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nearest(shape, scale, dtype):
    x = RNG.normal(size=shape).astype(dtype)
    got = nd.UpSampling(nd.array(x, dtype=dtype), scale=scale, sample_type="nearest")
    assert got.dtype == x.dtype
    np.testing.assert_array_equal(got.asnumpy(), nearest(x, scale))


@pytest.mark.parametrize("mode", ["concat", "sum"])
def test_several_inputs(mode):
    a, b, c = RNG.normal(size=(2, 3, 2, 3)), RNG.normal(size=(2, 3, 4, 6)), RNG.normal(size=(2, 3, 8, 12))

    def function(*arrays):
        return nd.UpSampling(*arrays, scale=4, sample_type="nearest", multi_input_mode=mode)

    parts = [nearest(a, 4), nearest(b, 2), c]
    want = np.concatenate(parts, 1) if mode == "concat" else sum(parts)
    got = function(*(nd.array(x, dtype="float64") for x in (a, b, c)))
    np.testing.assert_allclose(got.asnumpy(), want, rtol=1e-15)
    check_gradient(function, a, b, c)


@pytest.mark.parametrize("scale", [2, 3])
def test_bilinear(scale):
    kernel = 2 * scale - scale % 2
    x, weight = RNG.normal(size=(2, 3, 4, 5)), RNG.normal(size=(3, 1, kernel, kernel))

    def function(data, filters):
        return nd.UpSampling(data, filters, scale=scale, sample_type="bilinear", num_filter=3)

    assert function(nd.array(x), nd.array(weight)).shape == (2, 3, 4 * scale, 5 * scale)
    check_gradient(function, x, weight)


def test_bilinear_of_a_ramp_is_a_ramp():
    tent = np.array([0.25, 0.75, 0.75, 0.25])
    weight = nd.array(np.outer(tent, tent)[None, None])
    ramp = nd.array(np.tile(np.arange(6.0), (4, 1))[None, None])
    got = nd.UpSampling(ramp, weight, scale=2, sample_type="bilinear", num_filter=1).asnumpy()[0, 0, 2]
    np.testing.assert_allclose(got[1:-1], np.arange(10) / 2 + 0.25, rtol=1e-6)


def test_symbol():
    layer = sym.UpSampling(sym.var("data"), scale=2, sample_type="nearest", name="up")
    assert layer.list_arguments() == ["data"]
    assert layer.list_outputs() == ["up_output"]
    assert layer.infer_shape(data=(2, 3, 4, 5))[1] == [(2, 3, 8, 10)]


def test_inputs_that_do_not_fit():
    with pytest.raises(MXNetError, match=r"\[UpSampling\].*\(1, 1, 3, 3\)"):
        nd.UpSampling(nd.ones((1, 1, 2, 2)), nd.ones((1, 1, 3, 3)), scale=2, sample_type="nearest")


def test_inputs_of_symbols_are_called_as_in_1_9_1():
    bilinear = sym.UpSampling(sym.var("x"), scale=2, num_filter=3, sample_type="bilinear", num_args=2, name="up")
    assert bilinear.list_arguments() == ["x", "up_weight"]
    assert bilinear.attr_dict()["up_weight"]["__init__"] == '["bilinear", {}]'
    assert bilinear.infer_shape(x=(1, 3, 4, 4))[0] == [(1, 3, 4, 4), (3, 1, 4, 4)]
    named = sym.UpSampling(
        weight=sym.var("w"), data=sym.var("x"), scale=2, num_filter=3, sample_type="bilinear", num_args=2
    )
    assert named.list_arguments() == ["x", "w"] and "__init__" in named.attr_dict()["w"]
    nearest = sym.UpSampling(scale=2, sample_type="nearest", num_args=2, name="up")
    assert nearest.list_arguments() == ["up_arg0", "up_arg1"]
    with pytest.raises(MXNetError, match="no input called weight; it has arg0"):
        sym.UpSampling(weight=sym.var("w"), scale=2, sample_type="nearest", num_args=1)
