"""A call of an operator as mx and MXNet take it, and what PyTorch's users write for the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# Side of a square array: what a call costs, what the cache holds, and 4 M elements.
SIDES = {"small": 10, "middle": 256, "large": 2048}
IMAGES = {10: (1, 4, 6, 6), 256: (4, 16, 32, 32), 1024: (16, 16, 64, 64), 2048: (16, 16, 128, 128)}
BATCHES = {10: (10, 10), 256: (64, 32, 32), 2048: (400, 400)}


@dataclass(frozen=True)
class Case:
    """``inputs``: names of ``MAKERS``, "x:float16" for another type. ``params``: of the side where they depend on it.

    ``torch``: from the module and the arrays, or None. ``out``: inputs that the call writes, by number. Integers reach
    PyTorch as int64 and flags as bool, whatever 1.9.1 wants instead: that is how they are kept there.
    """

    operator: str
    inputs: str = ""
    torch: Callable | None = None
    params: dict | Callable[[int], dict] | None = None
    label: str = ""  # tells the cases of an operator apart
    sizes: tuple[str, ...] = tuple(SIDES)
    large: int = SIDES["large"]  # the side of the large one
    out: tuple[int, ...] = ()
    passed: bool = True  # whether mx takes the inputs: where it takes none, they tell PyTorch the size
    mxnet: bool = True  # whether 1.9.1 has it

    @property
    def name(self):
        return f"{self.operator} {self.label}".strip()

    def side(self, size: str) -> int:
        return self.large if size == "large" else SIDES[size]

    def keywords(self, size: str) -> dict:
        return self.params(self.side(size)) if callable(self.params) else dict(self.params or {})

    def arrays(self, size: str) -> Iterator[tuple[np.ndarray, str]]:
        """Each input with the type that it shall have; an empty one where that of the array is right."""
        for spec in self.inputs.split():
            maker, _, dtype = spec.partition(":")
            yield made(maker, self.side(size)), dtype


@lru_cache(maxsize=48)
def made(maker, side):
    return MAKERS[maker](np.random.RandomState(len(maker) + ord(maker[0])), side)


def normal(shape):
    return lambda r, n: r.standard_normal(shape(n)).astype("float32")


def uniform(low, high, shape=lambda n: (n, n)):
    return lambda r, n: r.uniform(low, high, shape(n)).astype("float32")


def integers(high, shape, dtype="int32"):
    return lambda r, n: r.randint(0, high(n), shape(n)).astype(dtype)


def definite(r, n):
    """Symmetric, positive definite, well conditioned."""
    shape = BATCHES[n]
    a = r.standard_normal(shape).astype("float32") / shape[-1] ** 0.5
    return a @ np.swapaxes(a, -1, -2) + 2 * np.eye(shape[-1], dtype="float32")


def triangle(r, n):
    return np.tril(definite(r, n))


def square(n):
    return n, n


def vector(n):
    return (n,)


def sequence(n):
    """Steps, batch, channels."""
    return (n, 16, max(n // 16, 1))


def probabilities(r, n):
    p = r.uniform(0.1, 1, (n, n))
    return (p / p.sum(-1, keepdims=True)).astype("float32")


MAKERS = {
    "x": normal(square),
    "y": normal(square),
    "z": normal(square),
    "positive": uniform(0.5, 1.5),
    "also_positive": uniform(0.5, 1.5),
    "ones": uniform(0.999, 1.001),  # their product is a normal number
    "unit": uniform(-0.9, 0.9),
    "above": uniform(1.1, 3),
    "bits": integers(lambda n: 2, square, "float32"),
    "more_bits": integers(lambda n: 2, square, "float32"),
    "row": uniform(0.5, 1.5, lambda n: (1, n)),
    "column": uniform(0.5, 1.5, lambda n: (n, 1)),
    "vector": uniform(0.5, 1.5, vector),
    "other_vector": uniform(0.5, 1.5, vector),
    "fractions": uniform(0.2, 0.8, vector),
    "flags": integers(lambda n: 2, square, "bool"),
    "high": uniform(1.5, 2, vector),
    "mask": integers(lambda n: 2, vector, "bool"),
    "part": normal(lambda n: (n, n // 8 + 1)),
    "other_part": normal(lambda n: (n, n // 8 + 1)),
    "square_part": uniform(0.5, 1.5, lambda n: (n, n // 8 + 1)),
    "index": integers(lambda n: n, vector),
    "order": lambda r, n: r.permutation(n).astype("int32"),
    "table": normal(lambda n: (10 * n, 64)),
    "words": integers(lambda n: 10 * n, lambda n: (max(n * n // 64, 4),)),
    "points": integers(lambda n: n, lambda n: (2, n * n // 4)),
    "values": normal(lambda n: (n * n // 4,)),
    "flat": integers(lambda n: n * n, lambda n: (n * n // 2,)),
    "sequence": normal(sequence),
    "lengths": lambda r, n: r.randint(1, n + 1, 16).astype("int32"),
    "images": normal(IMAGES.get),
    "columns": normal(lambda n: (IMAGES[n][0], 9 * IMAGES[n][1], IMAGES[n][2] * IMAGES[n][3])),
    "half_images": normal(lambda n: (*IMAGES[n][:2], IMAGES[n][2] // 2, IMAGES[n][3] // 2)),
    "batch": normal(BATCHES.get),
    "other_batch": normal(BATCHES.get),
    "definite": definite,
    "triangle": triangle,
    "packed": normal(lambda n: (*BATCHES[n][:-2], BATCHES[n][-1] * (BATCHES[n][-1] + 1) // 2)),
    "diagonals": normal(lambda n: BATCHES[n][:-1]),
    "probabilities": probabilities,
    "counts": lambda r, n: r.poisson(2, (n, n)).astype("float32"),
    "scale": lambda r, n: np.ones(1, "float32"),
    "rates": lambda r, n: np.full(4, 0.001, "float32"),
    "no_rates": lambda r, n: np.zeros(4, "float32"),
    "edges": lambda r, n: np.linspace(-3, 3, 11).astype("float32"),
    "queries": normal(lambda n: (max(n // 4, 4), 4, 4 * max(n // 16, 2))),
    "attention": uniform(0, 1, lambda n: (16, max(n // 4, 4), max(n // 4, 4))),
    "keys_values": normal(lambda n: (max(n // 4, 4), 4, 2 * 4 * max(n // 16, 2))),
    "qkv": normal(lambda n: (max(n // 4, 4), 4, 3 * 4 * max(n // 16, 2))),
}
