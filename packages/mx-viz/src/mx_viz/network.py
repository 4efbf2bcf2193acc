"""A picture of a network as a Graphviz graph."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mx_core.base import MXTypeError
from mx_core.symbol import Symbol

from .graph import Node, Shape, is_parameter, joined, read_nodes

if TYPE_CHECKING:
    from graphviz import Digraph

_INPUT_COLOUR = "#8dd3c7"
_OTHER_COLOUR = "#fccde5"
_COLOURS = {
    "Convolution": "#fb8072",
    "Deconvolution": "#fb8072",
    "FullyConnected": "#fb8072",
    "Activation": "#ffffb3",
    "LeakyReLU": "#ffffb3",
    "BatchNorm": "#bebada",
    "Pooling": "#80b1d3",
    "Concat": "#fdb462",
    "Flatten": "#fdb462",
    "Reshape": "#fdb462",
    "Softmax": "#b3de69",
    "SoftmaxOutput": "#b3de69",
    "softmax": "#b3de69",
}


def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, Shape] | None = None,
    dtype: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, str] | None = None,
    hide_weights: bool = True,
) -> "Digraph":
    """Draws the operators of `symbol` and what flows between them; arrows point along the flow.

    Args:
        symbol: the network.
        title: the name of the graph and of the file that `.render()` writes.
        save_format: the format of that file: pdf, png, svg...
        shape: the shape of each input; then the arrows carry shapes (without the batch axis).
        dtype: the dtype of each input; then the arrows carry dtypes.
        node_attrs: Graphviz attributes for all nodes, such as `{"shape": "oval", "fixedsize": "false"}`.
        hide_weights: leave out parameters and auxiliary states.

    Returns:
        A `graphviz.Digraph`: `.source` is its text, `.render()` and `.view()` need the program `dot`.

    Raises:
        ImportError: the Python package graphviz is missing.
        MXTypeError: `symbol` is no Symbol, or `dtype` is no mapping.
        MXValueError: `shape` does not determine all shapes.

    Example:
        >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=10, name="fc")
        >>> plot_network(net, shape={"data": (1, 784)}).render("net")
    """
    try:
        from graphviz import Digraph
    except ImportError as error:
        raise ImportError(
            "[plot_network] the Python package graphviz is missing: pip install mx-viz[graphviz]"
        ) from error
    if dtype is not None and not isinstance(dtype, Mapping):
        raise MXTypeError(f"[plot_network] dtype must map names of inputs to dtypes, got {dtype!r}")
    nodes = read_nodes("plot_network", symbol, shape, dtype)
    shown = [not (hide_weights and (node.is_auxiliary or is_parameter(node, shape))) for node in nodes]
    look = {"shape": "box", "fixedsize": "true", "width": "1.3", "height": "0.8034", "style": "filled"}
    dot = Digraph(name=title, format=save_format)
    for node, is_shown in zip(nodes, shown, strict=True):
        if is_shown:
            own = {"fillcolor": _colour(node)} | ({"shape": "oval"} if node.is_variable else {})
            dot.node(node.name, label=_label(node), **(look | own | dict(node_attrs or {})))
    for node in nodes:
        for source, output in node.inputs:
            if shown[source]:
                label = _edge_label(nodes[source], output, shape is not None)
                dot.edge(node.name, nodes[source].name, label=label, dir="back", arrowtail="open")
    return dot


def _colour(node: Node) -> str:
    return _INPUT_COLOUR if node.is_variable else _COLOURS.get(node.op, _OTHER_COLOUR)


def _label(node: Node) -> str:
    """What the box says: the operator with its main parameters where they say more than the name."""
    attrs = node.attrs
    if node.op in ("Convolution", "Deconvolution"):
        return f"{node.op}\n{_by(attrs['kernel'])}/{_by(attrs.get('stride', '1'))}, {attrs['num_filter']}"
    if node.op == "FullyConnected":
        return f"{node.op}\n{attrs['num_hidden']}"
    if node.op in ("Activation", "LeakyReLU"):
        return f"{node.op}\n{attrs.get('act_type', 'leaky')}"
    if node.op == "Pooling":
        kind = attrs.get("pool_type", "max")
        if attrs.get("global_pool", "False") in ("True", "1"):
            return f"{node.op}\n{kind}, global"
        return f"{node.op}\n{kind}, {_by(attrs['kernel'])}/{_by(attrs.get('stride', '1'))}"
    return node.name


def _by(text: str) -> str:
    """(3, 3) as 3x3."""
    return "x".join(text.strip("()[] ,").replace(" ", "").split(","))


def _edge_label(node: Node, output: int, with_shape: bool) -> str:
    shape = joined(node.shapes[output]) if with_shape and output in node.shapes else ""
    return shape + (f"({node.dtypes[output]})" if output in node.dtypes else "")
