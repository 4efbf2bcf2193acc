"""Factorizations, solutions and products of batches of matrices."""

from conformance.values import Input, matrix, uniform

DTYPES = ("float32", "float64")
BATCHES = ((1, 1), (3, 3), (2, 3, 3), (2, 2, 4, 4), (9, 9))
FACTORED = {
    "_linalg_det": "regular",
    "_linalg_slogdet": "regular",
    "_linalg_inverse": "regular",
    "_linalg_potrf": "positive_definite",
    "_linalg_potri": "triangular",
    "_linalg_sumlogdiag": "positive_definite",
    "_linalg_syevd": "symmetric",
}


def design(d) -> None:
    if d.name in FACTORED:
        for dtype in DTYPES:
            for shape in BATCHES:
                if d.name != "_linalg_syevd" or shape != (9, 9):
                    d.add(matrix(FACTORED[d.name], *shape, dtype=dtype))
            d.add(uniform(2, 3, 4, dtype=dtype))
            if d.name in ("_linalg_potrf", "_linalg_potri"):
                d.each(matrix("positive_definite", 2, 3, 3, dtype=dtype), lower=[False])
        d.add(matrix("regular", 3, 3, dtype="float16"))
        return
    globals()["_" + d.name.lstrip("_")](d)


def _linalg_gelqf(d) -> None:
    for dtype in DTYPES:
        for shape in ((1, 1), (2, 3), (3, 3), (2, 2, 4), (1, 5)):
            d.add(matrix("regular", *shape, dtype=dtype))
        d.add(uniform(4, 3, dtype=dtype))


def _linalg_gemm(d) -> None:
    for dtype in DTYPES:
        a, b, c = uniform(2, 3, 4, dtype=dtype), uniform(2, 4, 5, dtype=dtype), uniform(2, 3, 5, dtype=dtype)
        d.add(a, b, c)
        d.each(a, b, c, alpha=[2.0, -0.5], beta=[0.0, 3.0])
        d.add(uniform(4, 3, dtype=dtype), uniform(4, 5, dtype=dtype), uniform(3, 5, dtype=dtype), transpose_a=True)
        d.add(uniform(3, 4, dtype=dtype), uniform(5, 4, dtype=dtype), uniform(3, 5, dtype=dtype), transpose_b=True)
    d.add(uniform(4, 3), uniform(5, 4), uniform(3, 5), transpose_a=True, transpose_b=True, alpha=2.0)
    d.add(uniform(3, 2, 4), uniform(4, 2, 5), uniform(3, 2, 5), axis=0)
    d.add(uniform(2, 3, 2, 4), uniform(2, 4, 2, 5), uniform(2, 3, 2, 5), axis=-3)
    d.add(uniform(33, 17), uniform(17, 9), uniform(33, 9))
    d.add(uniform(3, 4), uniform(5, 4), uniform(3, 4))


def _linalg_gemm2(d) -> None:
    for dtype in DTYPES:
        a, b = uniform(2, 3, 4, dtype=dtype), uniform(2, 4, 5, dtype=dtype)
        d.add(a, b)
        d.each(a, b, alpha=[2.0, -0.5])
        d.add(uniform(4, 3, dtype=dtype), uniform(4, 5, dtype=dtype), transpose_a=True)
        d.add(uniform(3, 4, dtype=dtype), uniform(5, 4, dtype=dtype), transpose_b=True)
    d.add(uniform(4, 3), uniform(5, 4), transpose_a=True, transpose_b=True, alpha=2.0)
    d.add(uniform(3, 2, 4), uniform(4, 2, 5), axis=0)
    d.add(uniform(2, 3, 2, 4), uniform(2, 4, 2, 5), axis=-3)
    d.add(uniform(33, 17), uniform(17, 9))
    d.add(uniform(3, 4), uniform(5, 4))


def _linalg_syrk(d) -> None:
    for dtype in DTYPES:
        for shape in ((1, 1), (2, 3), (2, 3, 4), (17, 9)):
            d.add(uniform(*shape, dtype=dtype))
            d.add(uniform(*shape, dtype=dtype), transpose=True)
        d.add(uniform(2, 3, dtype=dtype), alpha=-2.5)


def _triangular_pair(d) -> None:
    for dtype in DTYPES:
        for rightside in (False, True):
            for transpose in (False, True):
                for lower in (True, False):
                    triangle = Input((2, 3, 3), "triangular", () if lower else ("upper",), dtype)
                    other = uniform(2, 4, 3, dtype=dtype) if rightside else uniform(2, 3, 4, dtype=dtype)
                    d.add(triangle, other, rightside=rightside, transpose=transpose, lower=lower)
        d.add(matrix("triangular", 3, 3, dtype=dtype), uniform(3, 1, dtype=dtype), alpha=2.5)
        d.add(matrix("triangular", 1, 1, dtype=dtype), uniform(1, 7, dtype=dtype))
    d.add(matrix("triangular", 9, 9), uniform(9, 17))
    d.add(matrix("triangular", 3, 3), uniform(4, 2))


_linalg_trmm = _triangular_pair
_linalg_trsm = _triangular_pair


def _linalg_extractdiag(d) -> None:
    for dtype in DTYPES:
        for shape in ((1, 1), (3, 3), (2, 3, 3), (2, 2, 4, 4)):
            d.add(uniform(*shape, dtype=dtype))
        for offset in (1, -1, 2):
            d.add(uniform(2, 4, 4, dtype=dtype), offset=offset)


def _linalg_makediag(d) -> None:
    for dtype in DTYPES:
        for shape in ((1,), (3,), (2, 3), (2, 2, 4)):
            d.add(uniform(*shape, dtype=dtype))
        for offset in (1, -1, 2):
            d.add(uniform(2, 3, dtype=dtype), offset=offset)


def _linalg_extracttrian(d) -> None:
    for dtype in DTYPES:
        for shape in ((1, 1), (3, 3), (2, 3, 3), (2, 2, 4, 4)):
            d.add(uniform(*shape, dtype=dtype))
            d.add(uniform(*shape, dtype=dtype), lower=False)
        for offset in (1, -1, 2):
            d.add(uniform(2, 4, 4, dtype=dtype), offset=offset)
            d.add(uniform(2, 4, 4, dtype=dtype), offset=offset, lower=False)


def _linalg_maketrian(d) -> None:
    for dtype in DTYPES:
        for shape in ((1,), (6,), (2, 6), (2, 2, 10)):
            d.add(uniform(*shape, dtype=dtype))
            d.add(uniform(*shape, dtype=dtype), lower=False)
        for offset in (1, -1, 2):
            d.add(uniform(2, 6, dtype=dtype), offset=offset)
            d.add(uniform(2, 6, dtype=dtype), offset=offset, lower=False)
    d.add(uniform(5))
