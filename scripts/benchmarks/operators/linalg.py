"""Small: one matrix of 10 x 10; middle: 64 of 32 x 32; large: one of 400 x 400."""

from .case import Case


def from_triangle(t, x):
    n = int((8 * x.shape[-1] + 1) ** 0.5 - 1) // 2
    made, (i, j) = x.new_zeros(*x.shape[:-1], n, n), t.tril_indices(n, n)
    made[..., i, j] = x
    return made


def to_triangle(t, x):
    i, j = t.tril_indices(*x.shape[-2:])
    return x[..., i, j]


def lq(t, x):
    q, r = t.linalg.qr(x.mT)
    return q.mT, r.mT


CASES = [
    Case("_linalg_gemm", "batch other_batch definite", lambda t, a, b, c: 2 * (a @ b) + c, {"alpha": 2.0}),
    Case("_linalg_gemm2", "batch other_batch", lambda t, a, b: a @ b),
    Case("_linalg_syrk", "batch", lambda t, a: a @ a.mT),
    Case("_linalg_trmm", "triangle batch", lambda t, a, b: t.tril(a) @ b),
    Case("_linalg_trsm", "triangle batch", lambda t, a, b: t.linalg.solve_triangular(a, b, upper=False)),
    Case(
        "_linalg_trsm",
        "triangle batch",
        lambda t, a, b: t.linalg.solve_triangular(a, b, upper=False, left=False),
        {"rightside": True},
        "right",
    ),
    Case("_linalg_potrf", "definite", lambda t, a: t.linalg.cholesky(a)),
    Case("_linalg_potri", "triangle", lambda t, a: t.cholesky_inverse(a)),
    Case("_linalg_inverse", "definite", lambda t, a: t.linalg.inv(a)),
    Case("_linalg_det", "definite", lambda t, a: t.linalg.det(a)),
    Case("_linalg_slogdet", "definite", lambda t, a: t.linalg.slogdet(a)),
    Case("_linalg_gelqf", "batch", lq),
    Case("_linalg_syevd", "definite", lambda t, a: t.linalg.eigh(a)),
    Case("_linalg_sumlogdiag", "definite", lambda t, a: a.diagonal(dim1=-2, dim2=-1).log().sum(-1)),
    Case("_linalg_extractdiag", "batch", lambda t, a: a.diagonal(dim1=-2, dim2=-1).clone()),
    Case("_linalg_makediag", "diagonals", lambda t, a: t.diag_embed(a)),
    Case("_linalg_extracttrian", "batch", to_triangle),
    Case("_linalg_maketrian", "packed", from_triangle),
]
