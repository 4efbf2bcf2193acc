import sys

import mx_core.symbol as sym
import numpy as np
import pytest
from mx_viz import plot_network


def network():
    net = sym.Convolution(sym.var("data"), kernel=(3, 3), stride=(2, 2), num_filter=4, name="conv")
    net = sym.BatchNorm(net, name="bn")
    net = sym.Activation(net, act_type="tanh", name="act")
    net = sym.Pooling(net, kernel=(2, 2), pool_type="avg", name="pool")
    net = sym.Pooling(net, kernel=(1, 1), global_pool=True, pool_type="max", name="whole")
    net = sym.FullyConnected(net, num_hidden=10, name="fc")
    return sym.SoftmaxOutput(net, name="softmax")


@pytest.fixture
def graphviz():
    return pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")


def edges(dot):
    return [line.strip().split(" [")[0] for line in dot.source.splitlines() if " -> " in line]


def test_operators_and_their_parameters_in_words(graphviz):
    dot = plot_network(network(), title="net", save_format="svg")
    assert isinstance(dot, graphviz.Digraph)
    assert (dot.name, dot.format) == ("net", "svg")
    for label in ("Convolution\n3x3/2x2, 4", "Activation\ntanh", "Pooling\navg, 2x2/1", "Pooling\nmax, global"):
        assert f'"{label}"' in dot.source
    assert "FullyConnected\n10" in dot.source


def test_weights_are_hidden_unless_wanted(graphviz):
    dot = plot_network(network())
    assert "conv_weight" not in dot.source and "bn_moving_mean" not in dot.source
    assert edges(dot)[:2] == ["conv -> data", "bn -> conv"]
    assert "softmax -> softmax_label" in edges(dot)
    full = plot_network(network(), hide_weights=False)
    for name in ("conv_weight", "fc_bias", "bn_gamma", "bn_moving_var"):
        assert f"\t{name} [" in full.source
    assert "conv -> conv_weight" in edges(full)


def test_shapes_and_dtypes_on_the_arrows(graphviz):
    shapes = {"data": (2, 3, 9, 9)}
    plain = plot_network(network(), shape=shapes).source
    assert 'conv -> data [label="3x9x9"' in plain and 'bn -> conv [label="4x4x4"' in plain
    typed = plot_network(network(), shape=shapes, dtype={"data": np.float32}).source
    assert 'conv -> data [label="3x9x9(float32)"' in typed


def test_several_outputs_have_their_own_shapes(graphviz):
    parts = sym.SliceChannel(sym.var("data"), num_outputs=2, squeeze_axis=True, axis=1, name="parts")
    dot = plot_network(sym.Group([parts[0] + 1, parts[1] * 2]), shape={"data": (5, 2, 7)})
    assert dot.source.count("parts [label=7 ") + dot.source.count('parts [label="7" ') == 2


def test_node_attributes(graphviz):
    source = plot_network(network(), node_attrs={"shape": "oval", "fixedsize": "false"}).source
    assert "shape=box" not in source and source.count("fixedsize=false") == source.count("shape=oval")


def test_errors(graphviz):
    with pytest.raises(TypeError, match="must be a Symbol"):
        plot_network(None)
    with pytest.raises(TypeError, match="dtype must map"):
        plot_network(network(), dtype=np.float32)
    with pytest.raises(ValueError, match="unknown"):
        plot_network(network(), shape={})


def test_without_graphviz_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError, match=r"pip install mx-viz\[graphviz\]"):
        plot_network(network())
