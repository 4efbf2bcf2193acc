"""The nodes of a Symbol with the shapes and dtypes of their outputs, as the tables and pictures need them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mx_core.base import MXTypeError, MXValueError
from mx_core.symbol import Symbol

Shape = tuple[int, ...]

_PARAMETER_ENDINGS = ("weight", "bias", "gamma", "beta")


@dataclass
class Node:
    """An operator or a variable (`op == "null"`) and the nodes that it reads, as (node, output) numbers."""

    op: str
    name: str
    attrs: dict[str, str]
    inputs: list[tuple[int, int]]
    is_auxiliary: bool = False
    is_label: bool = False  # only training reads it
    shapes: dict[int, Shape] = field(default_factory=dict)  # of the outputs that are known in full
    dtypes: dict[int, str] = field(default_factory=dict)

    @property
    def is_variable(self) -> bool:
        return self.op == "null"


def read_nodes(
    where: str,
    symbol: Symbol,
    shape: Mapping[str, Shape] | None = None,
    dtype: Mapping[str, Any] | None = None,
) -> list[Node]:
    """The nodes in execution order; shapes and dtypes are as complete as the arguments allow.

    Raises:
        MXTypeError: `symbol` is no Symbol.
        MXValueError: `shape` is given and does not determine every shape.
    """
    if not isinstance(symbol, Symbol):
        raise MXTypeError(f"[{where}] symbol must be a Symbol, not {type(symbol).__name__}")
    internals = symbol.get_internals()
    graph = json.loads(internals.tojson())
    auxiliary = set(symbol.list_auxiliary_states())
    nodes = [
        Node(
            op=node["op"],
            name=node["name"],
            attrs=node.get("attrs", {}),
            inputs=[(source, output) for source, output, *_ in node["inputs"]],
            is_auxiliary=node["op"] == "null" and node["name"] in auxiliary,
        )
        for node in graph["nodes"]
    ]
    compared: set[int] = set()  # by operators like SoftmaxOutput
    read: set[int] = set()  # by any other
    for node in nodes:
        for position, (source, _) in enumerate(node.inputs):
            (compared if position > 0 and node.op.endswith("Output") else read).add(source)
    for number, node in enumerate(nodes):
        node.is_label = node.is_variable and (node.name.endswith("label") or number in compared - read)
    # The heads of the internals are all outputs of all nodes, in the order of infer_shape's answer.
    entries = [(node, output) for node, output, *_ in graph["heads"]]
    shapes = internals.infer_shape_partial(**(shape or {}))[1] or []
    unknown = []
    for (node, output), known in zip(entries, shapes, strict=False):
        if known and all(size > 0 for size in known):
            nodes[node].shapes[output] = tuple(known)
        else:
            unknown.append(nodes[node].name)
    if shape is not None and (unknown or not shapes):
        raise MXValueError(
            f"[{where}] shape={dict(shape)} leaves the shapes of {', '.join(unknown[:5]) or 'all nodes'} unknown: "
            f"give the shape of every input among {symbol.list_arguments()[:10]}"
        )
    if dtype is not None:
        for (node, output), known in zip(entries, internals.infer_type(**dtype)[1] or [], strict=False):
            nodes[node].dtypes[output] = known.__name__
    return nodes


def is_parameter(node: Node, given: Mapping[str, Shape] | None) -> bool:
    """Whether a variable is a parameter of the network and no input: neither data, a label, nor named in `given`."""
    if not node.is_variable or node.is_auxiliary or node.is_label or node.name.endswith("data"):
        return False
    return node.name not in (given or {}) or node.name.endswith(_PARAMETER_ENDINGS)


def joined(shape: Shape) -> str:
    """A shape without its batch axis: (32, 3, 8, 8) is 3x8x8."""
    return "x".join(map(str, shape[1:]))
