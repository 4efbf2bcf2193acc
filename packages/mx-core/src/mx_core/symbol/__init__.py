"""Symbols: networks that are described first and computed later.

>>> import mx_core as mx
>>> net = mx.sym.softmax(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3))
>>> executor = net.simple_bind(mx.cpu(), data=(2, 4))
>>> executor.forward()[0].shape
(2, 3)

Most functions are operators of libmx: their source is generated, typed and documented. Functions of this folder that
have the name of an operator take its place.
"""

# ruff: noqa: F401, I001  the order matters: hand-written functions come after the operators whose names they have
from mx_core._absent import no_operator
from mx_core.symbol import _internal, contrib, image, linalg, op, random, sparse
from mx_core.symbol.op import *  # noqa: F403
from mx_core.symbol.arithmetic import *  # noqa: F403
from mx_core.symbol.creation import *  # noqa: F403
from mx_core.symbol.symbol import Group, Symbol, Variable, load, load_json, var

__getattr__ = no_operator(__name__)
