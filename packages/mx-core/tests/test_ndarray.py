"""Arrays: what they know about themselves, arithmetic, copies, shapes."""

import numpy as np
import pytest
from mx_core import MXNetError, cpu, gpu, nd, num_gpus
from mx_core.base import MXTypeError, MXUnsupportedError, MXValueError
from mx_core.ndarray import NDArray
from mx_core.ndarray.shapes import resolve_shape


def test_array_says_what_it_is():
    a = nd.array([[1, 2, 3], [4, 5, 6]])
    assert (a.shape, a.size, a.ndim, a.dtype, a.context, a.ctx) == ((2, 3), 6, 2, np.float32, cpu(), cpu())
    assert a.stype == "default"
    assert len(a) == 2
    assert isinstance(a, NDArray)
    assert a.T.shape == (3, 2)
    assert str(a) == "\n[[1. 2. 3.]\n [4. 5. 6.]]\n<NDArray 2x3 @cpu(0)>"


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool", "bfloat16"]
)
def test_dtypes_survive_the_way_there_and_back(dtype):
    if dtype == "bfloat16":
        dtype = pytest.importorskip("ml_dtypes").bfloat16
    source = np.array([[0, 1, 2], [3, 4, 1]]).astype(dtype)
    a = nd.array(source, dtype=dtype)
    assert a.dtype == np.dtype(dtype).type
    assert a.asnumpy().dtype == source.dtype
    assert np.array_equal(a.asnumpy().astype(float), source.astype(float))
    assert np.array_equal(a.copy().asnumpy().astype(float), source.astype(float))


def test_default_dtype_is_float32():
    for source in ([1, 2], [1.5], np.arange(3), np.ones(2), (1, 2), np.float64([1])):
        assert nd.array(source).dtype == np.float32
    assert nd.array(nd.array([1], dtype="int32")).dtype == np.int32
    for made in (nd.zeros((2,)), nd.ones((2,)), nd.arange(3), nd.full((2,), 1), nd.empty((2,))):
        assert made.dtype == np.float32


def test_operators_with_arrays_and_numbers():
    x, y = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), np.array([[5.0, 3.0]], np.float32)
    a, b = nd.array(x), nd.array(y)
    pairs = [
        (a + b, x + y),
        (a - b, x - y),
        (a * b, x * y),
        (a / b, x / y),
        (a % b, x % y),
        (a**b, x**y),
        (a + 2, x + 2),
        (2 + a, 2 + x),
        (a - 2, x - 2),
        (2 - a, 2 - x),
        (a * 2.5, x * 2.5),
        (2.5 * a, 2.5 * x),
        (a / 2, x / 2),
        (2 / a, 2 / x),
        (a % 2, x % 2),
        (7 % a, 7 % x),
        (a**2, x**2),
        (2**a, 2**x),
        (-a, -x),
        (abs(-a), x),
        (np.float32(2) * a, 2 * x),
        (a + np.int64(1), x + 1),
        (a + True, x + 1),
    ]
    for got, want in pairs:
        assert np.allclose(got.asnumpy(), want)
        assert got.dtype == np.float32


def test_comparisons_keep_the_dtype():
    a, b = nd.array([1, 2, 3]), nd.array([3, 2, 1])
    for got, want in [
        (a == b, [0, 1, 0]),
        (a != b, [1, 0, 1]),
        (a < b, [1, 0, 0]),
        (a <= b, [1, 1, 0]),
        (a > b, [0, 0, 1]),
        (a >= b, [0, 1, 1]),
        (a > 1, [0, 1, 1]),
        (a < 2, [1, 0, 0]),
        (a == 2, [0, 1, 0]),
    ]:
        assert got.asnumpy().tolist() == want
        assert got.dtype == np.float32
    assert (nd.array([1, 2], dtype="int32") > 1).dtype == np.int32


def test_numbers_take_the_dtype_of_the_array():
    a = nd.array([3, 5], dtype="int32")
    assert (a + 1).dtype == np.int32
    assert (a * 2).asnumpy().tolist() == [6, 10]


def test_in_place_operators_keep_identity_and_dtype():
    a = nd.array([1, 2], dtype="float64")
    same = a
    a += 1
    a *= nd.array([2, 3], dtype="float64")
    a -= 1
    a /= 2
    a %= 3
    assert a is same
    assert a.dtype == np.float64
    assert np.allclose(a.asnumpy(), [1.5, 1.0])


def test_wrong_operands_are_type_errors():
    a = nd.ones((2, 3))
    for attempt in (
        lambda: a + "x",
        lambda: a + None,
        lambda: a + np.ones((2, 3)),
        lambda: np.ones((2, 3)) + a,
        lambda: a == None,  # noqa: E711
        lambda: a == "x",
        lambda: a < None,
    ):
        with pytest.raises(TypeError):
            attempt()


def test_mixed_dtypes_are_not_promoted():
    with pytest.raises(MXNetError):
        nd.ones((2,)) + nd.ones((2,), dtype="int32")


def test_hash_is_identity():
    a, b = nd.ones((2,)), nd.ones((2,))
    assert hash(a) == hash(a)
    assert {id(a): 1}
    assert len({a, b}) == 2


def test_truth_and_scalars():
    assert bool(nd.array([2]))
    assert not nd.array([0])
    assert nd.array([2.5]).asscalar() == np.float32(2.5)
    assert float(nd.array([2.5])) == 2.5
    assert int(nd.array([2.5])) == 2
    assert [10, 20][nd.array([1], dtype="int32")] == 20
    with pytest.raises(ValueError, match="neither true nor false"):
        bool(nd.ones((2,)))
    with pytest.raises(ValueError, match="no scalar"):
        nd.ones((2,)).asscalar()
    with pytest.raises(TypeError):
        [10, 20][nd.array([1.0])]


def test_iteration():
    rows = [row.asnumpy().tolist() for row in nd.array([[1, 2], [3, 4]])]
    assert rows == [[1, 2], [3, 4]]
    assert [x.shape for x in nd.array([1, 2])] == [(1,), (1,)]


def test_astype_and_copies():
    a = nd.array([1.7, -2.7])
    b = a.astype("int32")
    assert (b.dtype, b.asnumpy().tolist()) == (np.int32, [1, -2])
    assert a.astype("float32", copy=False) is a
    assert a.astype(np.float32) is not a
    c = a.copy()
    c[:] = 0
    assert a.asnumpy()[0] == np.float32(1.7)
    target = nd.zeros((2,), dtype="float64")
    assert a.copyto(target) is target
    assert np.allclose(target.asnumpy(), [1.7, -2.7])
    assert a.copyto(cpu(1)).context == cpu(1)
    assert a.as_in_context(cpu(0)) is a
    with pytest.raises(ValueError):
        a.copyto(nd.zeros((3,)))
    with pytest.raises(TypeError):
        a.copyto("x")


def test_reshape_shares_memory():
    a = nd.array(np.arange(24).reshape(2, 3, 4))
    b = a.reshape((0, -1))
    assert b.shape == (2, 12)
    b[0, 0] = 100
    assert a[0, 0, 0].asscalar() == 100
    assert a.reshape(4, -1).shape == (4, 6)
    assert a.reshape(shape=(-3, 4)).shape == (6, 4)
    assert a.reshape((-1,)).shape == (24,)


@pytest.mark.parametrize(
    ("old", "codes", "reverse", "new"),
    [
        ((2, 3, 4), (4, 0, 2), False, (4, 3, 2)),
        ((2, 3, 4), (0, -1), False, (2, 12)),
        ((2, 3, 4), (-1, 0), False, (8, 3)),
        ((2, 3, 4), (2, -2), False, (2, 3, 4)),
        ((2, 3, 4), (-3, 4), False, (6, 4)),
        ((1, 384, 1), (0, -3), False, (1, 384)),
        ((2, 3, 4), (-4, 1, 2, -2), False, (1, 2, 3, 4)),
        ((2, 3, 4), (-4, -1, 2, 0, 0), False, (1, 2, 3, 4)),
        ((10, 5, 4), (-1, 0), False, (40, 5)),
        ((10, 5, 4), (-1, 0), True, (50, 4)),
    ],
)
def test_codes_of_reshape(old, codes, reverse, new):
    assert resolve_shape(old, codes, reverse) == new
    assert nd.zeros(old).reshape(codes, reverse=reverse).shape == new


@pytest.mark.parametrize("codes", [(4, 2), (-1, -1), (-1, 7), (0, 0, 0, 0), (-5,), (-4, 2), (-4, 3, 3, 3, 4), (5,)])
def test_impossible_shapes(codes):
    with pytest.raises(ValueError, match=r"\[NDArray.reshape\]"):
        nd.zeros((2, 3)).reshape(codes)


def test_broadcast_to():
    a = nd.array([1, 2]).broadcast_to((3, 2))
    assert a.asnumpy().tolist() == [[1, 2]] * 3
    assert nd.array([1, 2]).broadcast_to((0, 2)).shape == (1, 2)
    with pytest.raises(ValueError):
        nd.ones((2, 3)).broadcast_to((2, 4))
    with pytest.raises(ValueError):
        nd.ones((2, 3)).broadcast_to((3,))


def test_creation():
    assert nd.arange(1, 4, repeat=2).asnumpy().tolist() == [1, 1, 2, 2, 3, 3]
    assert nd.linspace(0, 1, 3).asnumpy().tolist() == [0, 0.5, 1]
    assert nd.full((2,), 7, dtype="int32").asnumpy().tolist() == [7, 7]
    assert nd.zeros(3).shape == (3,)
    assert nd.ones((2, 2), dtype="uint8").asnumpy().tolist() == [[1, 1], [1, 1]]
    assert nd.array([]).shape == (0,)
    with pytest.raises(TypeError, match="no regular shape"):
        nd.array([[1, 2], [3]])
    with pytest.raises(TypeError):
        nd.array(["a"])
    with pytest.raises(TypeError):
        nd.zeros("abc")
    with pytest.raises(TypeError, match="no element type"):
        nd.zeros((2,), dtype="complex64")


def test_functions_of_arrays_and_numbers():
    a = nd.array([1, 4])
    assert nd.add(a, 1).asnumpy().tolist() == [2, 5]
    assert nd.subtract(5, a).asnumpy().tolist() == [4, 1]
    assert nd.power(2, nd.array([3])).asscalar() == 8
    assert nd.maximum(a, 2).asnumpy().tolist() == [2, 4]
    assert nd.minimum(2, a).asnumpy().tolist() == [1, 2]
    assert nd.greater(2, a).asnumpy().tolist() == [1, 0]
    assert (nd.add(1, 2), nd.divide(1, 2), nd.equal(1, 2), nd.maximum(1, 2)) == (3, 0.5, 0, 2)
    with pytest.raises(TypeError):
        nd.add(a, "x")


def test_concatenate_and_moveaxis():
    a = nd.array(np.arange(24).reshape(2, 3, 4))
    assert nd.concatenate([a]) is not a
    assert nd.concatenate([a], always_copy=False) is a
    assert np.array_equal(nd.moveaxis(a, 0, 2).asnumpy(), np.moveaxis(a.asnumpy(), 0, 2))
    assert np.array_equal(nd.moveaxis(a, [0, 1], [-1, 0]).asnumpy(), np.moveaxis(a.asnumpy(), [0, 1], [-1, 0]))
    with pytest.raises(ValueError):
        nd.moveaxis(a, 3, 0)
    with pytest.raises(ValueError):
        nd.concatenate([])


def test_out_writes_into_the_given_array():
    out = nd.zeros((2,))
    assert nd.square(nd.array([2, 3]), out=out) is out
    assert out.asnumpy().tolist() == [4, 9]


@pytest.mark.skipif(num_gpus() > 0, reason="this machine has a GPU")
def test_gpu_is_a_clear_error():
    for attempt in (
        lambda: nd.zeros((2,), ctx=gpu(0)),
        lambda: nd.array([1], ctx=gpu()),
        lambda: nd.ones((2,)).copyto(gpu()),
    ):
        # Which of the three is missing depends on the machine.
        with pytest.raises(MXUnsupportedError, match=r"the CUDA plugin is not installed|CUDA driver|no CUDA device"):
            attempt()


def test_version_counts_writes():
    a = nd.zeros((2,))
    before = a.version
    a[:] = 1
    assert a.version > before


def test_arrays_made_by_their_class_hold_nothing():
    with pytest.raises(MXValueError, match="holds nothing"):
        NDArray().shape
    with pytest.raises(MXTypeError):
        NDArray.copyto(nd.ones((1,)), 3)


def test_nan_and_infinity_are_scalars():
    x = nd.array([1, -2])
    assert np.isnan((x * float("nan")).asnumpy()).all()
    assert np.isnan(nd.full((2,), np.nan).asnumpy()).all()
    assert (x + float("inf")).asnumpy().tolist() == [np.inf, np.inf]
    assert nd.maximum(x, float("-inf")).asnumpy().tolist() == [1, -2]
    with pytest.raises(ValueError, match="p is nan"):
        nd.Dropout(x, p=float("nan"))


def test_methods_that_share_memory():
    for change, shape in (
        (lambda x: x.expand_dims(0, inplace=True), (1, 1, 2, 3)),
        (lambda x: x.expand_dims(-1, True), (1, 2, 3, 1)),
        (lambda x: x.flatten(inplace=True), (1, 6)),
        (lambda x: x.squeeze(inplace=True), (2, 3)),
        (lambda x: x.squeeze(axis=0, inplace=True), (2, 3)),
    ):
        x = nd.zeros((1, 2, 3))
        y = change(x)
        assert y.shape == shape
        y[:] = 9
        assert (x.asnumpy() == 9).all()
    x = nd.zeros((1, 2, 3))
    for y in (x.expand_dims(0), x.flatten(), x.squeeze()):
        y[:] = 9
    assert (x.asnumpy() == 0).all()
    with pytest.raises(MXNetError, match="axis 1"):
        x.squeeze(axis=1, inplace=True)


def test_sparse_storage_is_refused():
    for make in (nd.zeros, nd.empty):
        assert make((2, 3), stype="default").shape == (2, 3)
        with pytest.raises(MXNetError, match="'csr' is not available"):
            make((2, 3), stype="csr")
