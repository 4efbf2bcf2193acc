"""Linear algebra on batches of matrices."""

import os
import subprocess
import sys

import numpy as np
import pytest
from mx_core import MXNetError, autograd, cpu, engine, nd, sym
from mx_core.test_utils import check_gradient

L = nd.linalg
RNG = np.random.default_rng(0)
BATCHES = [(), (1,), (2, 3)]
TOLERANCE = {"float64": 1e-9, "float32": 2e-3}


def normal(*shape):
    return RNG.normal(size=shape)


def square(batch, n=4):
    return normal(*batch, n, n) + 3 * np.eye(n)


def positive(batch, n=4):
    a = normal(*batch, n, n)
    return a @ a.swapaxes(-1, -2) + n * np.eye(n)


def flipped(x):
    return x.swapaxes(-1, -2)


def symmetric(function):
    """For differences: LAPACK reads one triangle, the gradient belongs to both."""
    return lambda a: function((a + a.swapaxes(-1, -2)) / 2)


def agree(function, want, *inputs):
    for dtype, tolerance in TOLERANCE.items():
        got = function(*(nd.array(x, dtype=dtype) for x in inputs))
        assert got.dtype == np.dtype(dtype)
        np.testing.assert_allclose(got.asnumpy(), want, rtol=tolerance, atol=tolerance * max(1, np.abs(want).max()))


@pytest.mark.parametrize("batch", BATCHES)
def test_cholesky(batch):
    a = positive(batch)
    factor = np.linalg.cholesky(a)
    agree(L.potrf, factor, a)
    agree(L.potri, np.linalg.inv(a), factor)
    agree(L.sumlogdiag, np.log(np.diagonal(a, 0, -2, -1)).sum(-1).reshape(batch or (1,)), a)
    check_gradient(symmetric(L.potrf), a)
    check_gradient(lambda x: L.potri(L.potrf((x + x.swapaxes(-1, -2)) / 2)), a)
    check_gradient(L.potri, factor)
    check_gradient(L.sumlogdiag, a)


@pytest.mark.parametrize("batch", BATCHES)
def test_upper_cholesky(batch):
    a = positive(batch)
    factor = flipped(np.linalg.cholesky(a))
    agree(lambda x: L.potrf(x, lower=False), factor, a + np.tril(np.ones((4, 4)), -1))  # below nothing is read
    agree(lambda x: L.potri(x, lower=False), np.linalg.inv(a), factor + np.tril(np.ones((4, 4)), -1))
    net = sym.linalg.potrf(sym.var("a"), lower=False)
    np.testing.assert_allclose(net.eval(a=nd.array(a, dtype="float64"))[0].asnumpy(), factor, rtol=1e-9, atol=1e-9)
    check_gradient(symmetric(lambda x: L.potrf(x, lower=False)), a)
    check_gradient(lambda x: L.potri(x, lower=False), factor)


@pytest.mark.parametrize("batch", BATCHES)
def test_inverse_and_determinants(batch):
    a, numbers = square(batch), batch or (1,)
    agree(L.inverse, np.linalg.inv(a), a)
    agree(L.det, np.linalg.det(a).reshape(numbers), a)
    sign, logarithm = np.linalg.slogdet(a)
    agree(lambda x: L.slogdet(x)[0], sign.reshape(numbers), a)
    agree(lambda x: L.slogdet(x)[1], logarithm.reshape(numbers), a)
    for function in (L.inverse, L.det, lambda x: L.slogdet(x)[1]):
        check_gradient(function, a)


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("lower", [False, True])
def test_triangular(right, transpose, lower):
    options = {"rightside": right, "transpose": transpose, "lower": lower, "alpha": 1.5}
    for batch in BATCHES:
        a, b = square(batch), normal(*batch, 2, 4) if right else normal(*batch, 4, 2)
        triangle = np.tril(a) if lower else np.triu(a)
        factor = flipped(triangle) if transpose else triangle
        agree(lambda x, y: L.trmm(x, y, **options), 1.5 * (b @ factor if right else factor @ b), a, b)
        inverse = np.linalg.inv(factor)
        agree(lambda x, y: L.trsm(x, y, **options), 1.5 * (b @ inverse if right else inverse @ b), a, b)
        check_gradient(lambda x, y: L.trmm(x, y, **options), a, b)
        check_gradient(lambda x, y: L.trsm(x, y, **options), a, b)


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("rows, columns", [(300, 40), (40, 300), (129, 128), (1030, 140), (140, 1030)])
def test_triangular_systems_with_many_right_hand_sides(right, rows, columns):
    n = columns if right else rows
    a, b = np.tril(normal(2, n, n) / n + 2 * np.eye(n)), normal(2, rows, columns)
    x = L.trsm(nd.array(a, dtype="float64"), nd.array(b, dtype="float64"), rightside=right, alpha=2.0).asnumpy()
    np.testing.assert_allclose(x @ a if right else a @ x, 2 * b, rtol=0, atol=1e-10)


@pytest.mark.parametrize("n", [31, 32, 33, 64, 65, 100, 193, 1100])
def test_factors_by_panels(n):
    a = normal(n, n)  # rows change places
    sign, logarithm = np.linalg.slogdet(a)
    got_sign, got = (x.asscalar() for x in L.slogdet(nd.array(a, dtype="float64")))
    assert got_sign == sign and got == pytest.approx(logarithm, rel=1e-12)
    small = a / np.exp(logarithm / n)
    assert L.det(nd.array(small, dtype="float64")).asscalar() == pytest.approx(sign, rel=1e-9)
    got = L.inverse(nd.array(a, dtype="float64")).asnumpy()
    np.testing.assert_allclose(got @ a, np.eye(n), rtol=0, atol=1e-8)
    square = a @ a.T / n + np.eye(n)
    np.testing.assert_allclose(
        L.potrf(nd.array(np.tril(square) + np.triu(a, 1), dtype="float64")).asnumpy(),
        np.linalg.cholesky(square),
        rtol=0,
        atol=1e-12,
    )
    for shape in (n, n), (n, n + 40), (2, n, n):
        a = normal(*shape)
        q, lower = (x.asnumpy() for x in L.gelqf(nd.array(a, dtype="float64")))
        np.testing.assert_allclose(lower @ q, a, rtol=0, atol=1e-11)
        np.testing.assert_allclose(q @ flipped(q), np.broadcast_to(np.eye(n), (*shape[:-2], n, n)), rtol=0, atol=1e-12)
        np.testing.assert_array_equal(np.triu(lower, 1), 0)


def test_factors_are_the_same_at_any_number_of_threads():
    before, results = engine.num_threads(), []
    a = nd.array(normal(800, 800) / 40)
    positive = L.syrk(a) + nd.eye(800)
    try:
        for threads in (1, 2, 3):
            engine.set_num_threads(threads)
            made = [L.potrf(positive), L.inverse(a), L.det(a), *L.gelqf(a), *L.syevd(positive)]
            results.append([x.asnumpy() for x in made])
    finally:
        engine.set_num_threads(before)
    for other in results[1:]:
        for got, want in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("n", [31, 32, 33, 100])
def test_inverses_of_many_columns(n):
    a = normal(2, n, n)  # rows change places
    agree(L.inverse, np.linalg.inv(a), a)
    factor = np.tril(normal(2, n, n) / n + 2 * np.eye(n))
    got = L.potri(nd.array(factor + np.triu(np.ones((n, n)), 1), dtype="float64")).asnumpy()
    np.testing.assert_allclose(got, np.linalg.inv(factor @ flipped(factor)), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(got, flipped(got))


@pytest.mark.parametrize("batch", BATCHES)
def test_lq(batch):
    a = normal(*batch, 3, 5)
    for dtype, tolerance in TOLERANCE.items():
        q, lower = (x.asnumpy() for x in L.gelqf(nd.array(a, dtype=dtype)))
        np.testing.assert_allclose(lower @ q, a, atol=tolerance * 5)
        np.testing.assert_allclose(q @ flipped(q), np.broadcast_to(np.eye(3), (*batch, 3, 3)), atol=tolerance)
        np.testing.assert_array_equal(np.triu(lower, 1), np.zeros_like(lower))
    check_gradient(lambda x: L.gelqf(x)[0], a)
    check_gradient(lambda x: L.gelqf(x)[1], a)
    check_gradient(lambda x: L.gemm2(L.gelqf(x)[1], L.gelqf(x)[0]) * 2, a)


@pytest.mark.parametrize("batch", BATCHES)
def test_eigenvalues(batch):
    a = positive(batch)
    for dtype, tolerance in TOLERANCE.items():
        u, values = (x.asnumpy() for x in L.syevd(nd.array(a, dtype=dtype)))
        np.testing.assert_allclose(values, np.linalg.eigvalsh(a), rtol=tolerance)
        np.testing.assert_allclose(flipped(u) @ (values[..., None] * u), a, atol=50 * tolerance)
        largest = np.take_along_axis(u, np.abs(u).argmax(-1)[..., None], -1)
        assert (largest > 0).all()
    check_gradient(symmetric(lambda x: L.syevd(x)[0]), a, rtol=1e-3, atol=1e-5)
    check_gradient(symmetric(lambda x: L.syevd(x)[1]), a)


@pytest.mark.parametrize("n", [127, 128, 130, 200])
@pytest.mark.parametrize("size", [1, 1e-30, 1e30])
def test_eigenvalues_of_large_matrices(n, size):
    a = normal(n, n)
    a = (a + a.T) / 2
    below = np.tril(a) + np.triu(normal(n, n), 1)  # which is not looked at
    for dtype, tolerance in ("float64", 1e-12), ("float32", 1e-4):
        u, values = (x.asnumpy() for x in L.syevd(nd.array(below * size, dtype=dtype)))
        values = values / size
        np.testing.assert_allclose(values, np.linalg.eigvalsh(a), rtol=0, atol=30 * tolerance)
        np.testing.assert_allclose(u.T @ (values[:, None] * u), a, rtol=0, atol=100 * tolerance)
        np.testing.assert_allclose(u @ u.T, np.eye(n), rtol=0, atol=10 * tolerance)


def test_eigenvalues_that_are_equal_have_finite_gradients():
    a = nd.array(np.eye(3))
    a.attach_grad()
    with autograd.record():
        y = L.syevd(a)[0]
    y.backward()
    assert np.isfinite(a.grad.asnumpy()).all()


@pytest.mark.parametrize(
    "axis, shapes", [(-2, ((2, 3), (3, 4))), (-2, ((5, 2, 3), (5, 3, 4))), (0, ((2, 5, 3), (3, 5, 4)))]
)
@pytest.mark.parametrize("a_turned", [False, True])
@pytest.mark.parametrize("b_turned", [False, True])
def test_gemm(axis, shapes, a_turned, b_turned):
    a, b = (normal(*shape) for shape in shapes)
    want = np.moveaxis(np.moveaxis(a, axis, -2) @ np.moveaxis(b, axis, -2), -2, axis)
    a, b = a.swapaxes(axis, -1) if a_turned else a, b.swapaxes(axis, -1) if b_turned else b
    c = normal(*want.shape)
    options = {"transpose_a": a_turned, "transpose_b": b_turned, "alpha": 1.5, "axis": axis}
    agree(lambda x, y: L.gemm2(x, y, **options), 1.5 * want, a, b)
    agree(lambda x, y, z: L.gemm(x, y, z, beta=-2, **options), 1.5 * want - 2 * c, a, b, c)
    check_gradient(lambda x, y, z: L.gemm(x, y, z, beta=-2, **options), a, b, c)


def test_syrk():
    a = normal(2, 3, 4)
    agree(lambda x: L.syrk(x, alpha=2), 2 * a @ flipped(a), a)
    agree(lambda x: L.syrk(x, transpose=True), flipped(a) @ a, a)
    check_gradient(L.syrk, a)


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
def test_diagonals_and_triangles(offset):
    a, d = normal(2, 4, 4), normal(2, 3)
    for dtype in ("float32", "float64", "float16", "int32"):
        x = nd.array(a * 9, dtype=dtype)
        np.testing.assert_array_equal(
            L.extractdiag(x, offset=offset).asnumpy(), np.diagonal(x.asnumpy(), offset, -2, -1)
        )
    want = np.stack([np.diag(row, offset) for row in d])
    agree(lambda x: L.makediag(x, offset=offset), want, d)
    for lower in (True, False):
        packed = L.extracttrian(nd.array(a, dtype="float64"), offset=offset, lower=lower)
        kept = np.tril(a, offset) if (offset < 0 or (offset == 0 and lower)) else np.triu(a, offset)
        np.testing.assert_array_equal(L.maketrian(packed, offset=offset, lower=lower).asnumpy(), kept)
        check_gradient(lambda x, lower=lower: L.extracttrian(x * x, offset=offset, lower=lower), a)
    upper = L.extracttrian(nd.arange(9).reshape((3, 3)), lower=False)
    assert upper.asnumpy().tolist() == [0, 1, 4, 2, 5, 8]
    check_gradient(lambda x: L.extractdiag(x * x, offset=offset), a)
    check_gradient(lambda x: L.makediag(x * x, offset=offset), d)


def test_second_gradients():
    def slope(function):
        def first(x):
            x.attach_grad() if x.grad is None else None
            with autograd.record():
                y = function(x)
                head = nd.array(np.cos(np.arange(y.size)).reshape(y.shape), dtype="float64")
                return autograd.grad([y], [x], [head], create_graph=True, retain_graph=True)[0] * 1

        return first

    a = positive((), 3)
    for function in (L.inverse, L.det, L.sumlogdiag, symmetric(L.potrf), lambda x: L.trsm(x, x * 2)):
        check_gradient(slope(function), a, rtol=1e-3, atol=1e-5)


def test_refused():
    good, singular = np.eye(2), np.array([[1.0, 2], [2, 4]])
    batch = nd.array(np.stack([good, singular, singular]))
    with pytest.raises(MXNetError, match=r"\[_linalg_inverse\] matrix 1 of 3.*is singular"):
        L.inverse(batch)
    with pytest.raises(MXNetError, match=r"\[_linalg_potrf\] matrix 1 of 3.*not positive definite"):
        L.potrf(batch - 1.5 * nd.array(np.stack([0 * good, good, good])))
    large = nd.eye(200)
    large[150, 150] = 0
    with pytest.raises(MXNetError, match=r"\[_linalg_potrf\] matrix 0 of 1.*not positive definite \(LAPACK says 151\)"):
        L.potrf(large)
    with pytest.raises(MXNetError, match=r"\[_linalg_inverse\] matrix 0 of 1.*is singular \(LAPACK says 151\)"):
        L.inverse(large)
    assert L.det(large).asscalar() == 0
    with pytest.raises(MXNetError, match=r"\[_linalg_potri\] matrix 0 of 1.*is singular"):
        L.potri(nd.zeros((2, 2)))
    with pytest.raises(MXNetError, match=r"\[_linalg_trsm\] matrix 0 of 1.*zero in its diagonal"):
        L.trsm(nd.array([[0, 0], [1, 1]]), nd.ones((2, 1)))
    with pytest.raises(MXNetError, match=r"\[_linalg_det\] A has shape \(2, 3\)"):
        L.det(nd.ones((2, 3)))
    with pytest.raises(MXNetError, match=r"\[_linalg_gelqf\] A has shape \(3, 2\)"):
        L.gelqf(nd.ones((3, 2)))
    with pytest.raises(MXNetError, match=r"\[_linalg_potrf\] is not defined for int32"):
        L.potrf(nd.ones((2, 2), dtype="int32"))


def test_singular_matrices_have_determinants():
    a = nd.array([[1, 2], [2, 4]])
    a.attach_grad()
    with autograd.record():
        determinant, (sign, logarithm) = L.det(a), L.slogdet(a)
        total = determinant + sign
    total.backward()
    assert determinant.asscalar() == sign.asscalar() == 0 and logarithm.asscalar() == -np.inf
    assert not a.grad.asnumpy().any()


def test_symbols():
    s = sym.linalg.slogdet(sym.var("x"), name="s")
    assert s.list_outputs() == ["s_output0", "s_output1"]
    assert s.infer_shape(x=(2, 3, 3))[1] == [(2,), (2,)]
    run = sym.linalg.gemm2(sym.var("a"), sym.var("b")).simple_bind(cpu(), a=(2, 3), b=(3, 2))
    np.testing.assert_array_equal(run.forward(a=nd.ones((2, 3)), b=nd.ones((3, 2)))[0].asnumpy(), [[3, 3], [3, 3]])


LATE = """
import os, mx_core as mx
def openblas():
    return {line.split()[-1] for line in open("/proc/self/maps") if "scipy_openblas32" in line}
assert not openblas()
a = mx.nd.array([[2.0, 0], [0, 4]])
try:
    print(mx.nd.linalg.det(a).asscalar(), len(openblas()))
except mx.MXNetError as error:
    print(error)
"""


def test_the_library_is_opened_late_and_its_absence_explained():
    def run(**variables):
        command = [sys.executable, "-c", LATE]
        return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True).stdout

    assert run().split() == ["8.0", "1"]
    assert "[_linalg_det] needs LAPACK: install" in run(MX_OPENBLAS="/nowhere.so")
