"""khatri_rao and the products of attention on interleaved projections."""

import numpy as np
import pytest
from mx_core import MXNetError, nd, sym
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)
T, S, B, H, D = 3, 4, 2, 2, 5  # times of queries and keys, batch, heads, size of a head


def split(x, parts):
    """(time, batch, heads * parts * size) -> for each part (batch * heads, time, size)"""
    heads = x.reshape(*x.shape[:2], H, parts, -1)
    return [heads[:, :, :, i].transpose(1, 2, 0, 3).reshape(-1, x.shape[0], heads.shape[-1]) for i in range(parts)]


def joined(x):
    """The reverse of split, for one part."""
    return x.reshape(B, H, -1, D).transpose(2, 0, 1, 3).reshape(-1, B, H * D)


def normal(*shape):
    return RNG.normal(size=shape)


QKV, Q, KV = normal(T, B, H * 3 * D), normal(T, B, H * D), normal(S, B, H * 2 * D)
SELF, OTHER = normal(B * H, T, T), normal(B * H, T, S)


def scores(q, k):
    return q @ k.swapaxes(1, 2) / np.sqrt(D)


CASES = {
    "selfatt_qk": ((QKV,), scores(*split(QKV, 3)[:2])),
    "selfatt_valatt": ((QKV, SELF), joined(SELF @ split(QKV, 3)[2])),
    "encdec_qk": ((Q, KV), scores(split(Q, 1)[0], split(KV, 2)[0])),
    "encdec_valatt": ((KV, OTHER), joined(OTHER @ split(KV, 2)[1])),
}


@pytest.mark.parametrize("name", CASES)
def test_attention(name):
    inputs, want = CASES[name]
    function = getattr(nd.contrib, f"interleaved_matmul_{name}")
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5), ("float16", 2e-2)):
        got = function(*(nd.array(x, dtype=dtype) for x in inputs), heads=H)
        assert got.dtype == np.dtype(dtype)
        np.testing.assert_allclose(got.asnumpy(), want, rtol=tolerance, atol=tolerance)
    check_gradient(lambda *x: function(*x, heads=H), *inputs)


def test_attention_infers_and_refuses():
    name = "interleaved_matmul_selfatt_valatt"
    y = getattr(sym.contrib, name)(sym.var("x"), sym.var("a"), heads=H)
    assert y.infer_shape(x=QKV.shape)[:2] == ([QKV.shape, SELF.shape], [(T, B, H * D)])
    with pytest.raises(MXNetError, match=r"selfatt_qk\] queries_keys_values has shape \(3, 2, 30\).*21"):
        nd.contrib.interleaved_matmul_selfatt_qk(nd.array(QKV), heads=7)
    with pytest.raises(MXNetError, match=r"encdec_qk\] queries .* keys_values"):
        nd.contrib.interleaved_matmul_encdec_qk(nd.array(Q), nd.array(QKV[:, :, :8]), heads=H)


def test_khatri_rao():
    a, b, c = normal(2, 3), normal(4, 3), normal(5, 3)
    want = np.stack([np.kron(np.kron(a[:, i], b[:, i]), c[:, i]) for i in range(3)], 1)
    np.testing.assert_allclose(nd.khatri_rao(*map(nd.array, (a, b, c))).asnumpy(), want, rtol=1e-5)
    assert nd.khatri_rao(nd.array(a)).shape == (2, 3)
    check_gradient(nd.khatri_rao, a, b, c)
    y = sym.khatri_rao(sym.var("a"), sym.var("b"))
    assert y.infer_shape(a=(2, 3), b=(4, 3))[1] == [(8, 3)]
