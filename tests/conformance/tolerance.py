"""How closely mx must agree with MXNet 1.9.1."""

from dataclasses import dataclass

# (relative, absolute). 1.9.1 computes float16 in float16; mx in float32, and rounds once.
FORWARD = {"float16": (4e-3, 4e-3), "float32": (2e-5, 2e-6), "float64": (1e-11, 1e-12)}
BACKWARD = {"float16": (1e-2, 1e-2), "float32": (5e-5, 1e-5), "float64": (1e-10, 1e-11)}


@dataclass(frozen=True)
class Level:
    pairs: dict
    looser: float = 1.0
    integers: int = 0

    def of(self, dtype: str) -> tuple:
        relative, absolute = self.pairs[dtype]
        return relative * self.looser, absolute * self.looser


@dataclass(frozen=True)
class Tolerance:
    forward: Level = Level(FORWARD)
    backward: Level = Level(BACKWARD)


def _looser(factor: float) -> Tolerance:
    return Tolerance(Level(FORWARD, factor), Level(BACKWARD, factor))


# Operators whose results in 1.9.1 are themselves further from the exact ones, and by how many times.
LOOSER: dict = {}


def of(operator: str) -> Tolerance:
    return _looser(LOOSER[operator]) if operator in LOOSER else Tolerance()
