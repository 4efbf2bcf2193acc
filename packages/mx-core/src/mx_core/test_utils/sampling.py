"""Random arrays and shapes, and arrays made element by element. NumPy's generator draws: seed that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from mx_core import nd
from mx_core.base import MXNetError
from mx_core.context import Context
from mx_core.ndarray import NDArray
from mx_core.test_utils.machine import default_context
from mx_core.test_utils.tolerance import default_dtype

__all__ = [
    "assign_each",
    "assign_each2",
    "collapse_sum_like",
    "create_2d_tensor",
    "create_vector",
    "get_identity_mat",
    "get_identity_mat_batch",
    "new_matrix_with_real_eigvals_2d",
    "new_matrix_with_real_eigvals_nd",
    "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d",
    "new_sym_matrix_with_real_eigvals_nd",
    "np_reduce",
    "rand_coord_2d",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "random_arrays",
    "random_sample",
    "random_seed",
    "random_uniform_arrays",
]


@contextmanager
def random_seed(seed: int | None = None) -> Iterator[int]:
    """Seed NumPy and mx for a block, and print the seed: ``MX_TEST_SEED`` repeats a run."""
    import os

    from mx_core import random

    if seed is None:
        given = os.environ.get("MX_TEST_SEED")
        seed = int(given) if given else int(np.random.SeedSequence().entropy) % 2**31  # type: ignore[arg-type]
    print(f"MX_TEST_SEED={seed}")
    before = np.random.get_state()
    np.random.seed(seed)
    random.seed(seed)
    try:
        yield seed
    finally:
        np.random.set_state(before)


def random_arrays(*shapes: tuple[int, ...]) -> Any:
    """Return NumPy arrays of normally distributed float32 numbers: one, or a list of several."""
    found: list[np.ndarray] = [np.asarray(np.random.randn(*shape), dtype=default_dtype()) for shape in shapes]
    return found[0] if len(found) == 1 else found


def random_uniform_arrays(*shapes: tuple[int, ...], **kwargs: Any) -> list[np.ndarray]:
    """Return a list of NumPy arrays of numbers from [``low``, ``high``), by default [0, 1), of ``dtype`` float32."""
    low, high, dtype = kwargs.pop("low", 0.0), kwargs.pop("high", 1.0), kwargs.pop("dtype", default_dtype())
    if kwargs:
        raise TypeError(f"[random_uniform_arrays] there is no parameter {next(iter(kwargs))!r}")
    return [np.random.uniform(low, high, size=shape).astype(dtype) for shape in shapes]


def random_sample(population: Sequence[Any], k: int) -> list[Any]:
    """Return ``k`` different members of a list, in random order."""
    assert 0 <= k <= len(population), f"{k} of {len(population)} cannot be drawn"
    return [population[i] for i in np.random.permutation(len(population))[:k]]


def _lengths(*most: int, allow_zero_size: bool) -> tuple[int, ...]:
    return tuple(int(np.random.randint(0 if allow_zero_size else 1, n + 1)) for n in most)


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of ``num_dim`` axes of length 1 (0 with ``allow_zero_size``) to ``dim``."""
    return _lengths(*[dim] * num_dim, allow_zero_size=allow_zero_size)


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of two axes, of length 1 (0 with ``allow_zero_size``) to ``dim0`` and ``dim1``."""
    return _lengths(dim0, dim1, allow_zero_size=allow_zero_size)


def rand_shape_3d(dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of three axes, as :func:`rand_shape_2d` does of two."""
    return _lengths(dim0, dim1, dim2, allow_zero_size=allow_zero_size)


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """Return two random integers, from [``x_low``, ``x_high``) and [``y_low``, ``y_high``)."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


def rand_ndarray(
    shape: Sequence[int],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    modifier_func: Callable[[Any], Any] | None = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Context | None = None,
) -> NDArray:
    """Return an array of normally distributed numbers.

    Args:
        shape: The shape.
        stype: The storage: "default", which is dense. Others are refused in this version, as are the parameters
            ``density``, ``modifier_func``, ``shuffle_csr_indices`` and ``distribution``, which belong to them.
        density: See ``stype``.
        dtype: Element type; float32 where it is None.
        modifier_func: See ``stype``.
        shuffle_csr_indices: See ``stype``.
        distribution: See ``stype``.
        ctx: The device; the current one where it is None.
    """
    if stype != "default":
        raise MXNetError(f"[rand_ndarray] arrays of storage {stype!r} are not available in this version")
    return nd.array(random_arrays(tuple(shape)), ctx=ctx or default_context(), dtype=dtype)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """Return an array of that shape whose rows hold their numbers."""
    return nd.broadcast_to(nd.arange(0, rows, dtype=dtype).reshape((rows, 1)), shape=(rows, columns))


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """Return the numbers from 0 to ``size`` - 1."""
    return nd.arange(0, size, dtype=dtype)


def get_identity_mat(size: int) -> NDArray:
    """Return an identity matrix."""
    return nd.array(np.eye(size))


def get_identity_mat_batch(size: int) -> NDArray:
    """Return two identity matrices in one array."""
    return nd.array([np.eye(size)] * 2)


def assign_each(the_input: Any, function: Callable[[Any], Any] | None) -> np.ndarray:
    """Return the values of a function for all elements; a copy of the array where it is None."""
    array = np.array(the_input)
    return array if function is None else np.vectorize(function, otypes=[np.float64])(array)


def assign_each2(input1: Any, input2: Any, function: Callable[[Any, Any], Any] | None) -> np.ndarray:
    """Return the values of a function for all pairs of elements; a copy of the first array where it is None."""
    if function is None:
        return np.array(input1)
    assert input1.shape == input2.shape, f"the shapes {input1.shape} and {input2.shape} differ"
    return np.vectorize(function, otypes=[np.float64])(np.array(input1), np.array(input2))


def np_reduce(
    dat: np.ndarray, axis: int | Sequence[int] | None, keepdims: bool, numpy_reduce_func: Callable[..., Any]
) -> np.ndarray:
    """Return ``numpy_reduce_func`` of an array over one axis, several or all, one after another."""
    axes = [axis] if isinstance(axis, int) else list(range(dat.ndim)) if axis is None else list(axis)
    result, shape = dat, list(dat.shape)
    for i in sorted(axes, reverse=True):
        result, shape[i] = numpy_reduce_func(result, axis=i), 1
    return result.reshape(shape) if keepdims else result


def collapse_sum_like(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the sums of an array over the axes along which ``shape`` would be broadcast to it."""
    if a.size == 0 or 0 in shape:
        return np.zeros(shape, dtype=a.dtype)
    extra = a.ndim - len(shape)
    assert extra >= 0, f"{shape} has more axes than {a.shape}"
    axes = [*range(extra), *(extra + i for i, n in enumerate(shape) if n != a.shape[extra + i])]
    return a.sum(axis=tuple(axes)).reshape(shape)


def new_orthonormal_matrix_2d(n: int) -> np.ndarray:
    """Return a random matrix whose columns are orthonormal."""
    return np.linalg.qr(np.random.randn(n, n))[0]


def new_sym_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """Return a random symmetric matrix with eigenvalues from [-10, 10)."""
    q = new_orthonormal_matrix_2d(n)
    return q.T @ np.diag(np.random.uniform(-10.0, 10.0, n)) @ q


def new_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """Return a random matrix with real eigenvalues from [-10, 10) and well-conditioned eigenvectors."""
    q = new_orthonormal_matrix_2d(n) @ np.diag(np.random.uniform(1.0, 2.5, n))
    return np.linalg.inv(q) @ np.diag(np.random.uniform(-10.0, 10.0, n)) @ q


def _batch(shape: tuple[int, ...], make: Callable[[int], np.ndarray]) -> np.ndarray:
    return np.array([make(shape[-1]) for _ in range(int(np.prod(shape[:-2])))]).reshape(shape)


def new_matrix_with_real_eigvals_nd(shape: tuple[int, ...]) -> np.ndarray:
    """Return a batch of :func:`new_matrix_with_real_eigvals_2d`, of the shape (..., n, n)."""
    return _batch(shape, new_matrix_with_real_eigvals_2d)


def new_sym_matrix_with_real_eigvals_nd(shape: tuple[int, ...]) -> np.ndarray:
    """Return a batch of :func:`new_sym_matrix_with_real_eigvals_2d`, of the shape (..., n, n)."""
    return _batch(shape, new_sym_matrix_with_real_eigvals_2d)
