"""Bad input of every kind: each is a clear error, of the right class, and nothing breaks afterwards."""

import struct

import numpy as np
import pytest
from mx_core import MXNetError, base, nd, sym


@pytest.fixture(autouse=True)
def still_works():
    yield
    assert (nd.ones((2,)) + 1).asnumpy().tolist() == [2, 2]


def fc(*args, **kwargs):
    return nd.FullyConnected(*args, **kwargs)


X, W, B = (lambda: nd.ones((2, 3))), (lambda: nd.ones((4, 3))), (lambda: nd.ones((4,)))


@pytest.mark.parametrize(
    ("attempt", "kind", "words"),
    [
        (lambda: fc(X(), nd.ones((4, 5)), B(), num_hidden=4), ValueError, r"FullyConnected.*\(4, 5\)"),
        (lambda: fc(X(), W(), nd.ones((3,)), num_hidden=4), ValueError, "FullyConnected.*bias"),
        (lambda: fc(X(), W(), B()), (ValueError, TypeError), "num_hidden"),
        (lambda: fc(X(), W(), num_hidden=4), (ValueError, TypeError), "FullyConnected"),
        (lambda: fc(X(), None, B(), num_hidden=4), TypeError, "weight is missing"),
        (lambda: fc(X(), W(), B(), num_hidden="many"), TypeError, "num_hidden"),
        (lambda: fc(X(), W(), B(), num_hidden=4, nothing=1), TypeError, "no parameter 'nothing'"),
        (lambda: fc(X(), W(), B(), num_hiden=4), TypeError, "Did you mean 'num_hidden'"),
        (
            lambda: fc(X(), np.ones((4, 3)), B(), num_hidden=4),
            TypeError,
            "weight must be an NDArray, got numpy.ndarray",
        ),
        (lambda: fc([1, 2], W(), B(), num_hidden=4), TypeError, "data must be an NDArray"),
        (lambda: fc(X(), W(), B(), num_hidden=object()), TypeError, "num_hidden"),
        (lambda: fc(X(), W(), B(), num_hidden=2**80), (TypeError, ValueError), "num_hidden"),
        (lambda: fc(X(), W(), B(), num_hidden=(1, "a")), TypeError, "num_hidden"),
        (lambda: fc(X(), W(), B(), num_hidden=4, out=3), TypeError, "out must be an NDArray"),
        (lambda: fc(X(), W(), B(), num_hidden=4, out=nd.ones((7,))), ValueError, r"FullyConnected.*\(7,\)"),
        (lambda: fc(X(), W().astype("float64"), B(), num_hidden=4), (TypeError, ValueError), "FullyConnected.*float64"),
        (lambda: nd.Activation(X(), act_type="nothing"), ValueError, "act_type.*nothing"),
        (lambda: nd.Activation(X()), (ValueError, TypeError), "act_type"),
        (lambda: nd.Activation(X(), act_type="relu", dtype=np.complex64), TypeError, "no parameter"),
        (lambda: nd.ones((2, 3)) + nd.ones((4,)), ValueError, r"\(2, 3\).*\(4,\)"),
        (lambda: nd.ones((2, 3)) + nd.ones((2, 3), dtype="int32"), (TypeError, ValueError), "int32"),
        (lambda: nd.Cast(X(), dtype="complex64"), (TypeError, ValueError), "complex64"),
        (lambda: nd.Concat([X(), X()]), TypeError, "must be an NDArray, got builtins.list"),
        (lambda: nd.transpose(X(), axes=(0, 5)), MXNetError, "transpose"),
        (lambda: nd.nothing, AttributeError, "nothing"),
    ],
)
def test_operators(attempt, kind, words):
    with pytest.raises(kind, match=words) as caught:
        attempt()
    if kind is not AttributeError:
        assert isinstance(caught.value, MXNetError)


def saved(tmp_path):
    file = tmp_path / "arrays.params"
    nd.save(str(file), {"a": nd.array(np.arange(6).reshape(2, 3)), "b": nd.ones((4,))})
    return file, file.read_bytes()


def test_every_truncated_file(tmp_path):
    file, data = saved(tmp_path)
    for end in range(len(data)):
        with pytest.raises(MXNetError):
            nd.load_frombuffer(data[:end])
    file.write_bytes(data[:50])
    with pytest.raises(MXNetError):
        nd.load(str(file))


def test_a_file_that_claims_a_huge_array(tmp_path):
    _, data = saved(tmp_path)
    place = data.index(struct.pack("<qq", 2, 3))
    for dims in ((2**60, 3), (2**30, 2**30), (-1, 3), (2**62, 2**62), (2, 2**31)):
        with pytest.raises(MXNetError):
            nd.load_frombuffer(data[:place] + struct.pack("<qq", *dims) + data[place + 16 :])


def test_files_with_any_byte_changed(tmp_path):
    _, data = saved(tmp_path)
    rng = np.random.default_rng(0)
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= int(rng.integers(1, 256))
        try:
            nd.load_frombuffer(bytes(broken))  # a changed number is still a number
        except MXNetError:
            pass


def test_files_that_are_none(tmp_path):
    for content in (b"", b"hello", b"\0" * 100, b"{}", b"\xff" * 64):
        with pytest.raises(MXNetError):
            nd.load_frombuffer(content)
    with pytest.raises(OSError):
        nd.load(str(tmp_path / "nothing"))
    with pytest.raises(OSError):
        nd.save(str(tmp_path / "no" / "folder"), [nd.ones((1,))])
    with pytest.raises(TypeError):
        nd.load_frombuffer("text")
    for wrong in (3, {"a": 1}, [1], {1: nd.ones((1,))}):
        with pytest.raises(MXNetError):
            nd.save(str(tmp_path / "x"), wrong)


CYCLE = """{"nodes": [
 {"op": "null", "name": "x", "inputs": []},
 {"op": "elemwise_add", "name": "a", "inputs": [[2, 0, 0], [0, 0, 0]]},
 {"op": "elemwise_add", "name": "b", "inputs": [[1, 0, 0], [0, 0, 0]]}],
 "arg_nodes": [0], "heads": [[2, 0, 0]]}"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "{}",
        '{"nodes": []}',
        '{"nodes": [], "arg_nodes": [], "heads": [[0, 0]]}',
        '{"nodes": 3, "arg_nodes": [], "heads": []}',
        '{"nodes": [{"op": "nothing", "name": "a", "inputs": []}], "arg_nodes": [], "heads": [[0, 0]]}',
        '{"nodes": [{"op": "null", "name": "a", "inputs": []}], "arg_nodes": [0], "heads": [[7, 0]]}',
        '{"nodes": [{"op": "null", "name": "a", "inputs": []}], "arg_nodes": [0], "heads": [[-1, 0]]}',
        '{"nodes": [{"op": "null", "name": "a", "inputs": []}], "arg_nodes": [0], "heads": [[0, 99]]}',
        '{"nodes": [{"op": "abs", "name": "a", "inputs": [[0, 0]]}], "arg_nodes": [], "heads": [[0, 0]]}',
        '{"nodes": [{"op": "null", "name": "a", "inputs": [[9, 0]]}], "arg_nodes": [0], "heads": [[0, 0]]}',
        CYCLE,
        "[" * 100000,
        '{"nodes":' * 50000,
    ],
    ids=range(18),
)
def test_broken_and_cyclic_json(text):
    with pytest.raises(MXNetError):
        sym.load_json(text)


def test_errors_are_also_what_python_calls_them():
    pairs = [
        (base.MXValueError, ValueError),
        (base.MXTypeError, TypeError),
        (base.MXIndexError, IndexError),
        (base.MXMemoryError, MemoryError),
        (base.MXUnsupportedError, NotImplementedError),
        (base.MXFileError, OSError),
    ]
    for ours, python in pairs:
        assert issubclass(ours, (python,))
        assert issubclass(ours, MXNetError)
        assert str(ours("text")) == "text"


def test_arrays_that_cannot_be():
    for attempt in (lambda: nd.empty((2**40, 2**40)), lambda: nd.empty((-1,)), lambda: nd.empty((1,) * 40)):
        with pytest.raises(MXNetError):
            attempt()
