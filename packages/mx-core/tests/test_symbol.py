"""Symbols: names, attributes, composition, files, inference."""

import copy
import json
import pickle

import numpy as np
import pytest
from mx_core import AttrScope, nd, sym
from mx_core.base import MXNetError
from mx_core.name import NameManager, Prefix


def net():
    data = sym.var("data")
    return sym.FullyConnected(
        sym.Activation(sym.FullyConnected(data, num_hidden=4, name="fc1"), act_type="relu"), num_hidden=2, name="fc2"
    )


@pytest.fixture(autouse=True)
def fresh_names():
    with NameManager():
        yield


def test_automatic_names():
    d = sym.var("data")
    assert sym.FullyConnected(d, num_hidden=2).name == "fullyconnected0"
    assert sym.FullyConnected(d, num_hidden=2).name == "fullyconnected1"
    names = [
        (d + d, "_plus0"),
        (d - d, "_minus0"),
        (d * d, "_mul0"),
        (d / d, "_div0"),
        (d**d, "_power0"),
        (d % d, "_mod0"),
        (d + 1, "_plusscalar0"),
        (d - 1, "_minusscalar0"),
        (1 - d, "_rminusscalar0"),
        (d * 2, "_mulscalar0"),
        (d / 2, "_divscalar0"),
        (2 / d, "_rdivscalar0"),
        (d % 2, "_modscalar0"),
        (2 % d, "_rmodscalar0"),
        (d**2, "_powerscalar0"),
        (2**d, "_rpower_scalar0"),
        (-d, "_mulscalar1"),
        (abs(d), "abs0"),
        (d > d, "_greater0"),
        (d > 2, "_greater_scalar0"),
        (d >= 2, "_greater_equal_scalar0"),
        (d == 2, "_equal_scalar0"),
        (sym.maximum(d, 2), "_maximumscalar0"),
        (sym.power(2, d), "_rpowerscalar0"),
        (sym.Concat(d, d), "concat0"),
        (sym.concat(d, d), "concat1"),
    ]
    for symbol, name in names:
        assert symbol.name == name


def test_names_leave_out_the_namespace():
    d = sym.var("data")
    assert sym.linalg.gemm2(d, d).name == "gemm20"
    assert sym.linalg_gemm2(d, d).name == "linalg_gemm20"
    assert sym.contrib.arange_like(d).list_outputs() == ["arange_like0_output"]
    assert sym.random.uniform_like(d).name == "uniform_like0"


def test_names_of_outputs():
    d = sym.var("data")
    assert sym.make_loss(d, name="end").list_outputs() == ["end_loss"]
    assert sym.moments(d, axes=(0,), name="m").list_outputs() == ["m_output0", "m_output1"]
    assert sym.split(d, num_outputs=1, name="s").list_outputs() == ["s_output0"]
    assert sym.split(d, num_outputs=2, name="s").list_outputs() == ["s_output0", "s_output1"]
    assert sym.split_v2(d, 1).list_outputs()[0].endswith("_output")
    assert sym.histogram(d, bins=3, range=(0, 1), name="h").list_outputs() == ["h_output0", "h_output1"]


def test_none_for_a_tuple_is_its_default():
    d = sym.var("data")
    assert sym.transpose(d, axes=None).infer_shape(data=(2, 3))[1] == [(3, 2)]
    assert sym.Dropout(d, axes=None).infer_shape(data=(2, 3))[1] == [(2, 3)]
    copy = sym.load_json(sym.slice_like(d, sym.var("like"), axes=None).tojson())
    assert copy.infer_shape(data=(4, 5), like=(2, 3))[1] == [(2, 3)]


def test_operators_are_those_of_equal_shapes():
    d = sym.var("data")
    for symbol, op in (
        (d + d, "elemwise_add"),
        (d - d, "elemwise_sub"),
        (d * d, "elemwise_mul"),
        (d / d, "elemwise_div"),
    ):
        assert json.loads(symbol.tojson())["nodes"][-1]["op"] == op


def test_prefix_goes_before_given_names_too():
    with Prefix("p_"):
        assert sym.FullyConnected(sym.var("x"), num_hidden=1, name="fc").name == "p_fc"
        assert sym.Flatten(sym.var("x")).name == "p_flatten0"


def test_lists():
    n = net()
    assert n.list_arguments() == ["data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert n.list_outputs() == ["fc2_output"]
    assert n.list_auxiliary_states() == []
    bn = sym.BatchNorm(sym.var("data"), name="bn")
    assert bn.list_arguments() == ["data", "bn_gamma", "bn_beta"]
    assert bn.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert bn.list_inputs() == ["data", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"]


def test_no_bias_makes_no_variable():
    assert sym.FullyConnected(sym.var("x"), num_hidden=1, no_bias=True, name="f").list_arguments() == ["x", "f_weight"]


def test_outputs_by_number_and_name():
    n = net()
    internals = n.get_internals()
    assert "fc1_output" in internals.list_outputs()
    assert internals["fc1_output"].name == "fc1"
    assert n[0].name == "fc2"
    assert [part.name for part in n] == ["fc2"]
    parts = sym.SliceChannel(sym.var("x"), num_outputs=2, name="s")
    assert parts.list_outputs() == ["s_output0", "s_output1"]
    assert len(parts) == 2
    assert parts[1].list_outputs() == ["s_output1"]
    assert n.get_children().list_outputs() == ["activation0_output", "fc2_weight", "fc2_bias"]
    assert sym.var("x").get_children() is None
    with pytest.raises(ValueError, match="no single output"):
        n["nothing"]
    with pytest.raises(IndexError):
        n[1]


def test_group():
    n = net()
    group = sym.Group([n, sym.var("x")])
    assert group.list_outputs() == ["fc2_output", "x"]
    assert group.name is None
    assert repr(group) == "<Symbol group [fc2, x]>"
    assert repr(n) == "<Symbol fc2>"
    for wrong in ([], [1], [n, None]):
        with pytest.raises(TypeError):
            sym.Group(wrong)


def test_composition():
    n = net()
    assert n(data=sym.var("z")).list_arguments()[0] == "z"
    assert n.list_arguments()[0] == "data"
    assert n(data=sym.var("z"), name="renamed").name == "renamed"
    below = sym.Flatten(sym.var("z"), name="below")
    for above in (n(data=below), n(data=below, name="renamed")):  # what is put in is shared, not copied
        both = sym.Group([above, below])
        assert both.list_arguments() == above.list_arguments()
        assert both.get_internals()["below_output"].list_arguments() == ["z"]
    with pytest.raises(TypeError, match="either by position or by name"):
        n(sym.var("z"), data=sym.var("y"))
    with pytest.raises(TypeError):
        n(1)
    with pytest.raises(MXNetError):
        n(nothing=sym.var("z"))


def test_attributes():
    v = sym.var("x", shape=(0, 3), dtype="float16", lr_mult=2, wd_mult=0.5, attr={"__a__": "b"}, __k__="1")
    attrs = v.list_attr()
    assert attrs["__shape__"] == "(0, 3)"
    assert attrs["__dtype__"] == "2"
    assert (attrs["__lr_mult__"], attrs["lr_mult"]) == ("2", "2")
    assert (attrs["__a__"], attrs["__k__"]) == ("b", "1")
    assert v.attr("lr_mult") == "2"
    assert v.attr("nothing") is None
    f = sym.FullyConnected(v, num_hidden=3, lr_mult=0.1, attr={"ctx_group": "g"}, name="f")
    assert f.attr("num_hidden") == "3"
    assert f.attr_dict()["f_weight"]["__ctx_group__"] == "g"
    assert f.attr_dict()["f"]["ctx_group"] == "g"
    f._set_attr(__mood__="good")
    assert f.attr("__mood__") == "good"


def test_attribute_scopes():
    with AttrScope(ctx_group="outer", __data__="great"):
        with AttrScope(ctx_group="inner"):
            v = sym.var("v")
            w = sym.var("w", attr={"ctx_group": "own"})
        u = sym.var("u")
    assert [s.attr("ctx_group") for s in (u, v, w)] == ["outer", "inner", "own"]
    assert v.attr("__data__") == "great"
    with pytest.raises(ValueError, match="must be a string"):
        AttrScope(lr_mult=1)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: sym.var("x", weird="1"),
        lambda: sym.var(3),
        lambda: sym.FullyConnected(sym.var("x"), num_hidden=2, nothing=1),
        lambda: sym.FullyConnected(sym.var("x")),
        lambda: sym.FullyConnected(1, num_hidden=2),
        lambda: sym.FullyConnected(sym.var("x"), num_hidden="many"),
        lambda: sym.Activation(sym.var("x"), act_type="nothing"),
        lambda: sym.var("x") + "a",
        lambda: sym.var("x") == None,  # noqa: E711
        lambda: bool(sym.var("x")),
        lambda: sym.var("x").asnumpy(),
        lambda: sym.load_json("{}"),
        lambda: sym.load_json("broken"),
        lambda: sym.load_json(3),
        lambda: sym.load("/nonexistent/file.json"),
        lambda: sym.var("x").infer_shape(3),
        lambda: net().infer_shape(nothing=(1,)),
        lambda: net().infer_shape(data=(2, 3), fc1_weight=(4, 5)),
    ],
)
def test_bad_input_is_a_clear_error(attempt):
    with pytest.raises(MXNetError) as caught:
        attempt()
    assert len(str(caught.value)) > 10


def test_wrong_parameters_name_the_right_ones():
    with pytest.raises(TypeError, match=r"Did you mean 'num_hidden'.*There are: data, weight, bias, num_hidden"):
        sym.FullyConnected(sym.var("x"), num_hiden=2)


def test_json_keeps_what_was_given():
    f = sym.FullyConnected(sym.var("x"), num_hidden=np.int64(3), flatten=False, name="f")
    node = json.loads(f.tojson())["nodes"][-1]
    assert node["attrs"] == {"flatten": "False", "num_hidden": "3"}
    assert json.loads(f.tojson())["attrs"] == {"mxnet_version": ["int", 10901]}


def test_files_and_copies(tmp_path):
    n = net()
    file = tmp_path / "net.json"
    n.save(file)
    for other in (
        sym.load(str(file)),
        sym.load_json(n.tojson()),
        copy.copy(n),
        copy.deepcopy(n),
        pickle.loads(pickle.dumps(n)),
    ):
        assert other.tojson() == n.tojson()
        assert other.list_arguments() == n.list_arguments()
    assert list(tmp_path.iterdir()) == [file]


def test_shapes():
    n = net()
    args, outs, aux = n.infer_shape(data=(5, 3))
    assert args == [(5, 3), (4, 3), (4,), (2, 4), (2,)]
    assert (outs, aux) == ([(5, 2)], [])
    assert n.infer_shape((5, 3)) == (args, outs, aux)
    with pytest.warns(UserWarning, match="data"):
        assert n.infer_shape(data=(0, 3)) == (None, None, None)
    args, outs, _ = n.infer_shape_partial(data=(0, 3))
    assert args == [(0, 3), (4, 3), (4,), (2, 4), (2,)]
    assert outs == [(0, 2)]
    assert n.infer_shape_partial() == ([()] * 5, [()], [])


def test_shapes_from_results():
    """What is known of a result tells of the inputs."""
    data = sym.var("a", shape=(0, 10))
    parts = sym.SliceChannel(data, num_outputs=10, axis=1, squeeze_axis=True)
    assert (parts[1] + sym.var("b", shape=(5,))).infer_shape()[0] == [(5, 10), (5,)]
    parts = sym.SliceChannel(sym.var("a", shape=(0, 15, 0)), num_outputs=3)
    assert (parts[1] + sym.var("b", shape=(3, 5, 2))).infer_shape()[0] == [(3, 15, 2), (3, 5, 2)]
    images = sym.var("a", shape=(0, 10, 0, 0))
    filtered = sym.Convolution(images, num_filter=21, kernel=(3, 3), dilate=(2, 1), pad=(1, 1), name="c")
    args = (filtered + sym.var("b", shape=(5, 21, 30, 32))).infer_shape()[0]
    assert args == [(5, 10, 32, 32), (21, 10, 3, 3), (21,), (5, 21, 30, 32)]


def test_lengths_from_reshaped_results():
    rows = sym.var("a", shape=(0, 10))
    for shape, result in (((-1,), (50,)), ((-1, 5), (10, 5)), ((0, -1), (5, 10)), ((5, 5, 2), (5, 5, 2))):
        total = sym.elemwise_add(sym.reshape(rows, shape=shape), sym.var("b", shape=result))
        assert total.infer_shape()[0] == [(5, 10), result]
    with pytest.raises(MXNetError, match=r"14 elements don't divide by 10"):
        sym.reshape(rows, shape=(2, 7)).infer_shape()
    two = sym.reshape(sym.var("a", shape=(0, 0, 2)), shape=(-1,)) + sym.var("b", shape=(8,))
    assert two.infer_shape_partial()[0] == [(0, 0, 2), (8,)]
    for axis, shape, found in ((-1, (3, 4, 1), (3, 4)), (0, (1, 4), (4,)), (1, (3, 0, 0), (3, 0))):
        total = sym.elemwise_add(sym.expand_dims(sym.var("a"), axis=axis), sym.var("b", shape=shape))
        assert total.infer_shape_partial()[0][0] == found
    with pytest.raises(MXNetError, match="expand_dims"):
        sym.elemwise_add(sym.expand_dims(sym.var("a"), axis=0), sym.var("b", shape=(3, 4))).infer_shape()


def test_out_is_left_alone():
    a = sym.var("a")
    for result in (sym.relu(a, out=nd.ones(1)), sym.broadcast_add(a, a, out=a), sym.relu(a, out=None)):
        assert result.list_arguments() == ["a"]


def test_types():
    n = net()
    assert n.infer_type(data="float16")[0] == [np.float16] * 5
    assert n.infer_type(np.float64)[1] == [np.float64]
    assert n.infer_type_partial()[1] == [None]
    with pytest.warns(UserWarning):
        assert n.infer_type() == (None, None, None)


def test_types_from_results():
    for dtype in ("float16", "float64", "int64"):
        expected = np.dtype(dtype).type
        for result in (sym.var("a") * 2, sym.var("a") > 1, sym.var("a") + 0.5):
            total = sym.elemwise_add(result, sym.var("b", dtype=dtype))
            assert total.infer_type() == ([expected, expected], [expected], [])
    assert sym.batch_take(sym.var("a"), sym.var("i")).infer_type(a="float64")[0] == [np.float64, np.int32]
    assert (sym.var("a", dtype="bool") * 2).infer_type()[1] == [np.int64]


def test_dtypes_by_other_names_of_numpy():
    for name, dtype in (("float", "float64"), ("f4", "float32"), (">i4", "int32"), ("half", "float16")):
        assert nd.ones((2,), dtype=name).astype(name).dtype == np.dtype(dtype).type
        made = sym.Cast(sym.ones((2,), dtype=name), dtype=name, name="cast")
        assert made.infer_type()[1] == [np.dtype(dtype).type]
        assert made.attr("dtype") == dtype
    for wrong in ("floaty", "f3", "", ">"):
        with pytest.raises(MXNetError, match="is no element type"):
            nd.cast(nd.ones((2,)), dtype=wrong)
        with pytest.raises(MXNetError, match=r"Cast.*is no element type"):
            sym.Cast(sym.var("a"), dtype=wrong)


def test_debug_str():
    text = net().debug_str()
    assert "Variable:fc1_weight" in text
    assert "Op:FullyConnected, Name=fc2" in text


def test_every_function_of_arrays_has_a_twin():
    twins = set(dir(sym))
    missing = [name for name in nd.op.__all__ if name not in twins]
    assert not missing
    for name in nd.arithmetic.__all__:
        assert name in twins
    assert sym.add(1, 2) == 3


def test_numpy_numbers_keep_their_text():
    x = sym.var("x")
    assert (x * np.float32(0.1)).attr("scalar") == "0.1"
    assert sym.clip(x, np.float16(0.1), np.float64(0.7)).list_attr() == {"a_min": "0.1", "a_max": "0.7"}
    assert sym.Dropout(x, p=np.float32(0.3)).attr("p") == "0.3"
    assert sym.Pooling(x, kernel=(np.int64(2), np.int32(3)), pool_type="avg").attr("kernel") == "(2, 3)"


def test_linspace():
    line = sym.linspace(0, 1, 5, endpoint=False, name="line")
    assert json.loads(line.tojson())["nodes"][0]["op"] == "_linspace"
    assert line.eval()[0].asnumpy() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert sym.linspace(3, 4, 1).eval()[0].asnumpy().tolist() == [3]


def test_slopes_of_prelu_start_at_a_quarter():
    p = sym.LeakyReLU(sym.var("x"), act_type="prelu", name="p")
    assert json.loads(p.attr_dict()["p_gamma"]["__init__"]) == ["Constant", {"value": 0.25}]
    assert sym.LeakyReLU(sym.var("x"), act_type="elu", name="e").attr_dict() == {"e": {"act_type": "elu"}}


def test_inputs_of_any_number_by_name():
    a, b = sym.var("a"), sym.var("b")
    assert sym.Concat(arg1=a, arg0=b).list_arguments() == ["b", "a"]
    assert sym.stack(a, arg1=b, name="s").list_arguments() == ["a", "b"]
    assert sym.add_n(arg0=a, arg1=b).attr("num_args") == "2"
    assert sym.add_n(num_args=2, name="n").list_arguments() == ["n_arg0", "n_arg1"]
    with pytest.raises(MXNetError, match="no input called arg7"):
        sym.Concat(arg0=a, arg7=b)
    with pytest.raises(MXNetError, match="arg0 is given twice"):
        sym.Concat(a, arg0=b)
    drawn = sym.random.multinomial(a, get_prob=True, name="m")
    assert drawn.list_outputs() == ["m_output0", "m_output1"]


RATES = {"lrs": (0.1, 0.1), "wds": (0, 0)}


@pytest.mark.parametrize(
    ("operator", "params", "names"),
    [
        ("amp_multicast", {"num_outputs": 2}, "data_0 data_1"),
        ("multi_all_finite", {"num_arrays": 2}, "array_0 array_1"),
        ("multi_sum_sq", {"num_arrays": 2}, "array_0 array_1"),
        ("khatri_rao", {"num_args": 3}, "arg0 arg1 arg2"),
        ("UpSampling", {"num_args": 2, "scale": 2, "sample_type": "nearest"}, "arg0 arg1"),
        ("multi_sgd_update", {"num_weights": 2, **RATES}, "weight_0 grad_0 weight_1 grad_1"),
        ("multi_mp_sgd_mom_update", {"num_weights": 1, "lrs": (0.1,), "wds": (0,)}, "weight_0 grad_0 mom_0 weight32_0"),
        ("preloaded_multi_sgd_update", {"num_weights": 2}, "weight_0 grad_0 weight_1 grad_1 lrs wds"),
        ("_multi_mp_lamb_update", {"num_tensors": 1}, "weight_0 grad_0 mean_0 var_0 weight32_0"),
        ("_multi_adamw_update", {"num_weights": 1, "etas": (1,)}, "weight_0 grad_0 mean_0 var_0 rescale_grad"),
    ],
)
def test_names_of_any_number_of_inputs(operator, params, names):
    if "lamb" in operator or "adamw" in operator:
        rates = "learning_rates" if "lamb" in operator else "lrs"
        params = {**params, rates: (0.1,), "wds": (0,), **({"step_count": (1,)} if "lamb" in operator else {})}
    net = getattr(sym if hasattr(sym, operator) else sym._internal, operator)(name="n", **params)
    states = {f"n_{name}" for name in names.split() if name.split("_")[0] in ("mom", "mean", "var", "weight32")}
    wanted = [f"n_{name}" for name in names.split()]
    assert net.list_arguments() == [name for name in wanted if name not in states]
    assert net.list_auxiliary_states() == [name for name in wanted if name in states]


def test_any_number_of_inputs_by_their_names():
    a, b = sym.var("a"), sym.var("b")
    assert sym.amp_multicast(data_1=a, data_0=b, num_outputs=2).list_arguments() == ["b", "a"]
    assert sym.multi_sum_sq(a, num_arrays=2, name="s").list_arguments() == ["a", "s_array_1"]
    with pytest.raises(MXNetError, match="no input called data0; it has data_0, data_1"):
        sym.amp_multicast(data0=a, data_1=b, num_outputs=2)


def test_partial_inference_rejects_unknown_names():
    net = sym.FullyConnected(sym.var("a"), num_hidden=3, name="fc")
    assert net.infer_shape_partial(a=(2, 4))[1] == [(2, 3)]
    with pytest.raises(MXNetError, match="no argument called nosuch"):
        net.infer_shape_partial(nosuch=(1,))
    with pytest.raises(MXNetError, match="no argument called nosuch"):
        net.infer_type_partial(nosuch="float32")
