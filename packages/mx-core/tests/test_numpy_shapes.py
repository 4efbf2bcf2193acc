"""np_shape: shapes of symbols where () is a single number and 0 a length."""

import pickle

import numpy as np
import pytest
from mx_core import autograd, cpu, nd, sym, util
from mx_core.base import MXNetError


def test_creation_in_a_symbol():
    with util.np_shape():
        for shape in ((), (0, 2), (3, 0)):
            for made in (sym.zeros(shape), sym.ones(shape), sym.full(shape, 3)):
                assert made.infer_shape()[1] == [shape]
                assert made.eval()[0].shape == shape
    assert sym.zeros((0, 2)).infer_shape_partial()[1] == [(0, 2)]  # unknown again
    with pytest.warns(UserWarning, match="0 is an unknown length"):
        assert sym.zeros((0, 2)).infer_shape() == (None, None, None)


def test_unknown_is_minus_one_and_none():
    total = sym.broadcast_add(sym.var("a"), sym.var("b"))
    with util.np_shape():
        assert total.infer_shape(a=(), b=(3,))[1] == [(3,)]
        assert total.infer_shape(a=(0, 1), b=(1, 4))[1] == [(0, 4)]
        assert total.infer_shape_partial(a=(0, 1)) == ([(0, 1), None], [None], [])
        assert sym.var("x", shape=(-1, 3)).infer_shape_partial()[0] == [(-1, 3)]
        assert sym.var("x", shape=(0, 3)).infer_shape()[0] == [(0, 3)]
        assert sym.var("x", shape=()).infer_shape()[0] == [()]
        with pytest.warns(UserWarning, match="-1 is an unknown length"):
            assert total.infer_shape(a=(-1, 2), b=(3, 2)) == (None, None, None)
        with pytest.raises(MXNetError, match="-1"):
            total.infer_shape(a=(-2,))
    assert sym.var("x", shape=(0, 3)).infer_shape_partial()[0] == [(0, 3)]


def test_bound():
    with util.np_shape():
        run = sym.relu(sym.var("a")).simple_bind(cpu(), a=())
        assert run.forward(a=nd.array(-2.0))[0].shape == ()
        joined = sym.Concat(sym.var("a"), sym.var("b"), dim=0).simple_bind(cpu(), a=(0, 2), b=(3, 2))
        np.testing.assert_array_equal(joined.forward(b=nd.ones((3, 2)))[0].asnumpy(), np.ones((3, 2)))
        one = sym.reshape(sym.var("a"), shape=())
        assert one.infer_shape(a=(1,))[1] == [()]
        with pytest.raises(MXNetError, match=r"\[Reshape reshape\d+\].*\(2,\) to \(\)"):
            one.infer_shape(a=(2,))


def test_gradient_of_a_number():
    with util.np_shape():
        x = nd.array(3.0)
        x.attach_grad()
        with autograd.record():
            y = x * x
        y.backward()
        assert x.grad.shape == () and x.grad.asscalar() == 6


def test_files(tmp_path):
    file = str(tmp_path / "x.params")
    numbers, empty = nd.array(np.array(3.5)), nd.array(np.ones((2, 0)))
    for scope in (util.np_shape(False), util.np_shape()):
        with scope:
            nd.save(file, {"number": numbers, "empty": empty, "row": nd.ones((3,))})
            found = nd.load(file)
        assert [found[name].shape for name in ("number", "empty", "row")] == [(), (2, 0), (3,)]
        assert found["number"].asscalar() == 3.5 and found["row"].asnumpy().tolist() == [1, 1, 1]
        record = pickle.loads(pickle.dumps(numbers))
        assert record.shape == () and record.asscalar() == 3.5
    with util.np_shape():
        nd.save(file, nd.ones((2,)))
    with open(file, "rb") as stream:
        content = stream.read()
    assert content[24:28] == bytes.fromhex("cafa93f9")  # what 1.9.1 reads under np_shape: version 3
    nd.save(file, nd.ones((2,)))
    with open(file, "rb") as stream:
        assert stream.read() == content.replace(b"\xca\xfa", b"\xc9\xfa")


def test_numpy_arrays_are_refused():
    @util.use_np
    def function():
        return 1

    for call in (function, util.set_np, lambda: util.np_array().__enter__()):
        with pytest.raises(MXNetError, match="not part of this version"):
            call()
    with util.np_array(False):
        assert not util.is_np_array()


NUMBERS = [
    ("uniform", (0, 1)), ("normal", (0, 1)), ("poisson", (1,)), ("exponential", (1,)), ("gamma", (1, 2)),
    ("negative_binomial", (1, 0.5)), ("generalized_negative_binomial", (1, 1)), ("randint", (0, 5)),
]  # fmt: skip


@pytest.mark.parametrize("name, numbers", NUMBERS)
def test_random_numbers(name, numbers):
    on_arrays, on_symbols = getattr(nd.random, name), getattr(sym.random, name)
    with util.np_shape():
        for shape in ((), (0, 2), (3, 0), (2,)):
            assert on_arrays(*numbers, shape=shape).shape == shape
            symbol = on_symbols(*numbers, shape=shape)
            assert symbol.infer_shape()[1] == [shape] and symbol.eval()[0].shape == shape
        assert on_arrays(*numbers).shape == (1,)
    for shape in ((), (0, 2)):
        with pytest.raises(MXNetError, match="does not follow"):
            on_arrays(*numbers, shape=shape)
    # What is not said, other arrays decide.
    for more in ({}, {"shape": (0, 3)}):
        total = on_symbols(*numbers, **more, dtype=None) + sym.var("x")
        assert total.infer_shape(x=(2, 3))[1] == [(2, 3)]
