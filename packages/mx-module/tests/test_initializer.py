"""Initializers: rules by name and attribute, and the values they give."""

import json

import mx_core.ndarray as nd
import mx_core.random as random
import mx_core.symbol as sym
import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_module import Module, init
from mx_module.initializer import InitDesc

SEED = 20240607


def filled(initializer, name="a_weight", shape=(30, 20), attrs=None, dtype="float32"):
    array = nd.ones(shape, dtype=dtype) * 9
    initializer(InitDesc(name, attrs), array)
    return array.asnumpy()


@pytest.fixture(autouse=True)
def seed():
    print("seed", SEED)
    random.seed(SEED)


@pytest.mark.parametrize(
    ("name", "expected"), [("a_bias", 0), ("a_gamma", 1), ("a_beta", 0), ("a_min", 0), ("a_max", 1)]
)
def test_rules_by_name(name, expected):
    assert (filled(init.Xavier(), name) == expected).all()


def test_unknown_names_are_errors():
    for name in ("foo", "bn_moving_mean", "bn_moving_var"):
        with pytest.raises(ValueError, match=f"Unknown initialization pattern for {name}"):
            filled(init.Xavier(), name)


def test_old_rules_for_plain_names():
    values = {}
    for name in ("bn_moving_mean", "bn_moving_var", "bn_moving_inv_var", "stn_loc_weight"):
        array = nd.ones((6,)) * 9
        with pytest.warns(DeprecationWarning, match="give an InitDesc"):
            init.Xavier()(name, array)
        values[name] = float(array.asnumpy()[0])
    assert values == {"bn_moving_mean": 0, "bn_moving_var": 1, "bn_moving_inv_var": 0, "stn_loc_weight": 0}
    array = nd.zeros((6,))
    with pytest.warns(DeprecationWarning):
        init.Xavier()("stn_loc_bias", array)
    assert array.asnumpy().tolist() == [1, 0, 0, 0, 1, 0]


def test_attribute_wins():
    attrs = {"__init__": init.Constant(2.5).dumps()}
    assert (filled(init.Xavier(), "a_bias", attrs=attrs) == 2.5).all()
    assert (filled(init.Xavier(), "foo", attrs={"__init__": '["one", {}]'}) == 1).all()
    assert (filled(init.Xavier(), "foo", attrs={"__init__": "ones"}) == 1).all()


def test_attribute_through_symbol_and_module():
    weight = sym.var("w", init=init.Constant(3))
    net = sym.FullyConnected(sym.var("data"), weight=weight, num_hidden=2, name="fc")
    module = Module(net, label_names=None)
    module.bind([("data", (1, 2))])
    module.init_params(init.Uniform(0.1))
    assert (module.get_params()[0]["w"].asnumpy() == 3).all()


def test_uniform_and_normal():
    values = filled(init.Uniform(0.5))
    assert values.min() >= -0.5 and values.max() < 0.5 and values.max() > 0.4 and abs(values.mean()) < 0.05
    values = filled(init.Normal(2.0))
    assert 1.8 < values.std() < 2.2 and abs(values.mean()) < 0.3


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize(
    "initializer",
    [init.Uniform(0.5), init.Normal(0.1), init.Xavier(), init.MSRAPrelu()],
    ids=lambda one: type(one).__name__,
)
def test_other_dtypes(initializer, dtype):
    values = filled(initializer, dtype=dtype)
    assert values.dtype == dtype and np.isfinite(values).all() and 0 < abs(values).max() < 1


@pytest.mark.parametrize(("factor", "fan"), [("avg", (30 + 20) * 9 / 2), ("in", 20 * 9), ("out", 30 * 9)])
def test_xavier_scale(factor, fan):
    scale = np.sqrt(3 / fan)
    values = filled(init.Xavier(factor_type=factor), shape=(30, 20, 3, 3))
    assert values.max() <= scale and values.max() > 0.98 * scale and values.min() >= -scale
    values = filled(init.Xavier("gaussian", factor, 2), shape=(30, 20, 3, 3))
    assert values.std() == pytest.approx(np.sqrt(2 / fan), rel=0.05)


def test_msra_scale():
    assert filled(init.MSRAPrelu(slope=0.5)).std() == pytest.approx(np.sqrt(2 / 1.25 / 25), rel=0.1)


def test_xavier_needs_two_axes():
    with pytest.raises(ValueError, match=r"a_weight has shape \(4,\): at least 2 axes"):
        filled(init.Xavier(), shape=(4,))


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (4, 2, 3)])
def test_orthogonal(kind, shape):
    matrix = filled(init.Orthogonal(scale=2.0, rand_type=kind), shape=shape).reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_bilinear():
    """Rows of a 4 x 4 kernel (values of 1.9.1)."""
    values = filled(init.Bilinear(), shape=(2, 1, 4, 4))
    row = np.array([0.25, 0.75, 0.75, 0.25])
    np.testing.assert_allclose(values, np.broadcast_to(np.outer(row, row), (2, 1, 4, 4)), rtol=1e-6)


def test_constants():
    assert (filled(init.Zero()) == 0).all() and (filled(init.One()) == 1).all()
    assert filled(init.Constant([[1, 2], [3, 4]]), shape=(2, 2)).tolist() == [[1, 2], [3, 4]]
    assert filled(init.Constant(nd.array([5, 6])), shape=(2,)).tolist() == [5, 6]


def test_quantized():
    values = filled(init.Xavier(), "a_weight_quantize", dtype="int8")
    assert values.dtype == np.int8 and values.min() >= -127 and values.max() <= 127 and len(np.unique(values)) > 50
    assert (filled(init.Xavier(), "a_bias_quantize", dtype="int8") == 0).all()


def test_dumps_and_create():
    texts = {
        init.Xavier(): '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 3}]',
        init.Constant(3): '["constant", {"value": 3}]',
        init.Zero(): '["zero", {}]',
        init.MSRAPrelu(): '["msraprelu", {"factor_type": "avg", "slope": 0.25}]',
    }
    for one, text in texts.items():
        assert one.dumps() == text
        again = init.create(text)
        assert again == one and json.loads(again.dumps()) == json.loads(text)
    assert init.Constant(np.array([1.0, 2.0])).dumps() == '["constant", {"value": [1.0, 2.0]}]'
    assert isinstance(init.create("zeros"), init.Zero) and isinstance(init.create("ones"), init.One)
    assert init.Uniform(1) != init.Uniform(2)


def test_mixed():
    one = init.Mixed([".*bias", ".*"], [init.Constant(4), init.One()])
    assert (filled(one, "fc_weight") == 1).all()
    assert (filled(init.Mixed(["fc_w"], [init.One()]), "fc_weight") == 1).all()
    with pytest.raises(ValueError, match="no pattern matches parameter fc_bias"):
        filled(init.Mixed(["fc_w"], [init.One()]), "fc_bias")
    with pytest.raises(ValueError, match="2 patterns and 1 initializers"):
        init.Mixed(["a", "b"], [init.One()])


def test_load(tmp_path):
    path = str(tmp_path / "p")
    nd.save(path, {"arg:a_weight": nd.array([[1, 2]]), "aux:b": nd.array([3])})
    one = init.Load(path, default_init=init.One())
    assert filled(one, shape=(1, 2)).tolist() == [[1, 2]] and filled(one, "b", shape=(1,)).tolist() == [3]
    assert (filled(one, "c_weight") == 1).all()
    with pytest.raises(ValueError, match=r"shape \(2, 2\), the loaded one \(1, 2\)"):
        filled(one, shape=(2, 2))
    with pytest.raises(MXNetError, match="give default_init"):
        filled(init.Load({"a": nd.ones((1,))}), "b")


def test_bad_arguments():
    with pytest.raises(ValueError, match="use 'avg', 'in' or 'out'"):
        init.Xavier(factor_type="both")
    with pytest.raises(TypeError, match="give an InitDesc and an NDArray"):
        init.Xavier()(3, nd.ones((1,)))
    with pytest.raises(ValueError, match="rand_type"):
        init.Orthogonal(rand_type="cauchy")
