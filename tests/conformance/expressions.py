"""Expressions of Python around the operators: indexing, arithmetic, methods, creation, inference.

Statements are separated by semicolons; what the last one gives is compared. ``a`` is an array of the shape (2, 3, 4),
``b`` of (3, 1), ``i`` of integers, ``v`` a vector, ``n`` a NumPy array.
"""

import numpy as np

KEYS = """
0
-1
1:
:1
::2
::-1
1:2
0:2
...
:
None
()
0,1
-1,-2
0,1,2
-1,-1,-1
0,1:3
0:1,1
:,1
:,-1
:,1:2
:,1:
:,::2
:,::-1
:,:,1
:,:,1:3
:,:,::-2
0,:,1
0:2,0:3,0:4
1:2,0:3
0,0:2
0,1:2,1:3
1,::-1
...,0
...,1:
0,...
0,...,1
...,None
None,0
0,None
:,None,1
None,...,None
[0,1]
[1,0,1]
[-1]
nd.array([1,0])
np.array([1,0])
np.array([[0,1],[1,0]])
i
:,[0,2]
:,nd.array([0,2])
:,:,[3,0]
[0,1],[1,2]
[0,1],:,[1,2]
0,[1,2]
[0,1],1:3
[1],[2],[3]
[[0],[1]],[1,2]
1:,[0,1]
[0,1],...
...,[0,1]
np.int64(1)
np.int32(0),1
slice(None,None,-2)
2
-3
0,3
0,0,0,0
[0,2]
'x'
1.5
""".strip().split("\n")
OPERATORS = ["+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">="]
IN_PLACE = ["+=", "-=", "*=", "/=", "%=", "**="]

INDEXING = [f"a[{key}]" for key in KEYS]
ASSIGNMENT = [
    text
    for key in KEYS
    for text in (f"a[{key}] = 7; a", f"a[{key}] = a[{key}] * 10; a", f"a[{key}] = (a[{key}] * 10).asnumpy(); a")
]
VIEWS = """
x = a[0]; x[:] = 7; a
x = a[1:2]; x[:] = 7; a
x = a[0, 1:3]; x[:] = 7; a
x = a[:, 1:2]; x[:] = 7; a
x = a[::2]; x[:] = 7; a
x = a[0, 1, 2]; x[:] = 7; a
x = a.reshape((6, 4)); x[:] = 7; a
x = a.T; x[:] = 7; a
x = a.copy(); x[:] = 7; a
x = a[[0]]; x[:] = 7; a
x = a.slice_axis(0, 0, 1); x[:] = 7; a
x = a[0][1]; x += 1; a
x = a[None]; x[:] = 7; a
x = a.expand_dims(0); x[:] = 7; a
a[:] = n; a
a[:] = 1.5; a
i[:] = 2.7; i
a[0] = [1, 2, 3, 4]; a
a[0, 1] = nd.array([9, 8, 7, 6]); a
a[:, 1] = n[0, 0]; a
a[...] = v; a
a[0] = nd.ones((5,)); a
x = a; x += 1; x is a
x = i; x += 1.5; i
a[0][:] = 3; a
a[1][2][3] = 5; a
x = a.detach(); x[:] = 2; a
[r.__setitem__(slice(None), 4) for r in a]; a
[r.shape for r in a]
len(a)
a.asnumpy()[0] is a
bool(v[0])
bool(a)
float(v[0].asscalar())
""".strip().split("\n")
ARITHMETIC = [
    f"{left} {operator} {right}"
    for operator in OPERATORS
    for left, right in (
        ("a", "2"), ("2", "a"), ("a", "1.5"), ("1.5", "v"), ("a", "a"), ("v", "b"), ("b", "v"), ("i", "2"), ("7", "i"),
        ("i", "i"), ("a[0]", "b"), ("a", "i"),
    )
]  # fmt: skip
CHANGING = [
    f"x = {left}; y = x; x {operator} {right}; (x, y)"
    for operator in IN_PLACE
    for left, right in (("a", "2"), ("a", "a"), ("a", "v"), ("i", "2"), ("v", "a"))
]
UNARY = ["-a", "abs(-a)", "-i", "a == None", "a != None", "a.size", "a.ndim", "a.shape", "a.stype", "str(a.context)"]

CONVERSION = """
a.astype('int32')
a.astype('float16')
a.astype('float64', copy=False)
a.asnumpy()
v[0].asscalar()
a.asscalar()
nd.array([1, 2])
nd.array(n)
nd.array(n.astype('int64'))
nd.array(i)
nd.array([[1.5]], dtype='int32')
nd.array(3)
nd.array([])
a.copyto(nd.zeros((2, 3, 4)))
a.copyto(nd.zeros((2, 3)))
a.as_in_context(mx.cpu(0)) is a
a.tostype('default')
nd.from_numpy(n, zero_copy=False)
nd.array(np.float64(2.5) * n).dtype.__name__
""".strip().split("\n")
CREATION = """
nd.zeros((2, 3))
nd.zeros(3)
nd.ones((2,), dtype='int32')
nd.full((2, 2), 7)
nd.full(3, 1.5, dtype='float64')
nd.arange(5)
nd.arange(2, 8, 3)
nd.arange(5, 0, -2)
nd.arange(0, 3, repeat=2)
nd.arange(3, dtype='int64')
nd.linspace(0, 1, 5)
nd.linspace(2, -2, 4, endpoint=False)
nd.linspace(0, 9, 4, dtype='int32')
nd.eye(3)
nd.eye(3, 4, 1)
nd.eye(2, dtype='int32', k=-1)
nd.zeros_like(a)
nd.ones_like(i)
nd.empty((2, 3)).shape
nd.concatenate([a, a])
nd.concatenate([v, v], axis=0)
nd.concatenate([a, a], axis=2)
nd.concatenate([a], always_copy=False)
nd.moveaxis(a, 0, 2)
nd.moveaxis(a, -1, 0)
nd.moveaxis(a, (0, 1), (1, 2))
nd.moveaxis(a, 3, 0)
nd.split_v2(a, 2, axis=2)
nd.split_v2(a, (1, 3), axis=2)
nd.split_v2(a, 3, axis=1, squeeze_axis=True)
nd.split_v2(a, (1,))
nd.histogram(v, bins=3, range=(0, 4))
nd.histogram(v, bins=nd.array([0, 1, 5]))
nd.onehot_encode(nd.array([1, 0]), nd.zeros((2, 3)))
""".strip().split("\n")
TWO = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "modulo",
    "power",
    "maximum",
    "minimum",
    "hypot",
    "equal",
    "not_equal",
    "greater",
    "greater_equal",
    "lesser",
    "lesser_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
]
HELPERS = [
    f"nd.{name}({left}, {right})"
    for name in TWO
    for left, right in (("a", "v"), ("b", "v"), ("v", "2"), ("3", "v"), ("a", "0.5"))
]
NUMBERS = [f"nd.{name}(3, 2)" for name in ("add", "power", "maximum", "minimum", "hypot", "equal", "lesser", "modulo")]
RESHAPE = """
a.reshape((6, 4))
a.reshape(-1)
a.reshape((-1,))
a.reshape(6, 4)
a.reshape((0, -1))
a.reshape((-1, 0))
a.reshape((0, 0, 2, 2))
a.reshape((-2,))
a.reshape((2, -2))
a.reshape((-3, 4))
a.reshape((0, -3))
a.reshape((-4, 1, 2, -2))
a.reshape((0, 0, -4, 2, 2))
a.reshape((0, -4, 3, -1, 0))
a.reshape((-4, -1, 2, -2))
a.reshape((24, 1))
a.reshape((-1, 0), reverse=True)
a.reshape((0, -1), reverse=True)
a.reshape(shape=(4, 6))
a.reshape((5, 5))
a.reshape((-1, 5))
a.reshape((-1, -1))
a.reshape((0, 0, 0, 1))
""".strip().split("\n")
METHODS = """
a.T
a.abs()
a.sum()
a.sum(axis=1)
a.sum(axis=(0, 2), keepdims=True)
a.sum(axis=0, exclude=True)
a.mean()
a.mean(axis=-1)
a.max(axis=1)
a.min()
a.prod(axis=0)
a.nansum()
a.nanprod(axis=2)
a.norm()
a.norm(ord=1, axis=1)
a.argmax()
a.argmax(axis=1)
a.argmin(axis=2, keepdims=True)
a.clip(-1, 1)
a.sign()
a.round()
a.rint()
a.floor()
a.ceil()
a.fix()
a.trunc()
a.square()
a.exp()
a.log1p()
a.tanh()
a.sigmoid()
a.relu()
a.softmax()
a.softmax(axis=0)
a.log_softmax(axis=1)
a.softmin()
a.transpose()
a.transpose((1, 0, 2))
a.transpose(axes=(2, 0, 1))
a.swapaxes(0, 2)
a.flatten()
a.expand_dims(1)
a.expand_dims(axis=-1)
a.squeeze()
a.tile((2, 1, 1))
a.tile(2)
a.repeat(2)
a.repeat(repeats=2, axis=1)
a.flip(1)
a.flip(axis=(0, 2))
a.slice_axis(axis=2, begin=1, end=3)
a.slice(begin=(0, 1), end=(2, 3))
a.slice_like(nd.zeros((1, 2, 2)))
a.split(num_outputs=2, axis=2)
a.split_v2(2, axis=2)
a.take(nd.array([1, 0]))
a.take(nd.array([1, 0]), axis=2)
a.pick(nd.zeros((2, 3)))
a.reshape_like(nd.zeros((6, 4)))
a.zeros_like()
a.ones_like()
a.broadcast_to((2, 3, 4))
a.sort()
a.sort(axis=1)
a.argsort()
a.argsort(axis=0, is_ascend=False)
a.topk(k=2)
a.topk(axis=0, ret_typ='value')
a.diag()
a.sqrt()
a.broadcast_like(nd.zeros((2, 3, 4)))
a.one_hot(depth=3)
a.degrees()
a.radians()
a.arctan()
a.sinh()
a.cbrt()
""".strip().split("\n")
MORE = """
v.expand_dims(0).broadcast_axes(axis=0, size=2)
b.broadcast_to((3, 4))
i.one_hot(3)
v.reshape((2, 2)).diag()
nd.ones((1, 4, 2, 2)).depth_to_space(2)
nd.ones((1, 1, 2, 2)).space_to_depth(2)
v.sum().shape
v.max().shape
nd.ones((1, 1, 2, 2)).pad(mode='edge', pad_width=(0, 0, 0, 0, 1, 1, 1, 1))
nd.ones((2, 1)).squeeze(axis=1)
a.grad
a.attach_grad(); a.grad
a.attach_grad(grad_req='null'); a.grad is None
nd.contrib.isnan(a)
nd.contrib.isinf(a / 0)
nd.contrib.isfinite(a / 0)
nd.waitall()
nd.add_n(a, a, a)
nd.stack(v, v, axis=1)
nd.sum(a, axis=[0, 1])
nd.transpose(a, axes=[0, 2, 1])
nd.concat(*[v, v], dim=0)
nd.relu(a, out=a) is a
""".strip().split("\n")
SYMBOLS = """
(s + 1).list_outputs()
(1 - s).list_arguments()
(s * t).list_arguments()
(s / 2 ** t).list_outputs()
[o for o in mx.sym.split(s, num_outputs=2, name='p').list_outputs()]
(s == 2).list_outputs()
(-s).list_outputs()
(s + t).infer_shape(s=(2, 3), t=(2, 3))
(s + t).infer_shape(s=(2, 3))
mx.sym.dot(s, t).infer_shape(s=(2, 3), t=(3, 4))
mx.sym.sum(s, axis=1).infer_shape(s=(2, 3))
mx.sym.reshape(s, shape=(-1, 2)).infer_shape(s=(4, 3))
s.name
mx.sym.FullyConnected(s, num_hidden=4, name='fc').infer_shape_partial(s=(0, 3))
mx.sym.Group([s, t]).list_outputs()
mx.sym.FullyConnected(s, num_hidden=4, name='fc').list_arguments()
mx.sym.BatchNorm(s, name='bn').list_auxiliary_states()
mx.sym.concat(s, t, dim=0, name='c').get_internals().list_outputs()
mx.sym.maximum(s, 2).list_outputs()
mx.sym.arange(3).infer_shape()
mx.sym.zeros((2, 3)).infer_type()
(s > t).infer_type(s='float64')
s.attr('x')
mx.sym.var('w', shape=(2, 3), lr_mult=2.0).attr_dict()
mx.sym.exp(s, name='e').tojson() is None
len(mx.sym.Group([s, t]))
mx.sym.exp(s, name='e')['e_output'].name
[x.name for x in mx.sym.Group([s, t])]
mx.sym.exp(s, name='e').get_children().name
""".strip().split("\n")

GROUPS = {
    "indexing": INDEXING,
    "assignment": ASSIGNMENT,
    "views": VIEWS,
    "arithmetic": ARITHMETIC + CHANGING + UNARY,
    "conversion": CONVERSION,
    "creation": CREATION,
    "helpers": HELPERS + NUMBERS,
    "reshape": RESHAPE,
    "methods": METHODS + MORE,
    "symbols": SYMBOLS,
}


def evaluate(mx, text: str):
    """What the expression gives: arrays, in lists, or a text."""
    n = np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 7
    scope = {
        "mx": mx,
        "nd": mx.nd,
        "np": np,
        "n": n,
        "a": mx.nd.array(n),
        "b": mx.nd.array([[1], [2], [4]]),
        "i": mx.nd.array([[1, 0], [1, 1]], dtype="int32"),
        "v": mx.nd.array([1, 2, 3, 4]),
        "s": mx.sym.var("s"),
        "t": mx.sym.var("t"),
    }
    *before, last = text.split("; ")
    with mx.name.NameManager():
        for statement in before:
            exec(statement, scope)
        return _plain(mx, eval(last, scope))


def _plain(mx, value):
    if isinstance(value, mx.nd.NDArray):
        return [value.asnumpy()]
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, (list, tuple)) and any(isinstance(item, mx.nd.NDArray) for item in value):
        return [item.asnumpy() for item in value]
    return _text(value)


def _text(value) -> str:
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(map(_text, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    return f"{float(value):.6g}" if isinstance(value, (int, float, np.generic)) else str(value)


# What mx gives otherwise on purpose: what of, what 1.9.1 does, what mx does.
_INDEX = ("`a[..., None] = x` with an array of another, broadcastable shape", "an error", "works")
_PLACE = ("`a[[-1]] = x`", "writes to foreign memory", "counts from the end")
_DIVISION = ("integers divided by 0", "arbitrary, or the process dies", "0")
_HYPOT = ("`nd.hypot`", "only `sym.hypot`", "both")
OTHERWISE = {
    **dict.fromkeys((f"{t} = ({t} * 10).asnumpy(); a" for t in ("a[...,None]", "a[None,...,None]")), _INDEX),
    **dict.fromkeys((f"a[[-1]] = {x}; a" for x in ("7", "a[[-1]] * 10", "(a[[-1]] * 10).asnumpy()")), _PLACE),
    **dict.fromkeys((text for text in HELPERS + NUMBERS if "hypot" in text), _HYPOT),
    **dict.fromkeys(("7 / i", "i / i"), _DIVISION),
    "a.attach_grad(grad_req='null'); a.grad is None": ("`x.grad` after `attach_grad('null')`", "zeros", "None"),
}
