from .binary import WORDS, function
from .case import Case

INPUTS = {"any": "x y", "positive": "positive also_positive", "bits": "bits more_bits"}
ARITHMETIC = ("add", "sub", "mul", "div")

CASES = [
    *(
        Case(f"elemwise_{word}" if word in ARITHMETIC else f"_{word}", INPUTS[kind], function(torch))
        for word, (torch, kind) in WORDS.items()
    ),
    Case("_grad_add", "x y", lambda t, x, y: x + y),
    Case("_scatter_elemwise_div", "positive also_positive", lambda t, x, y: x / y),
    Case("add_n", "x y z positive", lambda t, x, y, z, w: x + y + z + w),
]
