"""A table of a network's layers, their output shapes and exact numbers of parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from mx_core.base import MXValueError
from mx_core.symbol import Symbol

from .graph import Node, Shape, is_parameter, joined, read_nodes


@dataclass(frozen=True)
class Layer:
    """A row of the table. None stands for what cannot be known without input shapes."""

    name: str
    op: str
    output_shape: Shape | None
    parameters: int | None
    previous: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The layers, and the sizes of everything that is trained and of the auxiliary states (such as moving averages)."""

    layers: list[Layer]
    parameters: int
    auxiliary: int
    is_complete: bool


def summarize(symbol: Symbol, shape: Mapping[str, Shape] | None = None) -> Summary:
    """Counts what each layer of `symbol` learns.

    A variable that several layers share counts once, for the first of them.

    Args:
        symbol: the network.
        shape: the shape of each input, such as `{"data": (1, 3, 224, 224)}`. Without it, only what the network itself
            says is known.

    Raises:
        MXValueError: `shape` does not determine all shapes.

    Example:
        >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=10)
        >>> summarize(net, {"data": (1, 784)}).parameters
        7850
    """
    nodes = read_nodes("print_summary", symbol, shape)
    counted: set[int] = set()
    layers = []
    for node in nodes:
        if not _is_layer(node, shape):
            continue
        own = {i for i, _ in node.inputs if is_parameter(nodes[i], shape)} - counted
        counted |= own
        previous = tuple(nodes[i].name for i, _ in node.inputs if _is_layer(nodes[i], shape))
        layers.append(Layer(node.name, node.op, node.shapes.get(0), _size(nodes, own), previous))
    states = {i for i, node in enumerate(nodes) if node.is_auxiliary}
    known = [i for i in counted | states if 0 in nodes[i].shapes]
    return Summary(
        layers,
        parameters=sum(prod(nodes[i].shapes[0]) for i in known if i in counted),
        auxiliary=sum(prod(nodes[i].shapes[0]) for i in known if i in states),
        is_complete=len(known) == len(counted | states),
    )


def print_summary(
    symbol: Symbol,
    shape: Mapping[str, Shape] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Prints a table: the name and operator of each layer, its output shape without the batch, parameters, inputs.

    The numbers are exact for every operator. (MXNet 1.9.1 counts Convolution, FullyConnected, BatchNorm and Embedding
    only, and counts shared parameters several times.) Without `shape`, what cannot be known is shown as `?`.

    Args:
        symbol: the network.
        shape: the shape of each input, such as `{"data": (1, 3, 224, 224)}`.
        line_length: the width of the table in characters.
        positions: where each of the four columns ends, in characters, or in parts of the width if all are at most 1.

    Raises:
        MXTypeError: `symbol` is no Symbol.
        MXValueError: `shape` does not determine all shapes, or `positions` are not four growing numbers.

    Example:
        >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=10, name="fc")
        >>> print_summary(net, {"data": (1, 784)}, line_length=60)
    """
    if len(positions) != 4 or list(positions) != sorted(set(positions)):
        raise MXValueError(f"[print_summary] positions must be four growing numbers, got {list(positions)}")
    ends = [int(line_length * end) for end in positions] if positions[-1] <= 1 else [int(end) for end in positions]
    summary = summarize(symbol, shape)
    print("_" * line_length)
    print(_row(("Layer (type)", "Output Shape", "Param #", "Previous Layer"), ends))
    print("=" * line_length)
    for number, layer in enumerate(summary.layers, start=1):
        output = joined(layer.output_shape) if layer.output_shape else ""
        count = "?" if layer.parameters is None else str(layer.parameters)
        print(_row((f"{layer.name}({layer.op})", output, count, layer.previous[0] if layer.previous else ""), ends))
        for name in layer.previous[1:]:
            print(_row(("", "", "", name), ends))
        print(("=" if number == len(summary.layers) else "_") * line_length)
    if summary.is_complete:
        print(f"Total params: {summary.parameters}")
    else:
        print(f"Total params: at least {summary.parameters} (give shape= for the exact number)")
    if summary.auxiliary:
        print(f"Auxiliary states, not trained: {summary.auxiliary}")
    print("_" * line_length)


def _is_layer(node: Node, shape: Mapping[str, Shape] | None) -> bool:
    """Whether a node has a row of its own in the table."""
    return not node.is_variable or not (node.is_auxiliary or node.is_label or is_parameter(node, shape))


def _size(nodes: list[Node], variables: set[int]) -> int | None:
    if any(0 not in nodes[i].shapes for i in variables):
        return None
    return sum(prod(nodes[i].shapes[0]) for i in variables)


def _row(fields: Sequence[str], ends: Sequence[int]) -> str:
    """The fields, each cut so that a blank stays before the next column."""
    line = ""
    for text, end in zip(fields, ends, strict=True):
        line = (line + text)[: end - 1].ljust(end)
    return line
