"""SequenceLast, SequenceMask and SequenceReverse."""

import numpy as np
import pytest
from mx_core import MXNetError, nd, sym
from mx_core.test_utils import check_gradient

X = np.arange(24.0).reshape(4, 3, 2)
LENGTHS = [1, 4, 2]


def expected(name, x, lengths):
    if name == "SequenceLast":
        return np.stack([x[n - 1, b] for b, n in enumerate(lengths)])
    y = x.copy()
    for b, n in enumerate(lengths):
        if name == "SequenceMask":
            y[n:, b] = -1
        else:
            y[:n, b] = x[:n, b][::-1]
    return y


def options(name):
    return {"value": -1} if name == "SequenceMask" else {}


@pytest.mark.parametrize("name", ["SequenceLast", "SequenceMask", "SequenceReverse"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "int64", "int8"])
def test_values(name, dtype):
    function, want = getattr(nd, name), expected(name, X, LENGTHS)
    x, lengths = nd.array(X, dtype=dtype), nd.array(LENGTHS, dtype="int32")
    y = function(x, lengths, use_sequence_length=True, **options(name))
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.asnumpy(), want)
    np.testing.assert_array_equal(
        function(x, **options(name)).asnumpy(), expected(name, X, [4, 4, 4]) if name != "SequenceMask" else X
    )
    if name != "SequenceReverse":
        y = function(x.swapaxes(0, 1), lengths, use_sequence_length=True, axis=1, **options(name))
        np.testing.assert_array_equal(y.asnumpy(), want if name == "SequenceLast" else want.swapaxes(0, 1))


@pytest.mark.parametrize("name", ["SequenceLast", "SequenceMask", "SequenceReverse"])
def test_gradients(name):
    function, lengths = getattr(nd, name), nd.array(LENGTHS)
    check_gradient(lambda x: function(x, lengths, use_sequence_length=True), X)
    check_gradient(lambda x: function(x * x, lengths, use_sequence_length=True) * 2, X[:, :, 0])
    check_gradient(function, X)


@pytest.mark.parametrize("name", ["SequenceLast", "SequenceMask", "SequenceReverse"])
def test_symbols(name):
    function = getattr(sym, name)
    assert function(sym.var("x"), name="s").list_arguments() == ["x"]
    y = function(sym.var("x"), use_sequence_length=True, name="s")
    assert y.list_arguments() == ["x", "s_sequence_length"]
    assert y.infer_shape(x=(4, 3, 2))[0] == [(4, 3, 2), (3,)]


def test_refused():
    x = nd.array(X)
    with pytest.raises(MXNetError, match=r"\[SequenceLast\] sequence_length\[1\] is 0.*1 to 4"):
        nd.SequenceLast(x, nd.array([1, 0, 1]), use_sequence_length=True)
    with pytest.raises(MXNetError, match=r"\[SequenceReverse\] axis is 1"):
        nd.SequenceReverse(x, axis=1)
    with pytest.raises(MXNetError, match=r"\[SequenceMask\] data has shape \(4,\)"):
        nd.SequenceMask(nd.arange(4))
