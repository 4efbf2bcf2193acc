"""Inputs of cases: the same numbers on every machine and under every version of NumPy."""

import zlib
from dataclasses import dataclass

import numpy as np

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("uint8", "int8", "int32", "int64")
SHORT = {"float": "f", "int": "i", "uint": "u", "bool": "b"}


@dataclass(frozen=True)
class Input:
    """One array: its shape and element type, and how its elements are made."""

    shape: tuple
    kind: str = "uniform"
    args: tuple = (-2.0, 2.0)
    dtype: str = "float32"

    def text(self) -> str:
        letters = self.dtype.rstrip("0123456789")
        short = SHORT[letters] + self.dtype[len(letters) :]
        sizes = "x".join(map(str, self.shape)) or "scalar"
        plain = self.kind == "uniform" and self.args == (-2.0, 2.0)
        return f"{short}[{sizes}]" + ("" if plain else f":{self.kind}{_compact(self.args)}")

    def make(self, name: str) -> np.ndarray:
        """The array; ``name`` seeds the generator."""
        # The stream of RandomState never changes, and neither do sums, products and divisions by powers of two.
        random = np.random.RandomState(zlib.crc32(name.encode()))
        values = MAKERS[self.kind](self, random)
        assert values.shape == self.shape, (name, values.shape)
        return values.astype(self.dtype)


def _compact(args: tuple) -> str:
    return "(" + ",".join(f"{a:g}" if isinstance(a, float) else str(a).replace(" ", "") for a in args) + ")"


def _uniform(spec, random):
    low, high = spec.args
    if spec.dtype in INTEGERS and spec.dtype.startswith("u"):
        low, high = max(low, 0), max(high, 4)
    values = random.uniform(low, high, size=spec.shape)
    if spec.dtype in INTEGERS or spec.dtype == "bool":
        return np.floor(values)
    values = np.floor(values * 4096) / 4096  # exact in float32
    return np.where(values < low, low, values)


def _integers(spec, random):
    low, high = spec.args
    return random.randint(low, high, size=spec.shape)


def _distinct(spec, random):
    """Numbers that are all different and at least ``step`` apart, in any order, around zero or from zero."""
    (step,) = spec.args
    size = int(np.prod(spec.shape))
    start = 0 if spec.dtype.startswith("u") else size // 2
    return ((random.permutation(size) - start) * step).reshape(spec.shape)


def _listed(spec, random):
    """The given numbers, again and again."""
    return np.resize(np.array(spec.args, dtype=np.float64), spec.shape)


SPECIAL = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 100.0, -100.0, 1e-3)


def _special(spec, random):
    """Every number that is unlike the others: NaN, infinities, zeros, halves; of integers the limits."""
    if spec.dtype in INTEGERS:
        limits = np.iinfo(spec.dtype)
        values = [limits.min, limits.max, limits.min + 1, limits.max - 1, 0, 1, 2, 7]
        return np.resize(np.array(values, dtype=spec.dtype), spec.shape)
    return np.resize(np.array(SPECIAL), spec.shape)


def _rolled(spec, random):
    """As special, but beginning elsewhere, so that two of them meet in many pairs."""
    (start,) = spec.args
    values = _special(Input((16,), dtype=spec.dtype), random)
    if spec.dtype in INTEGERS:
        values = values[:8]
    return np.resize(np.roll(values, start), spec.shape)


def _symmetric(spec, random):
    half = random.randint(-8, 9, size=spec.shape) / 4
    return half + np.swapaxes(half, -1, -2)


def _positive_definite(spec, random):
    n = spec.shape[-1]
    half = random.randint(-4, 5, size=spec.shape) / 4
    return np.matmul(half, np.swapaxes(half, -1, -2)) + 2 * np.eye(n)  # exact: few bits each


def _triangular(spec, random):
    """Lower triangles with a diagonal away from zero; ``args`` may say upper."""
    n = spec.shape[-1]
    full = np.tril(random.randint(-4, 5, size=spec.shape) / 4)
    full = full * (1 - np.eye(n)) + np.eye(n) * (1 + random.randint(0, 5, size=spec.shape) / 4)
    return np.swapaxes(full, -1, -2) if "upper" in spec.args else full


def _regular(spec, random):
    """Matrices far from singular."""
    return random.randint(-4, 5, size=spec.shape) / 4 + 3 * np.eye(spec.shape[-2], spec.shape[-1])


def _simplex(spec, random):
    """Rows that add up to one."""
    values = random.randint(1, 9, size=spec.shape).astype(np.float64)
    values[..., 0] += 2.0 ** np.ceil(np.log2(values.sum(-1))) - values.sum(-1)
    return values / values.sum(-1, keepdims=True)


MAKERS = {
    "uniform": _uniform,
    "integers": _integers,
    "distinct": _distinct,
    "listed": _listed,
    "special": _special,
    "rolled": _rolled,
    "symmetric": _symmetric,
    "positive_definite": _positive_definite,
    "triangular": _triangular,
    "regular": _regular,
    "simplex": _simplex,
}


def uniform(*shape, low=-2.0, high=2.0, dtype="float32"):
    return Input(shape, "uniform", (float(low), float(high)), dtype)


def integers(*shape, low=0, high=5, dtype="float32"):
    return Input(shape, "integers", (low, high), dtype)


def distinct(*shape, step=0.125, dtype="float32"):
    return Input(shape, "distinct", (step,), dtype)


def listed(*values, shape=None, dtype="float32"):
    return Input(shape or (len(values),), "listed", tuple(map(float, values)), dtype)


def special(*shape, dtype="float32"):
    return Input(shape or (16,), "special", (), dtype)


def rolled(start, *shape, dtype="float32"):
    return Input(shape or (16,), "rolled", (start,), dtype)


def matrix(kind, *shape, dtype="float32"):
    return Input(shape, kind, (), dtype)
