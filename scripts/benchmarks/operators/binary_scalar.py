from .binary import WORDS
from .case import Case

# Names that differ from those of two arrays.
OWN = {"add": "plus", "sub": "minus"}
SCALAR = 1.5


def of_scalar(torch):
    if torch in ("maximum", "minimum"):
        bound = {"maximum": "min", "minimum": "max"}[torch]
        return lambda t, x: t.clamp(x, **{bound: SCALAR})
    if torch == "hypot" or torch.startswith("logical"):
        return lambda t, x: getattr(t, torch)(x, t.tensor(SCALAR))
    return lambda t, x: getattr(t, torch)(x, SCALAR)


REVERSED = {
    "rdiv": lambda t, x: SCALAR / x,
    "rminus": lambda t, x: SCALAR - x,
    "rmod": lambda t, x: t.remainder(SCALAR, x),
    "rpower": lambda t, x: t.pow(SCALAR, x),
    "scatter_minus": lambda t, x: x - SCALAR,
    "scatter_plus": lambda t, x: x + SCALAR,
}

CASES = [
    *(
        Case(f"_{OWN.get(word, word)}_scalar", "positive", of_scalar(torch), {"scalar": SCALAR})
        for word, (torch, _) in WORDS.items()
    ),
    *(Case(f"_{word}_scalar", "positive", torch, {"scalar": SCALAR}) for word, torch in REVERSED.items()),
]
