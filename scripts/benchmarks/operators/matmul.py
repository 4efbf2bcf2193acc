from .case import Case


def split(t, x, parts):
    """The parts of (length, batch, heads * parts * channels), each (batch * heads, length, channels)."""
    length, batch, _ = x.shape
    return x.view(length, batch * 4, parts, -1).permute(2, 1, 0, 3)


def merge(x, batch):
    """Of (batch * heads, length, channels)."""
    return x.permute(1, 0, 2).reshape(x.shape[1], batch, -1)


def self_scores(t, qkv):
    q, k, _ = split(t, qkv, 3)
    return t.bmm(q * q.shape[-1] ** -0.5, k.transpose(1, 2))


def scores(t, queries, keys_values):
    q, (k, _) = split(t, queries, 1)[0], split(t, keys_values, 2)
    return t.bmm(q * q.shape[-1] ** -0.5, k.transpose(1, 2))


def self_values(t, qkv, attention):
    return merge(t.bmm(attention, split(t, qkv, 3)[2]), qkv.shape[1])


def values(t, keys_values, attention):
    return merge(t.bmm(attention, split(t, keys_values, 2)[1]), keys_values.shape[1])


def products(t, x, y):
    return t.einsum("ik,jk->ijk", x, y).reshape(-1, x.shape[1])


CASES = [
    Case("dot", "x y", lambda t, x, y: x @ y, large=1024),
    Case("dot", "x y", lambda t, x, y: x @ y.t(), {"transpose_b": True}, "transposed", large=1024),
    Case("dot", "x:bfloat16 y:bfloat16", lambda t, x, y: x @ y, label="bfloat16", mxnet=False),
    Case("dot", "x vector", lambda t, x, y: x @ y, label="vector"),
    Case("batch_dot", "attention attention", lambda t, x, y: x @ y, label="square", large=1024),
    Case(
        "batch_dot",
        "attention attention",
        lambda t, x, y: x @ y.transpose(1, 2),
        {"transpose_b": True},
        "transposed",
        large=1024,
    ),
    Case("batch_dot", "attention:bfloat16 attention:bfloat16", lambda t, x, y: x @ y, label="bfloat16", mxnet=False),
    Case("khatri_rao", "part part", products, large=128),
    Case("_contrib_interleaved_matmul_selfatt_qk", "qkv", self_scores, {"heads": 4}),
    Case("_contrib_interleaved_matmul_selfatt_valatt", "qkv attention", self_values, {"heads": 4}),
    Case("_contrib_interleaved_matmul_encdec_qk", "queries keys_values", scores, {"heads": 4}),
    Case("_contrib_interleaved_matmul_encdec_valatt", "keys_values attention", values, {"heads": 4}),
]
