from .binary import WORDS, function
from .case import Case

CASES = [
    *(
        Case(f"broadcast_{word}", f"positive {other}", function(torch), label=other)
        for word, (torch, _) in WORDS.items()
        for other in (["row", "column"] if word in ("add", "mul") else ["row"])
    ),
    Case("broadcast_add", "row column", function("add"), label="outer"),
    Case("broadcast_axis", "row", lambda t, x: x.expand(x.shape[1], -1).contiguous(), lambda n: {"axis": 0, "size": n}),
    Case("broadcast_like", "row x", lambda t, x, y: x.expand_as(y).contiguous()),
    Case("broadcast_to", "column", lambda t, x: x.expand(-1, len(x)).contiguous(), lambda n: {"shape": (n, n)}),
    Case("where", "flags x y", lambda t, c, x, y: t.where(c, x, y)),
]
