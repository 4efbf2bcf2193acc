"""Matrix products on a GPU against the CPU. On the emulated runtime plain reference loops stand in for cuBLASLt."""

import mx
import numpy as np
import pytest

DTYPES = ["float16", "float32", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize("transpose_a", [False, True])
def test_dot_by_cublaslt_or_reference_loops(both, transpose_a, transpose_b, dtype):
    a = (5, 3) if transpose_a else (3, 5)
    b = (4, 5) if transpose_b else (5, 4)
    both(lambda x, y: mx.nd.dot(x, y, transpose_a=transpose_a, transpose_b=transpose_b), a, b, dtype=dtype)


@pytest.mark.parametrize(
    "shapes", [((7,), (7,)), ((1, 6), (6, 1)), ((6, 1), (1, 6)), ((2, 3, 4), (4, 5)), ((3, 4), (4,))]
)
def test_dot_of_vectors_and_more_axes_by_cublaslt_or_reference_loops(both, shapes):
    both(mx.nd.dot, *shapes)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("transpose", [(False, False), (True, False), (False, True), (True, True)])
def test_batch_dot_by_cublaslt_or_reference_loops(both, transpose, dtype):
    a = (2, 3, 5, 4) if transpose[0] else (2, 3, 4, 5)
    b = (2, 3, 6, 5) if transpose[1] else (2, 3, 5, 6)
    both(lambda x, y: mx.nd.batch_dot(x, y, transpose_a=transpose[0], transpose_b=transpose[1]), a, b, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
def test_fully_connected_by_cublaslt_or_reference_loops(both, bias, dtype):
    def compute(data, weight, *rest):
        return mx.nd.FullyConnected(data, weight, *rest, num_hidden=6, no_bias=not bias)

    shapes = [(4, 2, 5), (6, 10), (6,)]
    both(compute, *shapes[: 3 if bias else 2], dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("function", ["relu", "tanh", "softsign"])
def test_fully_connected_and_activation_in_inference_by_cublaslt_or_reference_loops(function, bias, dtype):
    """Relu is an epilogue of the product, but for float64; the others follow it in place."""
    data, weight, offset = (mx.sym.var(name) for name in ("data", "weight", "offset"))
    inputs = [data, weight, offset][: 3 if bias else 2]
    net = mx.sym.FullyConnected(*inputs, num_hidden=6, no_bias=not bias)
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type=function), weight=mx.sym.var("last"), num_hidden=2)
    rng = np.random.default_rng(8)
    shapes = {"data": (5, 7), "weight": (6, 7), "offset": (6,), "last": (2, 6)}
    values = {name: rng.uniform(-1, 1, shapes.get(name, (2,))) for name in net.list_arguments()}
    results = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        arrays = {name: mx.nd.array(value, ctx=ctx, dtype=dtype) for name, value in values.items()}
        gradients = {name: mx.nd.zeros(array.shape, ctx=ctx, dtype=dtype) for name, array in arrays.items()}
        executor = net.bind(ctx, arrays, args_grad=gradients)
        inferred = executor.forward(is_train=False)[0].asnumpy()  # by a plan of its own
        executor.backward(mx.nd.ones((5, 2), ctx=ctx, dtype=dtype), is_train=False)
        trained = executor.forward(is_train=True)[0].asnumpy()
        again = executor.forward(is_train=False)[0].asnumpy()
        np.testing.assert_array_equal(again, inferred)
        results.append([inferred, trained, *(gradient.asnumpy() for gradient in gradients.values())])
    tolerance = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-12}[dtype]
    for expected, got in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, tolerance, tolerance)


def test_products_of_slices_at_odd_addresses_by_cublaslt_or_reference_loops(both):
    """An algorithm is chosen for the alignment of the arrays."""
    both(lambda x, y: mx.nd.dot(x[1:4], y[1:6]), (5, 5), (7, 3))


def test_an_empty_sum_is_zero():
    for ctx in (mx.cpu(), mx.gpu(0)):
        out = mx.nd.dot(*(mx.nd.array(np.zeros(shape), ctx=ctx) for shape in ((3, 0), (0, 2))))
        np.testing.assert_array_equal(out.asnumpy(), np.zeros((3, 2)))


def test_integers_are_not_multiplied():
    with pytest.raises(mx.MXNetError, match=r"\[dot\] is not defined for int32; convert the arrays first"):
        a = mx.nd.ones((2, 2), ctx=mx.gpu(0), dtype="int32")
        mx.nd.dot(a, a).asnumpy()


def test_second_order_gradients_by_cublaslt_or_reference_loops():
    results = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        x = mx.nd.array(np.arange(6).reshape(2, 3) / 4, ctx=ctx)
        x.attach_grad()
        with mx.autograd.record():
            y = mx.nd.sum(mx.nd.square(mx.nd.dot(x, x, transpose_b=True)))
            slope = mx.autograd.grad(y, x, create_graph=True, retain_graph=True)[0]
            z = mx.nd.sum(mx.nd.square(slope))
        z.backward()
        results.append(x.grad.asnumpy())
    np.testing.assert_allclose(results[1], results[0], 1e-5)


def test_streams_wait_before_products_by_cublaslt_or_reference_loops():
    ctx = mx.gpu(0)
    a = mx.nd.array(np.eye(8) * 2, ctx=ctx)
    for _ in range(10):
        a = mx.nd.dot(a, a) / 2
    np.testing.assert_allclose(a.asnumpy(), np.eye(8) * 2)
