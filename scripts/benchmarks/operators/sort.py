from .case import Case

CASES = [
    Case("sort", "x", lambda t, x: t.sort(x), label="axis 1"),
    Case("sort", "x", lambda t, x: t.sort(x, 0), {"axis": 0}, "axis 0", large=1024),
    Case("sort", "values", lambda t, x: t.sort(x), label="vector"),
    Case("argsort", "x", lambda t, x: t.argsort(x), label="axis 1"),
    Case("argsort", "values", lambda t, x: t.argsort(x), label="vector"),
    Case("topk", "x", lambda t, x: t.topk(x, 5), {"k": 5, "ret_typ": "both"}, "5"),
    Case("topk", "x", lambda t, x: t.topk(x, len(x) // 2), lambda n: {"k": n // 2, "ret_typ": "value"}, "half"),
    Case("topk", "values", lambda t, x: t.topk(x, 10), {"k": 10, "ret_typ": "both"}, "10 of a vector"),
    Case("_shuffle", "values", lambda t, x: x[t.randperm(len(x))], label="vector"),
    Case("_shuffle", "x", lambda t, x: x[t.randperm(len(x))], label="rows"),
]
