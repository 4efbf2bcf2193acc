"""Bad input of every kind: each is a clear error, of the right class, and nothing breaks afterwards."""

import os
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from mx_core import MXNetError, autograd, base, cpu, nd, random, sym


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
        (lambda: nd.reshape_like(X(), nd.ones((100, 100))), ValueError, r"reshape_like.*\(100, 100\)"),
        (lambda: nd.gather_nd(X(), nd.array(np.zeros((0,)))), ValueError, r"gather_nd.*\(0,\)"),
        (lambda: nd.gather_nd(X(), nd.ones((3, 2))), ValueError, r"gather_nd.*\(3, 2\)"),
        (
            lambda: nd.Convolution(
                nd.array(np.ones((1, 0, 5))), nd.array(np.ones((4, 0, 2))), nd.ones((4,)), kernel=(2,), num_filter=4
            ),
            ValueError,
            r"Convolution.*\(1, 0, 5\).*no channels",
        ),
        (lambda: nd.Dropout(X(), p=float("nan")), ValueError, "p is nan"),
        (lambda: nd.batch_take(nd.ones((5,)), nd.ones((5,))), ValueError, r"batch_take.*\(5,\)"),
        (lambda: X() + 10**400, ValueError, "range of floats"),
        (lambda: nd.zeros((2.5,)), TypeError, "zeros.*2.5"),
        (lambda: nd.eye(-3), ValueError, "eye.*-3"),
        (lambda: nd.linspace(0, 1, -5), ValueError, "linspace.*-5"),
        (lambda: nd.array(None), TypeError, "None"),
        (lambda: X().__setitem__(0, None), TypeError, "None"),
        (lambda: X().__setitem__(0, "a"), TypeError, "'a'"),
        (lambda: random.seed(2**70), ValueError, "seed_state"),
        (lambda: sym.Variable("a\0b"), ValueError, "NUL"),
        (lambda: sym.Variable("\ud800"), ValueError, "UTF-8"),
        (lambda: sym.Variable("x").infer_shape(x="abc"), TypeError, "x must hold integers"),
        (lambda: sym.Variable("x").infer_shape(x=(2**70,)), ValueError, "x is"),
        (lambda: sym.Variable("x").infer_shape(x=(-5, 2)), ValueError, "x is"),
        (
            lambda: sym.load_json('{"nodes":[{"op":"null","name":"a\\u0000b","inputs":[]}],"heads":[[0,0,0]]}'),
            ValueError,
            "NUL",
        ),
        (lambda: sym.Variable("x").save("/nonexistent/folder/x.json"), OSError, "/nonexistent/folder/x.json"),
        (lambda: sym.Variable("x").save(5), TypeError, "file name"),
        (lambda: nd.load(5), TypeError, "file name"),
        (lambda: nd.save("a\0b", [X()]), ValueError, "NUL"),
        (lambda: nd.nothing, AttributeError, "nothing"),
    ],
)
def test_operators(attempt, kind, words):
    with pytest.raises(kind, match=words) as caught:
        attempt()
    if kind is not AttributeError:
        assert isinstance(caught.value, MXNetError)


def test_nan_is_a_number_where_every_number_is():
    assert np.isnan((X() + float("nan")).asnumpy()).all()
    assert np.isnan(nd.full((2,), float("nan")).asnumpy()).all()
    assert (X() * float("inf")).asnumpy().tolist() == [[np.inf] * 3] * 2


def test_a_gradient_of_another_dtype():
    with pytest.raises(TypeError, match="the gradient of x has dtype int32"):
        sym.Variable("x").bind(cpu(), {"x": X()}, args_grad={"x": nd.ones((2, 3), dtype="int32")})


def test_saving_keeps_links_and_devices(tmp_path):
    real, link, pipe = tmp_path / "real", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(real)
    real.write_text("old")
    os.mkfifo(pipe)
    for save, load in (
        (lambda path: nd.save(path, [X()]), lambda path: nd.load(path)[0].shape == (2, 3)),
        (lambda path: sym.Variable("x").save(path), lambda path: sym.load(path).list_arguments() == ["x"]),
    ):
        save(str(link))
        assert link.is_symlink() and load(str(real))
        descriptor = os.open(pipe, os.O_RDWR)  # so that nobody waits for the other end
        try:
            save(str(pipe))
            assert pipe.is_fifo() and os.read(descriptor, 1 << 16) == real.read_bytes()
        finally:
            os.close(descriptor)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe", "real"]


def test_several_threads_save_one_file(tmp_path):
    path = str(tmp_path / "file")
    for save, load in (
        (lambda k: nd.save(path, [nd.full((1 << 16,), k)]), lambda: nd.load(path)[0].asnumpy()),
        (
            lambda k: sym.Group([sym.var(f"{k}_{i}") for i in range(500)]).save(path),
            lambda: sym.load(path).list_arguments(),
        ),
    ):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(save, range(1, 40)))
        found = load()  # of one thread, whole
        assert len({name.split("_")[0] for name in found} if isinstance(found, list) else set(found)) == 1
        os.unlink(path)
    assert not list(tmp_path.iterdir())


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
        (base.MXKeyError, (ValueError, KeyError)),
        (base.MXAssertionError, (ValueError, AssertionError)),
        (base.MXArgumentError, (TypeError, AssertionError)),
    ]
    for ours, python in pairs:
        for kind in python if isinstance(python, tuple) else (python,):
            assert issubclass(ours, kind)
        assert issubclass(ours, MXNetError)
        assert str(ours("text")) == "text"


@pytest.mark.parametrize(
    "attempt, kind",
    [
        (lambda: nd.exp(3), AssertionError),
        (lambda: sym.exp(3), AssertionError),
        (lambda: nd.concatenate([]), AssertionError),
        (lambda: nd.random.uniform(0, nd.ones((2,))), AssertionError),
        (lambda: sym.random.uniform(0, sym.var("x")), AssertionError),
        (lambda: autograd.grad(nd.ones((2,)), []), AssertionError),
        (lambda: nd.ones((2,)).attach_grad("nonsense"), KeyError),
    ],
)
def test_what_scripts_of_old_may_catch(attempt, kind):
    with pytest.raises(kind) as caught:
        attempt()
    assert isinstance(caught.value, MXNetError)


def test_arrays_that_cannot_be():
    for attempt in (lambda: nd.empty((2**40, 2**40)), lambda: nd.empty((-1,)), lambda: nd.empty((1,) * 40)):
        with pytest.raises(MXNetError):
            attempt()
