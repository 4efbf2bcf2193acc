import mx_core.symbol as sym
import pytest
from mx_core.base import MXNetError
from mx_viz import print_summary, summarize


def network():
    net = sym.Convolution(sym.var("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = sym.BatchNorm(net, name="bn")
    net = sym.Activation(net, act_type="relu", name="relu")
    net = net + sym.Convolution(net, kernel=(1, 1), num_filter=4, no_bias=True, name="side")
    net = sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool")
    net = sym.FullyConnected(sym.Flatten(net, name="flatten"), num_hidden=10, name="fc")
    net = sym.LeakyReLU(net, act_type="prelu", name="prelu")
    return sym.SoftmaxOutput(net, name="softmax")


# Of the layers that learn: 3*3*3*4+4, gamma and beta, 4*4, 4*3*3*10+10, one slope per channel.
PARAMETERS = {"conv": 112, "bn": 8, "side": 16, "fc": 370, "prelu": 10}


def test_exact_numbers():
    summary = summarize(network(), {"data": (2, 3, 8, 8)})
    assert {layer.name: layer.parameters for layer in summary.layers if layer.parameters} == PARAMETERS
    assert summary.parameters == sum(PARAMETERS.values())
    assert summary.auxiliary == 8
    assert summary.is_complete


def test_layers_and_their_predecessors():
    layers = {layer.name: layer for layer in summarize(network(), {"data": (2, 3, 8, 8)}).layers}
    assert "softmax_label" not in layers and "fc_weight" not in layers
    assert layers["data"].previous == ()
    assert layers["conv"].previous == ("data",)
    assert layers["flatten"].output_shape == (2, 36)
    assert layers["softmax"].previous == ("prelu",)
    (added,) = (layer for layer in layers.values() if layer.op == "elemwise_add")
    assert added.previous == ("relu", "side")


def test_shared_parameters_count_once():
    weight, bias = sym.var("shared_weight"), sym.var("shared_bias")
    net = sym.var("data")
    for name in ("first", "second"):
        net = sym.FullyConnected(net, weight=weight, bias=bias, num_hidden=6, name=name)
    summary = summarize(net, {"data": (1, 6)})
    assert [(layer.name, layer.parameters) for layer in summary.layers] == [("data", 0), ("first", 42), ("second", 0)]
    assert summary.parameters == 42


def test_labels_are_no_parameters():
    net = sym.FullyConnected(sym.var("data"), num_hidden=2, name="fc")
    summary = summarize(sym.LinearRegressionOutput(net, sym.var("truth"), name="regression"), {"data": (3, 4)})
    assert summary.parameters == 10
    assert [layer.name for layer in summary.layers] == ["data", "fc", "regression"]


def test_grouped_convolution_and_several_outputs():
    net = sym.Convolution(sym.var("data"), kernel=(3, 3), num_filter=8, num_group=4, no_bias=True, name="conv")
    left, right = sym.SliceChannel(net, num_outputs=2, name="halves")
    summary = summarize(sym.Concat(left, right, name="whole"), {"data": (1, 4, 5, 5)})
    layers = {layer.name: layer for layer in summary.layers}
    assert summary.parameters == 8 * 1 * 3 * 3
    assert layers["halves"].output_shape == (1, 4, 3, 3)
    assert layers["whole"].previous == ("halves", "halves")


def test_the_table(capsys):
    print_summary(network(), {"data": (2, 3, 8, 8)}, line_length=80)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) == 80 for line in lines if set(line) in ({"_"}, {"="}))
    assert lines[1].split("  ")[0] == "Layer (type)"
    (row,) = (line for line in lines if line.startswith("conv("))
    assert row.split() == ["conv(Convolution)", "4x6x6", "112", "data"]
    assert row.index("4x6x6") == int(80 * 0.44) and row.index("112") == int(80 * 0.64)
    assert "Total params: 516" in lines
    assert "Auxiliary states, not trained: 8" in lines


def test_long_names_stay_in_their_column(capsys):
    net = sym.FullyConnected(sym.var("data"), num_hidden=1, name="a" * 70)
    print_summary(net, {"data": (1, 2)}, positions=[20, 40, 50, 60])
    row = capsys.readouterr().out.splitlines()[5]
    assert row[:20] == "a" * 19 + " " and row[20:].split() == ["1", "3", "data"]


def test_without_shapes_the_unknown_is_unknown(capsys):
    print_summary(network())
    lines = capsys.readouterr().out.splitlines()
    (row,) = (line for line in lines if line.startswith("conv("))
    assert row.split() == ["conv(Convolution)", "?", "data"]
    assert any(line.startswith("Total params: at least") for line in lines)


def test_declared_shapes_need_no_argument():
    net = sym.FullyConnected(sym.var("data", shape=(4, 6)), num_hidden=3, name="fc")
    summary = summarize(net)
    assert summary.is_complete and summary.parameters == 21


def test_errors():
    with pytest.raises(TypeError, match="must be a Symbol, not str"):
        print_summary("net.json")
    with pytest.raises(ValueError, match="unknown"):
        print_summary(network(), {})
    with pytest.raises(MXNetError):
        print_summary(network(), {"data": (2, 3, 2, 2)})
    with pytest.raises(ValueError, match="four growing numbers"):
        print_summary(network(), positions=[0.5, 0.4, 0.7, 1])
